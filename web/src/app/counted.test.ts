import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Counted, REST_MS } from './counted.ts';

let said: number[] = [];
let counted: Counted;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  counted = new Counted((count) => said.push(count));
});
afterEach(() => void vi.useRealTimers());

test('more unread chats are said at once, then at most every ten seconds with the newest count', () => {
  counted.note(3);
  vi.advanceTimersByTime(REST_MS);
  expect(said).toEqual([]);
  counted.note(4);
  vi.advanceTimersByTime(1);
  expect(said).toEqual([4]);
  for (const count of [5, 6, 7]) counted.note(count);
  vi.advanceTimersByTime(REST_MS - 10);
  expect(said).toEqual([4]);
  vi.advanceTimersByTime(10);
  expect(said).toEqual([4, 7]);
});

test('what was read meanwhile is not said, nor that it was read', () => {
  counted.note(0);
  counted.note(1);
  vi.advanceTimersByTime(1);
  counted.note(2);
  counted.note(0);
  vi.advanceTimersByTime(REST_MS * 2);
  expect(said).toEqual([1]);
  counted.note(1);
  counted.end();
  vi.advanceTimersByTime(REST_MS * 2);
  expect(said).toEqual([1]);
});
