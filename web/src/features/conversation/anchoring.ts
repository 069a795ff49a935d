// What the reader looks at stays where it is, whatever is added above it, taken away or grows.
// The browser's own anchoring is switched off: not every engine has it, and it knows nothing of a window that moves.

const idOf = (row: Element | undefined): string | undefined => (row instanceof HTMLElement ? row.dataset['id'] : undefined);

/** The place of the first row whose lower edge is below `y`. Rows stand in the order of their places. */
export function firstBelow(rows: ArrayLike<Element>, y: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] as Element).getBoundingClientRect().bottom > y) high = middle;
    else low = middle + 1;
  }
  return low;
}

export class Anchoring {
  #at: { row: Element; id: string; top: number }[] = [];

  /** Notes where the rows in view stand. */
  note(box: HTMLElement, rows: HTMLCollection): void {
    const view = box.getBoundingClientRect();
    this.#at = [];
    for (let i = firstBelow(rows, view.top); i < rows.length; i++) {
      const row = rows[i] as Element;
      const { top } = row.getBoundingClientRect();
      if (top > view.bottom) break;
      const id = idOf(row);
      if (id !== undefined) this.#at.push({ row, id, top });
    }
  }

  /** The message at the top of what was noted. */
  get first(): string | undefined {
    return this.#at[0]?.id;
  }

  /** Scrolls so that the first of the noted rows that is still there stands where it stood. */
  restore(box: HTMLElement): void {
    const kept = this.#at.find(({ row, id }) => row.isConnected && idOf(row) === id);
    if (!kept) return;
    const moved = kept.row.getBoundingClientRect().top - kept.top;
    if (Math.abs(moved) >= 1) box.scrollTop += moved;
  }
}
