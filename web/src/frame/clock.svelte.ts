// The time as the page shows it: to the minute.

let minute = $state(Date.now());
const look = (): void => void (minute = Date.now());
setInterval(look, 30_000);
// A tab in the background is asked more rarely, one that slept not at all.
globalThis.document?.addEventListener('visibilitychange', look);

/** Now, followed by what depends on it. */
export function now(): number {
  return minute;
}
