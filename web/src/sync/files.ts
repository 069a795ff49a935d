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
  private wasOnline = false;

  constructor(private readonly core: Core, private readonly state: () => string, private readonly caches: Caches | undefined = globalThis.caches) {}

  /** From now on. What goes is told as what is starred is: that list may have held it. */
  begin(): void {
    this.core.bus.watch(['starred', 'link'], (dirty) => {
      const isOnline = this.state() === 'online';
      // What was taken back meanwhile is known then.
      if (dirty.has('starred') || (isOnline && !this.wasOnline)) this.look();
      this.wasOnline = isOnline;
    });
    this.look();
  }

  /** Of whom it is is here no more. */
  async wipe(): Promise<void> {
    this.cancel?.();
    await this.caches?.delete(MEDIA);
  }

  private look(): void {
    this.cancel?.();
    this.cancel = this.core.timer(REST_MS, () => void this.sweep().catch(() => undefined));
  }

  async sweep(): Promise<void> {
    if (!this.caches || !(await this.caches.has(MEDIA))) return;
    const cache = await this.caches.open(MEDIA);
    const kept = await cache.keys();
    if (kept.length === 0) return;
    const named = new Set<string>();
    const note = (row: object): void => JSON.stringify(row).match(NAMED)?.forEach((path) => named.add(path));
    await this.core.db.read(async (tx) => {
      await tx.walk<object>('messages', { index: 'media' }, note);
      await tx.walk<object>('stories', {}, note);
      await tx.walk<object>('meta', { lower: STICKER, upper: `${STICKER}~` }, note);
    });
    for (const request of kept) if (!named.has(new URL(request.url).pathname)) await cache.delete(request);
  }
}
