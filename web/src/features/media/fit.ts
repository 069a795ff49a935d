// Sizes of pictures in bubbles, known before the picture is there, so that nothing shifts.

export interface Box {
  width: number;
  height: number;
}

/** Widest and highest a single picture gets, in px at rest. */
const MAX: Box = { width: 336, height: 380 };
const MIN: Box = { width: 140, height: 90 };

/** The box of a picture of this size; of one of unknown size, 4 : 3. */
export function fit(width: number | undefined, height: number | undefined): Box {
  const w = width && width > 0 ? width : 1200;
  const h = height && height > 0 ? height : 900;
  const scale = Math.min(MAX.width / w, MAX.height / h, 1);
  return { width: Math.round(Math.max(MIN.width, w * scale)), height: Math.round(Math.max(MIN.height, h * scale)) };
}

/** Where a zoomed picture may be moved to: its edges never come inside the view. */
export function bound(offset: number, scale: number, size: number): number {
  const most = Math.max(0, ((scale - 1) * size) / 2);
  return Math.max(-most, Math.min(most, offset));
}
