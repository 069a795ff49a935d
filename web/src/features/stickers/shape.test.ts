import { expect, test } from 'vitest';
import { fitted } from './shape.ts';

test('a sticker is no longer than its bound, keeps its shape, and is not made larger', () => {
  expect(fitted({ width: 2048, height: 1024 })).toEqual({ width: 512, height: 256 });
  expect(fitted({ width: 100, height: 300 })).toEqual({ width: 100, height: 300 });
  expect(fitted({ width: 1, height: 9000 })).toEqual({ width: 1, height: 512 });
});
