// Times at which somebody may want a message to be sent.

/** As far ahead as it goes: a year. */
export const FARTHEST_MS = 365 * 86_400_000;

export interface Offer {
  id: 'later.tonight' | 'later.tomorrow' | 'later.monday';
  at: number;
}

const atHour = (now: number, days: number, hour: number): number => {
  const date = new Date(now);
  date.setDate(date.getDate() + days);
  return date.setHours(hour, 0, 0, 0);
};

/** Tonight while there is an evening left, tomorrow morning, and the next Monday if that is not tomorrow. */
export function offers(now: number): Offer[] {
  const tonight = atHour(now, 0, 20);
  const toMonday = (8 - new Date(now).getDay()) % 7 || 7;
  return [
    ...(now < tonight - 30 * 60_000 ? [{ id: 'later.tonight' as const, at: tonight }] : []),
    { id: 'later.tomorrow', at: atHour(now, 1, 9) },
    ...(toMonday > 1 ? [{ id: 'later.monday' as const, at: atHour(now, toMonday, 9) }] : []),
  ];
}

/** "09:30", as a field of times has it. */
export function clockOf(time: number): string {
  const date = new Date(time);
  return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
}

/** That time of that day. Undefined: no time. */
export function at(day: number, clock: string): number | undefined {
  const parts = /^(\d\d):(\d\d)/.exec(clock);
  if (!parts) return undefined;
  return new Date(day).setHours(Number(parts[1]), Number(parts[2]), 0, 0);
}
