// The arithmetic of a month on a page. Days are noons of the reader's own clock, so that no change of it moves them.

export interface Month {
  year: number;
  /** From 0, as Date counts. */
  month: number;
}

export function noon(year: number, month: number, day: number): number {
  const date = new Date(2000, 0, 1, 12);
  date.setFullYear(year, month, day);
  return date.getTime();
}

export function dayOf(time: number): number {
  return new Date(time).setHours(12, 0, 0, 0);
}

export function monthOf(time: number): Month {
  const date = new Date(time);
  return { year: date.getFullYear(), month: date.getMonth() };
}

/** `days` further on. */
export function later(day: number, days: number): number {
  const date = new Date(day);
  return noon(date.getFullYear(), date.getMonth(), date.getDate() + days);
}

/** The same day of another month, or the last one it has. */
export function inMonth(day: number, months: number): number {
  const date = new Date(day);
  const last = new Date(noon(date.getFullYear(), date.getMonth() + months + 1, 0)).getDate();
  return noon(date.getFullYear(), date.getMonth() + months, Math.min(date.getDate(), last));
}

/** Its weeks, from the first day of the week (1 is Monday) before it to the last one after it. */
export function weeks({ year, month }: Month, firstDay: number): number[][] {
  const first = noon(year, month, 1);
  const lead = (new Date(first).getDay() - firstDay + 7) % 7;
  const length = new Date(noon(year, month + 1, 0)).getDate();
  return Array.from({ length: Math.ceil((lead + length) / 7) }, (_, week) => Array.from({ length: 7 }, (_, i) => later(first, week * 7 + i - lead)));
}

/** On which day a week begins there: 1 is Monday. */
export function firstDayOf(locale: string): number {
  const known = new Intl.Locale(locale) as Intl.Locale & { getWeekInfo?: () => { firstDay: number }; weekInfo?: { firstDay: number } };
  return (known.getWeekInfo?.() ?? known.weekInfo)?.firstDay ?? 1;
}
