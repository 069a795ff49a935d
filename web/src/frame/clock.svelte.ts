// The time as the page shows it: to the minute.

let minute = $state(Date.now());
setInterval(() => (minute = Date.now()), 30_000);

/** Now, followed by what depends on it. */
export function now(): number {
  return minute;
}
