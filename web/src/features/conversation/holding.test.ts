import { expect, test } from 'vitest';
import { wayOf } from './holding.ts';

test('a finger that slides to where the line begins discards, up keeps recording, and a little of either is nothing', () => {
  const from = { x: 300, y: 700 };
  expect(wayOf(from, { x: 280, y: 680 }, false)).toBe('stay');
  expect(wayOf(from, { x: 190, y: 690 }, false)).toBe('discard');
  expect(wayOf(from, { x: 410, y: 690 }, false)).toBe('stay');
  expect(wayOf(from, { x: 410, y: 690 }, true)).toBe('discard');
  expect(wayOf(from, { x: 290, y: 620 }, false)).toBe('keep');
  expect(wayOf(from, { x: 100, y: 620 }, false)).toBe('discard');
});
