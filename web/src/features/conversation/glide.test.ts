import { expect, test } from 'vitest';
import type { Message, MessageWindow } from '../../store/types.ts';
import { LOOK, PORTION, towards } from './glide.ts';

const window = (from: number, to: number, more: Partial<MessageWindow> = {}): MessageWindow => ({
  chat: 'a@x', rows: Array.from({ length: to - from }, (_, i) => ({ id: `m${from + i}`, order: from + i }) as unknown as Message), hasOlder: from > 0, hasNewer: true, loadingOlder: false, loadingNewer: false, ...more,
});
const ids = (one: MessageWindow): number[] => one.rows.map((row) => row.order);

/** Every step up to the whole. */
function way(mounted: MessageWindow | undefined, whole: MessageWindow, at?: string): MessageWindow[] {
  const steps: MessageWindow[] = [];
  let now = mounted;
  do {
    now = towards(now, whole, at);
    steps.push(now);
  } while (now !== whole && steps.length < 200);
  return steps;
}

test('a window that moves is mounted in portions, always one stretch, and ends as it is', () => {
  for (const [from, to] of [[-20, 90], [20, 130], [-70, 40], [0, 150], [-30, 141]] as const) {
    const before = window(0, 110);
    const whole = window(from, to);
    const steps = way(before, whole);
    expect(steps.at(-1)).toBe(whole);
    let had = new Set(ids(before));
    for (const step of steps) {
      const rows = ids(step);
      expect(rows.every((order, i) => i === 0 || order === (rows[i - 1] ?? 0) + 1)).toBe(true);
      expect(rows.filter((order) => !had.has(order)).length).toBeLessThanOrEqual(2 * PORTION);
      expect(rows.length).toBeLessThanOrEqual(Math.max(110, to - from));
      had = new Set(rows);
    }
  }
});

test('a row that comes is there at once', () => {
  const whole = window(1, 111, { hasNewer: false });
  expect(towards(window(0, 110), whole, undefined)).toBe(whole);
});

test('somewhere else one first sees the rows around the place, at the end those of the end', () => {
  const [first] = way(window(0, 110), window(1000, 1110), 'm1055');
  expect(ids(first as MessageWindow)).toHaveLength(LOOK);
  expect(ids(first as MessageWindow)).toContain(1055);
  expect(first?.hasNewer).toBe(true);
  expect(ids(way(undefined, window(0, 90, { hasNewer: false }))[0] as MessageWindow).at(-1)).toBe(89);
  expect(way(undefined, window(0, 90, { hasNewer: false }))[0]?.hasNewer).toBe(false);
});

test('of another chat nothing stays', () => {
  const other = window(0, 10, { chat: 'b@x' });
  expect(towards(window(0, 110), other, undefined)).toBe(other);
});

test('what was taken out of the middle is gone at once, what has changed is shown as it is now', () => {
  const whole = window(0, 30);
  whole.rows.splice(12, 1);
  whole.rows[3] = { ...(whole.rows[3] as Message), text: 'new' };
  expect(towards(window(0, 30), whole, undefined)).toBe(whole);
  const far = { ...window(-40, 30) };
  far.rows.splice(52, 1);
  expect(ids(towards(window(0, 30), far, undefined))).not.toContain(12);
});
