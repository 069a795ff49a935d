// A picture as a sticker: no side longer than this, what can be seen through stays so.

/** Longest side, in px. */
export const SIDE = 512;

export function fitted({ width, height }: { width: number; height: number }): { width: number; height: number } {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

export interface Shaped {
  blob: Blob;
  width: number;
  height: number;
}

/** Moving ones go as they are, the others are drawn anew: nothing that a camera wrote into them goes along. */
export async function shape(file: File): Promise<Shaped> {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const size = fitted(bitmap);
  try {
    if (file.type === 'image/gif') return { blob: file, width: bitmap.width, height: bitmap.height };
    const canvas = new OffscreenCanvas(size.width, size.height);
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, size.width, size.height);
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.9 });
    return { blob, ...size };
  } finally {
    bitmap.close();
  }
}
