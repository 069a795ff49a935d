// What is deleted is gone from the view at once, and told to others a little later, so that it can be taken back. Kept
// meanwhile, so that a crash neither forgets it nor tells it twice; when no page is open any more it is told at once.

import { parse, type XmlElement } from '../protocol/xml.ts';
import { chatRow, preview, putRow } from '../store/log.ts';
import type { MessageRow, MetaRow } from '../store/rows.ts';
import type { Core } from './core.ts';
import { bury } from './ingest.ts';
import type { Marks } from './marks.ts';
import type { Outbox } from './outbox.ts';

/** A little longer than the button to take it back stands. */
export const GRACE_MS = 5500;
const HELD = 'remove ';

interface Held {
  due: number;
  before: MessageRow;
  /** What tells everybody; without it, it goes from one's own devices. */
  stanza?: string;
}

const keyOf = (chat: string, id: string): string => `${HELD}${chat} ${id}`;

export class Removals {
  /** What is held by this engine, to be told without looking anything up. */
  private ready = new Map<string, XmlElement>();

  constructor(private readonly core: Core, private readonly outbox: () => Outbox, private readonly marks: Marks) {}

  async hold(row: MessageRow, stanza: XmlElement | undefined): Promise<void> {
    const due = this.core.now() + GRACE_MS;
    await this.core.db.write(async (tx) => {
      const now = await tx.get<MessageRow>('messages', [row.chat, row.id]);
      if (!now || now.kind === 'deleted') return;
      await tx.put('meta', { key: keyOf(row.chat, row.id), value: { due, before: structuredClone(now), ...(stanza && { stanza: stanza.toString() }) } satisfies Held });
      const chat = await chatRow(tx, row.chat, 'person');
      tx.left.push({ ...now });
      bury(now, stanza ? 'author' : 'me');
      await putRow(tx, chat, now);
      await tx.put('chats', chat);
    });
    if (stanza) this.ready.set(keyOf(row.chat, row.id), stanza);
    this.core.bus.touch(`chat ${row.chat}`, 'starred');
    this.core.timer(GRACE_MS, () => void this.run().catch(() => undefined));
  }

  /** Those that are still held come back. Answers how many. */
  async undo(jid: string, ids: string[]): Promise<number> {
    const count = await this.core.db.write(async (tx) => {
      let back = 0;
      for (const id of ids) {
        const held = await tx.get<MetaRow>('meta', keyOf(jid, id));
        const now = await tx.get<MessageRow>('messages', [jid, id]);
        if (!held || !now) continue;
        const { before } = held.value as Held;
        const chat = await chatRow(tx, jid, 'person');
        const row: MessageRow = { ...before, order: now.order, ...(now.ticks && { ticks: now.ticks }), ...(now.archiveId && { archiveId: now.archiveId }) };
        this.ready.delete(held.key);
        await tx.delete('meta', held.key);
        await putRow(tx, chat, row);
        if (chat.last?.id === row.id) chat.last = preview(row);
        await tx.put('chats', chat);
        back += 1;
      }
      return back;
    });
    this.core.bus.touch(`chat ${jid}`, 'starred');
    return count;
  }

  /**
   * Nobody is there any more to take anything back, and the engine may end within this turn: what is held is said now.
   * What the outbox says again has the same ids.
   */
  hurry(): void {
    for (const stanza of this.ready.values()) this.core.connection.send(stanza);
    void this.run(true).catch(() => undefined);
  }

  /** Tells what is due; with `all`, everything that is held. */
  async run(all = false): Promise<void> {
    const held = await this.core.db.read((tx) => tx.all<MetaRow>('meta', { lower: HELD, upper: `${HELD}~` }));
    for (const { key, value } of held) {
      const { due, before, stanza } = value as Held;
      if (!all && due > this.core.now()) continue;
      this.ready.delete(key);
      if (stanza !== undefined) {
        // Both or neither: it is in the outbox when it is held no more.
        await this.outbox().addStanza(before.chat, parse(stanza), key);
        continue;
      }
      const row = await this.core.db.read((tx) => tx.get<MessageRow>('messages', [before.chat, before.id]));
      await this.marks.tell([row ?? { ...before, kind: 'deleted', deleted: { by: 'me' } }]);
      await this.core.db.write((tx) => tx.delete('meta', key));
    }
  }
}
