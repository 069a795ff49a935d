// A little that this browser keeps for itself. One that keeps nothing goes on all the same: what was chosen holds until the page goes.

/** What was kept under a key: null if nothing was, undefined if nothing can be. */
export function kept(key: string): string | null | undefined {
  try {
    return localStorage.getItem(key);
  } catch {
    return undefined;
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // See above.
  }
}
