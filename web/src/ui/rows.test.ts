import { expect, test } from 'vitest';
import { OVERSCAN, rowsInView } from './rows.ts';

test('only what is near the view is mounted, however long the list', () => {
  const { first, last } = rowsInView(72 * 2000, 720, 72, 5000);
  expect(first).toBe(2000 - OVERSCAN);
  expect(last - first).toBeLessThanOrEqual(10 + 2 * OVERSCAN);
});

test('the ends are ends', () => {
  expect(rowsInView(0, 720, 72, 3)).toEqual({ first: 0, last: 3 });
  expect(rowsInView(0, 720, 72, 0)).toEqual({ first: 0, last: 0 });
  expect(rowsInView(99_999, 720, 72, 3).last).toBe(3);
});
