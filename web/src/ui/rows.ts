// Which rows of a long list of equal rows are mounted.

/** Rows mounted beyond either edge, so that a quick flick shows no hole. */
export const OVERSCAN = 12;

export function rowsInView(top: number, height: number, row: number, count: number): { first: number; last: number } {
  const first = Math.max(0, Math.floor(top / row) - OVERSCAN);
  const last = Math.min(count, Math.ceil((top + height) / row) + OVERSCAN);
  return { first: Math.min(first, Math.max(0, count - 1)), last };
}
