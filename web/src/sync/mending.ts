// What cannot be read or written here: it is made anew, or it is told that there is no room.

import { Db, StorageError } from '../store/db.ts';
import { CACHE } from '../store/rows.ts';
import type { Engine } from './engine.ts';

export class Mending {
  private isHealed = false;

  constructor(private readonly engine: Engine) {}

  /** Looks at something that failed: whether it was what is kept here that failed. */
  look(error: unknown): void {
    if (!(error instanceof StorageError)) return;
    const { engine } = this;
    if (error.isUnreadable) void this.heal().catch(() => undefined);
    if (error.isFull && !engine.link.full) {
      engine.link = { ...engine.link, full: true };
      engine.bus.touch('link');
    }
  }

  /** There is room again: what was not kept is fetched. */
  relieved(): void {
    const { engine } = this;
    void engine.freshness.settle().catch(() => undefined);
    if (!engine.link.full) return;
    const { full: _, ...link } = engine.link;
    engine.link = link;
    engine.bus.touch('link');
  }

  /** What is kept is made anew from the server; what was not sent yet goes along, as far as it can be read. Once. */
  async heal(): Promise<void> {
    if (this.isHealed) return;
    this.isHealed = true;
    const { engine } = this;
    console.error('what is kept here cannot be read: it is fetched anew');
    engine.connection.stop();
    const kept = await engine.db.salvage(CACHE);
    engine.db.close();
    await Db.destroy(engine.cacheName);
    await engine.openCache();
    await engine.db.write(async (tx) => {
      for (const [table, rows] of kept) for (const row of rows) await tx.put(table, row);
    });
    const watched = [...engine.live.focused];
    engine.reset();
    engine.live.focused = new Set(watched);
    await engine.warm();
    engine.connect();
    engine.bus.touch(...watched.map((chat) => `chat ${chat}`));
  }
}
