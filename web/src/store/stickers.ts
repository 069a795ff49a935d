// Stickers of one's own collection.

/** More are not kept. */
export const MAX_STICKERS = 200;
/** What it says in words where it cannot be seen: an emoji, mostly. */
export const MAX_STICKER_WORDS = 40;
/** Bytes of one. */
export const MAX_STICKER_BYTES = 512 * 1024;

export interface Sticker {
  id: string;
  url: string;
  mime: string;
  size: number;
  width: number;
  height: number;
  /** Said in its place where it cannot be seen. */
  desc: string;
}
