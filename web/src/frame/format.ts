// Times, sizes and durations in the words of a language. Pure: what "now" is, is passed in.

const DAY = 86_400_000;
const cache = new Map<string, Intl.DateTimeFormat>();

function date(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let format = cache.get(key);
  if (!format) cache.set(key, (format = new Intl.DateTimeFormat(locale, options)));
  return format;
}

const startOfDay = (time: number): number => new Date(time).setHours(0, 0, 0, 0);

/** How many midnights lie between. */
export function daysBetween(earlier: number, later: number): number {
  return Math.round((startOfDay(later) - startOfDay(earlier)) / DAY);
}

export function clock(time: number, locale: string): string {
  return date(locale, { hour: 'numeric', minute: '2-digit' }).format(time);
}

export function full(time: number, locale: string): string {
  return date(locale, { dateStyle: 'full', timeStyle: 'short' }).format(time);
}

/** As a list shows it: the clock today, then the weekday, then the day. */
export function listTime(time: number, now: number, locale: string, yesterday: string): string {
  const days = daysBetween(time, now);
  if (days <= 0) return clock(time, locale);
  if (days === 1) return yesterday;
  if (days < 7) return date(locale, { weekday: 'short' }).format(time);
  const year = new Date(time).getFullYear() === new Date(now).getFullYear();
  return date(locale, year ? { day: 'numeric', month: 'short' } : { dateStyle: 'short' }).format(time);
}

/** As a line between the days of a conversation. */
export function dayLabel(time: number, now: number, locale: string, words: { today: string; yesterday: string }): string {
  const days = daysBetween(time, now);
  if (days === 0) return words.today;
  if (days === 1) return words.yesterday;
  if (days > 1 && days < 7) return date(locale, { weekday: 'long' }).format(time);
  const year = new Date(time).getFullYear() === new Date(now).getFullYear();
  return date(locale, { weekday: 'short', day: 'numeric', month: 'long', ...(year ? {} : { year: 'numeric' }) }).format(time);
}

export function size(bytes: number, locale: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(bytes) / Math.log(1000)));
  return new Intl.NumberFormat(locale, { style: 'unit', unit: units[step] ?? 'byte', maximumFractionDigits: step > 1 ? 1 : 0 }).format(bytes / 1000 ** step);
}

/** 0:07, 12:40, 1:02:03. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(Number.isFinite(seconds) ? seconds : 0));
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, i) => (i ? String(part).padStart(2, '0') : String(part))).join(':');
}

/** "5 minutes ago", "in 2 hours". */
export function relative(time: number, now: number, locale: string): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const seconds = (time - now) / 1000;
  const abs = Math.abs(seconds);
  if (abs < 60) return format.format(Math.trunc(seconds), 'second');
  if (abs < 3600) return format.format(Math.trunc(seconds / 60), 'minute');
  if (abs < 86_400) return format.format(Math.trunc(seconds / 3600), 'hour');
  return format.format(Math.trunc(seconds / 86_400), 'day');
}

/** "today, 20:00", "tomorrow, 09:00", "Mon 30 November, 09:00": a time that is to come. */
export function when(time: number, now: number, locale: string): string {
  const days = daysBetween(now, time);
  if (days === 0 || days === 1) return `${new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day')}${locale === 'en' ? ', ' : ' '}${clock(time, locale)}`;
  const year = new Date(time).getFullYear() === new Date(now).getFullYear();
  return date(locale, { weekday: 'short', day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit', ...(year ? {} : { year: 'numeric' }) }).format(time);
}
