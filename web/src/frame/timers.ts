// How long messages live where they do not stay, and how that is said.

/** Seconds; 0: they stay. */
export const TIMERS = [0, 30, 300, 3600, 86_400, 604_800, 7_776_000] as const;

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** "1 hour", "30 seconds", "90 days": the largest unit that counts it whole. */
export function span(seconds: number, locale: string, display: 'long' | 'narrow' = 'long'): string {
  const [unit, length] = UNITS.find(([, size]) => seconds >= size && seconds % size === 0) ?? (['second', 1] as const);
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: display }).format(seconds / length);
}
