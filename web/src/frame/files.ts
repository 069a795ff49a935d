// What has to be known of a file before it is sent: its kind, its size in px, its length.

import type { OutFile } from '../sync/api.ts';

export type FileKind = 'image' | 'video' | 'audio' | 'file';

/** Only what every browser can show; the rest goes as a document. SVG is a document: it is a program as much as a picture. */
export function kindOf(type: string): FileKind {
  if (/^image\/(png|jpeg|gif|webp|avif)$/.test(type)) return 'image';
  if (/^video\/(mp4|webm|ogg|quicktime)$/.test(type)) return 'video';
  if (/^audio\//.test(type)) return 'audio';
  return 'file';
}

const PATIENCE_MS = 4000;

function video(url: string): Promise<Partial<OutFile>> {
  return new Promise((resolve) => {
    const element = document.createElement('video');
    const end = (): void => resolve({ ...(element.videoWidth ? { width: element.videoWidth, height: element.videoHeight } : {}), ...(Number.isFinite(element.duration) ? { duration: element.duration } : {}) });
    element.onloadedmetadata = end;
    element.onerror = end;
    setTimeout(end, PATIENCE_MS);
    element.src = url;
  });
}

/** The file with what was found out. What cannot be read is sent as it is. */
export async function probe(file: File): Promise<OutFile> {
  const out: OutFile = { blob: file, name: file.name || 'file' };
  const kind = kindOf(file.type);
  if (kind === 'image') {
    try {
      const bitmap = await createImageBitmap(file);
      const known = { ...out, width: bitmap.width, height: bitmap.height };
      bitmap.close();
      return known;
    } catch {
      return out;
    }
  }
  if (kind === 'video') {
    const url = URL.createObjectURL(file);
    try {
      return { ...out, ...(await video(url)) };
    } finally {
      URL.revokeObjectURL(url);
    }
  }
  return out;
}

/** Longest side of a picture that is not sent as it was taken. */
const LONGEST = 2048;
const QUALITY = 0.85;
const QUALITY_WHOLE = 0.94;

/** A photograph without what the camera wrote into it (where it was taken), and not larger than a screen can use; `whole` keeps its size. */
export async function clean(file: File, whole = false): Promise<File> {
  if (file.type !== 'image/jpeg' && !(kindOf(file.type) === 'image' && file.size > 1_500_000 && file.type !== 'image/gif')) return file;
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const scale = whole ? 1 : Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
    const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: whole ? QUALITY_WHOLE : QUALITY });
    return new File([blob], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' });
  } catch {
    return file;
  }
}
