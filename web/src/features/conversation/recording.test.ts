import { expect, test } from 'vitest';
import { bars } from './recording.ts';

test('a long recording becomes few bars of which the loudest is whole', () => {
  const levels = Array.from({ length: 1000 }, (_, i) => (i === 500 ? 0.4 : 0.1));
  const out = bars(levels, 10);
  expect(out).toHaveLength(10);
  expect(Math.max(...out)).toBe(1);
  expect(out[0]).toBe(0.25);
});

test('a short one and silence are drawn too', () => {
  expect(bars([0.5], 4)).toEqual([1, 1, 1, 1]);
  expect(bars([], 3)).toEqual([0, 0, 0]);
  expect(bars([0, 0], 2)).toEqual([0, 0]);
});
