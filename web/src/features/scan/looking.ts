// Reads codes out of pictures: by the browser's own detector where it has one, else by ours, which is fetched when it is wanted.

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
interface Detectors {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

/** Longer sides are made smaller: a code is large in what is held before a camera. */
const LONGEST = 800;

async function native(): Promise<Detector | undefined> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: Detectors };
  if (!BarcodeDetector) return undefined;
  const formats = await BarcodeDetector.getSupportedFormats().catch((): string[] => []);
  return formats.includes('qr_code') ? new BarcodeDetector({ formats: ['qr_code'] }) : undefined;
}

export async function reader(): Promise<(source: HTMLVideoElement | ImageBitmap) => Promise<string | undefined>> {
  const detector = await native();
  const canvas = new OffscreenCanvas(1, 1);
  const ours = async (source: HTMLVideoElement | ImageBitmap): Promise<string | undefined> => {
    const { readQr } = await import('../../util/qr/find.ts');
    const [width, height] = source instanceof ImageBitmap ? [source.width, source.height] : [source.videoWidth, source.videoHeight];
    if (width === 0 || height === 0) return undefined;
    const scale = Math.min(1, LONGEST / Math.max(width, height));
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    if (!pen) return undefined;
    pen.drawImage(source, 0, 0, canvas.width, canvas.height);
    return readQr(pen.getImageData(0, 0, canvas.width, canvas.height));
  };
  if (!detector) return ours;
  return async (source) => {
    // A detector that is named but not there (some systems) fails each time.
    const found = await detector.detect(source).catch(() => undefined);
    return found ? found[0]?.rawValue : ours(source);
  };
}
