// Slow mode of a group: how long one still waits before the next message.

/** The server counts from when it has the message, which is a little later. */
const ON_ITS_WAY_MS = 1000;

export class Slow {
  left = $state(0);
  private timer: ReturnType<typeof setInterval> | undefined;

  /** Something was said: the next may follow after so many seconds. */
  begin(seconds: number): void {
    this.end();
    if (seconds <= 0) return;
    const until = Date.now() + seconds * 1000 + ON_ITS_WAY_MS;
    const look = (): void => {
      this.left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      if (this.left === 0) this.end();
    };
    this.timer = setInterval(look, 250);
    look();
  }

  end(): void {
    clearInterval(this.timer);
    this.left = 0;
  }
}
