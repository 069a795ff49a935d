// The service worker keeps pictures and recordings that were seen and heard (worker/media.ts). What of them no message,
// no story and no sticker names any more is taken away here: it was taken back, its time is over, its chat was cleared.

import { FILES, MEDIA } from '../util/media.ts';
import type { Core } from './core.ts';
import { STICKER } from './stickers.ts';

/** Much that goes at once is looked at once. */
const REST_MS = 1000;
const NAMED = new RegExp(`${FILES}[^"?#\\\\]+`, 'g');

type Caches = Pick<CacheStorage, 'has' | 'open' | 'delete'>;

export class Files {
  private cancel: (() => void) | undefined;
  /** What rows named that went, or all that is kept. */
  private doubtful: Set<string> | 'all' = new Set<string>();

  constructor(private readonly core: Core, private readonly caches: Caches | undefined = globalThis.caches) {}

  /** What went while no page was open, or was not told, goes now. */
  begin(): void {
    this.doubtful = 'all';
    this.look();
  }

  /** Rows went from here, or do not say any more what they said. */
  left(rows: object[]): void {
    const paths = rows.flatMap(named);
    if (paths.length === 0) return;
    if (this.doubtful !== 'all') for (const path of paths) this.doubtful.add(path);
    this.look();
  }

  /** Of whom it is is here no more. */
  async wipe(): Promise<void> {
    this.cancel?.();
    this.doubtful = new Set();
    await this.caches?.delete(MEDIA);
  }

  private look(): void {
    this.cancel?.();
    this.cancel = this.core.timer(REST_MS, () => void this.sweep().catch(() => undefined));
  }

  /** Takes away what is doubtful, kept, and named by nothing. */
  async sweep(): Promise<void> {
    const { doubtful } = this;
    this.doubtful = new Set();
    if (!this.caches || !(await this.caches.has(MEDIA))) return;
    const cache = await this.caches.open(MEDIA);
    const kept = new Map((await cache.keys()).map((request) => [new URL(request.url).pathname, request]));
    for (const path of [...kept.keys()]) if (doubtful !== 'all' && !doubtful.has(path)) kept.delete(path);
    if (kept.size === 0) return;
    const note = (row: object): void => named(row).forEach((path) => kept.delete(path));
    await this.core.db.read(async (tx) => {
      await tx.walk<object>('messages', { index: 'media' }, note);
      await tx.walk<object>('stories', {}, note);
      await tx.walk<object>('meta', { lower: STICKER, upper: `${STICKER}~` }, note);
    });
    for (const request of kept.values()) await cache.delete(request);
  }
}

const named = (row: object): string[] => JSON.stringify(row).match(NAMED) ?? [];
