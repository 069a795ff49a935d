// The arithmetic of changing a picture: turned, mirrored, cut, drawn upon. Places are parts of the turned picture, from 0 to 1.

export interface Point {
  x: number;
  y: number;
}

export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Stroke {
  colour: string;
  /** As a part of the shorter side. */
  width: number;
  points: Point[];
}

export interface Edit {
  /** Quarters of a turn, clockwise. */
  turns: 0 | 1 | 2 | 3;
  mirrored: boolean;
  crop: Rect;
  strokes: Stroke[];
}

export const WHOLE: Rect = { left: 0, top: 0, width: 1, height: 1 };
/** A part is no smaller than this. */
export const LEAST = 0.08;

export function untouched(): Edit {
  return { turns: 0, mirrored: false, crop: WHOLE, strokes: [] };
}

export function isTouched({ turns, mirrored, crop, strokes }: Edit): boolean {
  return turns !== 0 || mirrored || strokes.length > 0 || crop.left > 0 || crop.top > 0 || crop.width < 1 || crop.height < 1;
}

const turnPoint = ({ x, y }: Point): Point => ({ x: 1 - y, y: x });
const mirrorPoint = ({ x, y }: Point): Point => ({ x: 1 - x, y });

/** What was cut and drawn goes along. */
export function turned(edit: Edit): Edit {
  const { left, top, width, height } = edit.crop;
  return {
    ...edit,
    turns: ((edit.turns + 1) % 4) as Edit['turns'],
    crop: { left: 1 - top - height, top: left, width: height, height: width },
    strokes: edit.strokes.map((stroke) => ({ ...stroke, points: stroke.points.map(turnPoint) })),
  };
}

export function mirrored(edit: Edit): Edit {
  const { left, width } = edit.crop;
  return { ...edit, mirrored: !edit.mirrored, crop: { ...edit.crop, left: 1 - left - width }, strokes: edit.strokes.map((stroke) => ({ ...stroke, points: stroke.points.map(mirrorPoint) })) };
}

/** The size of the turned picture. */
export function sizeOf(picture: { width: number; height: number }, turns: number): { width: number; height: number } {
  return turns % 2 === 0 ? { width: picture.width, height: picture.height } : { width: picture.height, height: picture.width };
}

const within = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export function moved(crop: Rect, dx: number, dy: number): Rect {
  return { ...crop, left: within(crop.left + dx, 0, 1 - crop.width), top: within(crop.top + dy, 0, 1 - crop.height) };
}

export type Corner = 'nw' | 'ne' | 'sw' | 'se';

/** A corner is drawn; the one across stands. */
export function drawn(crop: Rect, corner: Corner, dx: number, dy: number): Rect {
  let { left, top } = crop;
  let right = crop.left + crop.width;
  let bottom = crop.top + crop.height;
  if (corner.endsWith('w')) left = within(left + dx, 0, right - LEAST);
  else right = within(right + dx, left + LEAST, 1);
  if (corner.startsWith('n')) top = within(top + dy, 0, bottom - LEAST);
  else bottom = within(bottom + dy, top + LEAST, 1);
  return { left, top, width: right - left, height: bottom - top };
}

/** The largest part of this shape (width by height) around the same middle. */
export function shaped(crop: Rect, ratio: number, size: { width: number; height: number }): Rect {
  const parts = (ratio * size.height) / size.width;
  let [width, height] = [crop.width, crop.width / parts];
  if (height > 1) [width, height] = [parts, 1];
  if (width > 1) [width, height] = [1, 1 / parts];
  const middle = { x: crop.left + crop.width / 2, y: crop.top + crop.height / 2 };
  return { left: within(middle.x - width / 2, 0, 1 - width), top: within(middle.y - height / 2, 0, 1 - height), width, height };
}

type Pen = Pick<CanvasRenderingContext2D, 'save' | 'restore' | 'translate' | 'rotate' | 'scale' | 'drawImage' | 'beginPath' | 'moveTo' | 'lineTo' | 'stroke'> & { strokeStyle: unknown; lineWidth: number; lineCap: unknown; lineJoin: unknown };

/** Draws the whole turned picture, with what was drawn upon it, as large as `size`. */
export function paint(pen: Pen, picture: CanvasImageSource, edit: Edit, size: { width: number; height: number }): void {
  pen.save();
  pen.translate(size.width / 2, size.height / 2);
  if (edit.mirrored) pen.scale(-1, 1);
  pen.rotate(((edit.mirrored ? -edit.turns : edit.turns) * Math.PI) / 2);
  const flat = sizeOf(size, edit.turns);
  pen.drawImage(picture, -flat.width / 2, -flat.height / 2, flat.width, flat.height);
  pen.restore();
  pen.lineCap = pen.lineJoin = 'round';
  for (const { colour, width, points } of edit.strokes) {
    const [first, ...rest] = points;
    if (!first) continue;
    pen.strokeStyle = colour;
    pen.lineWidth = width * Math.min(size.width, size.height);
    pen.beginPath();
    pen.moveTo(first.x * size.width, first.y * size.height);
    // A tap is a dot.
    for (const point of rest.length > 0 ? rest : [first]) pen.lineTo(point.x * size.width, point.y * size.height);
    pen.stroke();
  }
}

/** The changed picture as a file. */
export async function rendered(picture: ImageBitmap, edit: Edit, file: File): Promise<File> {
  const size = sizeOf(picture, edit.turns);
  const whole = new OffscreenCanvas(size.width, size.height);
  const pen = whole.getContext('2d');
  if (!pen) return file;
  paint(pen, picture, edit, size);
  const { left, top, width, height } = edit.crop;
  const part = new OffscreenCanvas(Math.max(1, Math.round(width * size.width)), Math.max(1, Math.round(height * size.height)));
  part.getContext('2d')?.drawImage(whole, -left * size.width, -top * size.height);
  // What may be seen through stays so.
  const type = file.type === 'image/png' || file.type === 'image/webp' ? file.type : 'image/jpeg';
  const blob = await part.convertToBlob({ type, quality: 0.92 });
  return new File([blob], type === 'image/jpeg' ? `${file.name.replace(/\.\w+$/, '')}.jpg` : file.name, { type: blob.type });
}
