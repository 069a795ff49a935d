import { expect, test } from 'vitest';
import { square } from './crop.ts';

test('at rest the shorter side fills the square', () => {
  expect(square({ width: 400, height: 200, zoom: 1, x: 0.5, y: 0.5 })).toEqual({ left: 100, top: 0, side: 200 });
});

test('the square never leaves the picture', () => {
  expect(square({ width: 400, height: 200, zoom: 2, x: 9, y: -9 })).toEqual({ left: 300, top: 0, side: 100 });
  expect(square({ width: 10, height: 10, zoom: 0.1, x: 0.5, y: 0.5 })).toEqual({ left: 0, top: 0, side: 10 });
});
