import { expect, test } from 'vitest';
import { at, clockOf, offers } from './schedule.ts';

const names = (now: Date): string[] => offers(now.getTime()).map((one) => `${one.id.slice(6)} ${new Date(one.at).toDateString()} ${clockOf(one.at)}`);

test('in the morning tonight is offered, late in the evening it is not', () => {
  expect(names(new Date(2026, 10, 25, 8, 0))).toEqual(['tonight Wed Nov 25 2026 20:00', 'tomorrow Thu Nov 26 2026 09:00', 'monday Mon Nov 30 2026 09:00']);
  expect(names(new Date(2026, 10, 25, 23, 0))[0]).toBe('tomorrow Thu Nov 26 2026 09:00');
});

test('on a Sunday the Monday is tomorrow, and on a Monday it is the next one', () => {
  expect(names(new Date(2026, 10, 29, 22, 0))).toEqual(['tomorrow Mon Nov 30 2026 09:00']);
  expect(names(new Date(2026, 10, 30, 22, 0))).toEqual(['tomorrow Tue Dec 01 2026 09:00', 'monday Mon Dec 07 2026 09:00']);
});

test('a day and a clock are a time, and half a clock is none', () => {
  const day = new Date(2026, 10, 25, 12).getTime();
  expect(new Date(at(day, '07:05') ?? 0).toString()).toContain('Nov 25 2026 07:05:00');
  expect(at(day, '7')).toBeUndefined();
  expect(at(day, '')).toBeUndefined();
});
