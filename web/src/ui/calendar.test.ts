import { expect, test } from 'vitest';
import { firstDayOf, inMonth, later, monthOf, noon, weeks } from './calendar.ts';

const day = (time: number): string => new Date(time).toDateString();

test('a month has whole weeks, from the first day of the week', () => {
  const november = weeks({ year: 2026, month: 10 }, 1);
  expect(november).toHaveLength(6);
  expect(day(november[0]?.[0] ?? 0)).toBe('Mon Oct 26 2026');
  expect(day(november.at(-1)?.[6] ?? 0)).toBe('Sun Dec 06 2026');
  expect(november.every((week) => week.length === 7)).toBe(true);
  // A February that fits into four.
  expect(weeks({ year: 2027, month: 1 }, 1)).toHaveLength(4);
  expect(day(weeks({ year: 2026, month: 10 }, 7)[0]?.[0] ?? 0)).toBe('Sun Nov 01 2026');
});

test('months and days go on over the ends of years, and a short month has a last day', () => {
  expect(day(inMonth(noon(2027, 0, 31), 1))).toBe('Sun Feb 28 2027');
  expect(day(inMonth(noon(2026, 11, 15), 1))).toBe('Fri Jan 15 2027');
  expect(day(later(noon(2026, 11, 31), 1))).toBe('Fri Jan 01 2027');
  expect(monthOf(noon(26, 4, 3))).toEqual({ year: 26, month: 4 });
});

test('a week begins where the reader lives', () => {
  expect(firstDayOf('en-GB')).toBe(1);
  expect(firstDayOf('en-US')).toBe(7);
});
