import { encode } from 'uqr';
import { expect, test } from 'vitest';
import { correct } from './correct.ts';
import { readQr, type Picture } from './find.ts';
import { readModules } from './read.ts';

const LINK = 'https://skein.example/#/link/mei%40skein.example/xM0oQ2-7bWq1nT4f';

const modules = (text: string, ecc: 'L' | 'M' | 'Q' | 'H' = 'M') => {
  const { data, size } = encode(text, { ecc, border: 0 });
  return { size, dark: (x: number, y: number) => data[y]?.[x] ?? false };
};

test.each(['L', 'M', 'Q', 'H'] as const)('texts of every kind and length are read at level %s', (ecc) => {
  for (const text of ['1234567890', 'HELLO WORLD 42', LINK, '拉面 🍜 Skein', ...[40, 150, 400, 900].map((length) => LINK.repeat(20).slice(0, length))]) expect(readModules(modules(text, ecc))).toBe(text);
});

test('as many wrong codewords as the level allows are put right, one more is not', () => {
  // The block of the standard's own example (version 1, M): ten of correction, so five may be wrong.
  const block = Uint8Array.from([32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17, 196, 35, 39, 119, 235, 215, 231, 226, 93, 23]);
  const harmed = Uint8Array.from(block, (value, i) => ([0, 5, 11, 17, 25].includes(i) ? value ^ (i * 7 + 1) : value));
  expect(correct(harmed, 10)).toBe(true);
  expect(harmed).toEqual(block);
  const more = Uint8Array.from(block, (value, i) => (i < 8 ? value ^ 0xa5 : value));
  expect(correct(more, 10) && more.every((value, i) => value === block[i])).toBe(false);
});

/** The code as a camera sees it: turned, from the side, unevenly lit, blurred, with noise. */
function photo(text: string, { angle, tilt, side, light = 0, noise = 0 }: { angle: number; tilt: number; side: number; light?: number; noise?: number }): Picture {
  const { size, dark } = modules(text);
  const [width, height] = [640, 480];
  const data = new Uint8ClampedArray(width * height * 4);
  let state = 7;
  const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 - 0.5;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    let sum = 0;
    for (const [ox, oy] of [[0.2, 0.3], [0.7, 0.2], [0.4, 0.8], [0.8, 0.7]] as const) {
      const [dx, dy] = [(x + ox - width / 2) / side, (y + oy - height / 2) / side];
      const w = 1 - tilt * dy;
      const [u, v] = [(cos * dx + sin * dy) / w, (-sin * dx + cos * dy) / w];
      const [mx, my] = [Math.floor((u + 0.5) * size), Math.floor((v + 0.5) * size)];
      sum += mx >= 0 && my >= 0 && mx < size && my < size && dark(mx, my) ? 40 : 225;
    }
    const value = (sum / 4) * (1 - light * (x / width)) + random() * noise;
    const i = (y * width + x) * 4;
    data[i] = data[i + 1] = data[i + 2] = value;
    data[i + 3] = 255;
  }
  return { width, height, data };
}

test.each([
  ['straight', { angle: 0, tilt: 0, side: 300 }],
  ['small', { angle: 0.05, tilt: 0, side: 130 }],
  ['turned', { angle: 0.6, tilt: 0, side: 280 }],
  ['upside down', { angle: Math.PI + 0.1, tilt: 0, side: 280 }],
  ['from the side', { angle: 0.15, tilt: 0.35, side: 300 }],
  ['from the side and turned', { angle: -0.7, tilt: 0.3, side: 280 }],
  ['in half a shadow', { angle: 0.2, tilt: 0.1, side: 300, light: 0.7 }],
  ['in the dark, with noise', { angle: 0.1, tilt: 0.1, side: 300, light: 0.4, noise: 60 }],
])('a photograph of a code is read: %s', (_, how) => {
  expect(readQr(photo(LINK, how))).toBe(LINK);
});

test('a longer code, with many alignment patterns, is read from a photograph', () => {
  const text = `${LINK}?${'0123456789abcdef'.repeat(14)}`;
  expect(readQr(photo(text, { angle: 0.1, tilt: 0.15, side: 380 }))).toBe(text);
});

test('a picture without a code has none, whatever its noise', () => {
  expect(readQr(photo('', { angle: 0, tilt: 0, side: 1, noise: 200 }))).toBeUndefined();
  expect(readQr({ width: 4, height: 4, data: new Uint8ClampedArray(64) })).toBeUndefined();
});
