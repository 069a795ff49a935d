import { expect, test } from 'vitest';
import { follows } from './following.ts';

const end = { top: 900, before: 900, rest: 0, hasNewer: false };

test('what grows below the view does not end it, however much', () => {
  expect(follows(true, { ...end, rest: 4000 })).toBe(true);
  expect(follows(true, { ...end, rest: 4000, hasNewer: true })).toBe(true);
});

test('a view that glides down is still going to the end', () => {
  expect(follows(true, { top: 700, before: 500, rest: 2000, hasNewer: false })).toBe(true);
});

test('the reader who scrolls up leaves it, but not by a hair', () => {
  expect(follows(true, { ...end, top: 860, rest: 40 })).toBe(true);
  expect(follows(true, { ...end, top: 700, rest: 200 })).toBe(false);
});

test('what shrinks moves the view up with its end, which is not the reader', () => {
  expect(follows(true, { ...end, top: 500, rest: 0 })).toBe(true);
});

test('it begins at the end of the log, not at the end of a window', () => {
  expect(follows(false, { ...end, before: 800 })).toBe(true);
  expect(follows(false, { ...end, before: 800, hasNewer: true })).toBe(false);
  expect(follows(false, { ...end, before: 800, rest: 200 })).toBe(false);
});
