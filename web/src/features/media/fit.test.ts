import { expect, test } from 'vitest';
import { bound, fit } from './fit.ts';

test('a picture keeps its shape inside the largest box', () => {
  expect(fit(4000, 3000)).toEqual({ width: 336, height: 252 });
  expect(fit(3000, 4000)).toEqual({ width: 285, height: 380 });
});

test('what is tiny, extreme or unknown still has a box one can press', () => {
  expect(fit(1, 1)).toEqual({ width: 140, height: 90 });
  expect(fit(10_000, 10).height).toBe(90);
  expect(fit(undefined, undefined)).toEqual({ width: 336, height: 252 });
  expect(fit(-5, 0).width).toBe(336);
});

test('a picture that is not larger than the view does not move', () => {
  expect(bound(100, 1, 500)).toBe(0);
  expect(bound(900, 2, 500)).toBe(250);
});
