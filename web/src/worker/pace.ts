// One answer at a time is on its way to a tab: the next goes when the tab says that it has shown the last. So a tab
// that is slow, or a burst of changes, costs no more than there is time for, and what is shown is the newest.

/** A tab that does not say so has been put to sleep by its browser, or its word was lost. */
export const PATIENCE_MS = 5000;

export class Pace {
  private isBusy = false;
  private isDue = false;
  private isOver = false;
  private cancel: (() => void) | undefined;

  /** `go` sends what there is, and answers whether it sent anything. */
  constructor(private readonly go: () => Promise<boolean>, private readonly timer: (ms: number, run: () => void) => () => void) {}

  /** There is something new. */
  due(): void {
    if (this.isBusy) {
      this.isDue = true;
      return;
    }
    this.isBusy = true;
    this.isDue = false;
    void this.go().then((isSent) => {
      if (this.isOver) return;
      if (isSent) this.cancel = this.timer(PATIENCE_MS, () => this.shown());
      else this.shown();
    });
  }

  /** The tab has shown what went last. */
  shown(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.isBusy = false;
    if (this.isDue && !this.isOver) this.due();
  }

  end(): void {
    this.isOver = true;
    this.cancel?.();
  }
}
