// One's own stickers, the same on all of one's devices: private items (XEP-0223), one a sticker, in
// `urn:skein:stickers:0`. They are sent as XEP-0449 has it. Their pictures lie on our own server, and nowhere else.

import { readFile, writeFile } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { MetaRow } from '../store/rows.ts';
import { MAX_STICKER_BYTES, MAX_STICKER_WORDS, MAX_STICKERS, type Sticker } from '../store/stickers.ts';
import type { Attachment } from '../store/types.ts';
import { ApiError } from './api.ts';
import type { Core } from './core.ts';
import { items, type Item, type Pep } from './pep.ts';
import type { Uploads } from './uploads.ts';

export const STICKER = 'sticker ';

interface Kept extends Sticker {
  /** When it was taken in: the newest come first. */
  time: number;
}

export class Stickers {
  private known = new Map<string, Kept>();

  constructor(private readonly core: Core, private readonly pep: Pep, private readonly uploads: Uploads, private readonly isHome: (origin: string) => boolean) {}

  async load(): Promise<void> {
    const rows = await this.core.db.read((tx) => tx.all<MetaRow>('meta', { lower: STICKER, upper: `${STICKER}~` }));
    this.known = new Map(rows.map(({ value }) => [(value as Kept).id, value as Kept]));
  }

  forget(): void {
    this.known.clear();
  }

  list(): Sticker[] {
    return [...this.known.values()].sort((a, b) => b.time - a.time).map(({ time: _, ...sticker }) => sticker);
  }

  /** After a login: what the other devices have. */
  async read(): Promise<void> {
    const told = await this.pep.read(undefined, NS.ownStickers);
    for (const id of [...this.known.keys()]) if (!told.some((one) => one.id === id)) await this.put(id, undefined);
    await this.take(told);
  }

  async event(event: XmlElement): Promise<void> {
    await this.take(items(event));
  }

  private async take(told: readonly Item[]): Promise<void> {
    for (const { id, payload, isRetracted } of told) await this.put(id, isRetracted ? undefined : this.readSticker(id, payload));
  }

  private async put(id: string, sticker: Kept | undefined): Promise<void> {
    if (sticker && !this.known.has(id) && this.known.size >= MAX_STICKERS) return;
    const before = this.known.get(id);
    if (sticker) this.known.set(id, sticker);
    else this.known.delete(id);
    await this.core.db.write(async (tx) => {
      if (before && !sticker) tx.left.push(before);
      await (sticker ? tx.put('meta', { key: STICKER + id, value: sticker }) : tx.delete('meta', STICKER + id));
    });
    this.core.bus.touch('stickers');
  }

  private readSticker(id: string, payload: XmlElement | undefined): Kept | undefined {
    const sharing = payload?.is('sticker', NS.ownStickers) ? payload.child('file-sharing', NS.sfs) : undefined;
    const file = sharing && readFile(sharing);
    const time = Number(payload?.attr('time'));
    if (!file || !/^image\/(png|webp|gif|jpeg|avif)$/.test(file.mime) || !this.isHome(new URL(file.url).origin) || !Number.isFinite(time)) return undefined;
    return { id, url: file.url, mime: file.mime, size: file.size, width: file.width ?? 256, height: file.height ?? 256, desc: (file.desc ?? '').slice(0, MAX_STICKER_WORDS), time };
  }

  /** A picture becomes one. */
  async add(blob: Blob, facts: { desc: string; width: number; height: number }): Promise<string> {
    const desc = facts.desc.trim().slice(0, MAX_STICKER_WORDS);
    if (!/^image\/(png|webp|gif)$/.test(blob.type) || blob.size === 0) throw new ApiError({ code: 'bad-request' });
    if (blob.size > MAX_STICKER_BYTES) throw new ApiError({ code: 'too-large' });
    if (this.known.size >= MAX_STICKERS) throw new ApiError({ code: 'not-allowed' });
    const id = this.core.id();
    const url = await this.uploads.put(blob, `sticker.${blob.type.slice('image/'.length)}`);
    const sticker: Kept = { id, url, mime: blob.type, size: blob.size, width: facts.width, height: facts.height, desc, time: this.core.now() };
    await this.pep.publish(NS.ownStickers, id, x('sticker', NS.ownStickers, { time: sticker.time }, writeFile({ ...sticker, name: `sticker.${blob.type.slice('image/'.length)}`, voice: false })), 'whitelist', 'max');
    await this.put(id, sticker);
    return id;
  }

  /** One that somebody sent: a copy of one's own, so that it stays. */
  async keep(file: Attachment): Promise<string> {
    if (file.url === undefined || !this.isHome(new URL(file.url).origin)) throw new ApiError({ code: 'not-allowed' });
    const answer = await this.core.fetch(file.url, { credentials: 'omit' });
    if (!answer.ok) throw new ApiError({ code: 'not-found' });
    const blob = new Blob([await answer.arrayBuffer()], { type: file.mime });
    return this.add(blob, { desc: file.desc ?? '', width: file.width ?? 256, height: file.height ?? 256 });
  }

  async remove(id: string): Promise<void> {
    await this.pep.retract(NS.ownStickers, id);
    await this.put(id, undefined);
  }

  /** As a file of a message. */
  attachment(id: string): Attachment {
    const sticker = this.known.get(id);
    if (!sticker) throw new ApiError({ code: 'not-found' });
    const { url, mime, size, width, height, desc } = sticker;
    return { kind: 'image', name: 'sticker', url, mime, size, width, height, ...(desc && { desc }) };
  }
}
