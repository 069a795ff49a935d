// Which square of a picture is shown.

export interface View {
  /** Size of the picture in px. */
  width: number;
  height: number;
  /** 1: the shorter side fills the square. */
  zoom: number;
  /** The middle of the square, as parts of the picture. */
  x: number;
  y: number;
}

/** The square in px of the picture. It never leaves the picture. */
export function square({ width, height, zoom, x, y }: View): { left: number; top: number; side: number } {
  const side = Math.min(width, height) / Math.max(1, zoom);
  const place = (part: number, size: number): number => Math.max(0, Math.min(size - side, part * size - side / 2));
  return { left: place(x, width), top: place(y, height), side };
}
