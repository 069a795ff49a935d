// What the reader looks at stays where it is, whatever is added above it, taken away or grows.
// The browser's own anchoring is switched off: not every engine has it, and it knows nothing of a window that moves.

export class Anchoring {
  #at: { id: string; top: number }[] = [];

  /** Notes where the rows in view stand. */
  note(box: HTMLElement): void {
    const view = box.getBoundingClientRect();
    this.#at = [];
    for (const row of box.querySelectorAll<HTMLElement>('li[data-id]')) {
      const rect = row.getBoundingClientRect();
      if (rect.bottom < view.top) continue;
      if (rect.top > view.bottom) break;
      this.#at.push({ id: row.dataset['id'] ?? '', top: rect.top });
    }
  }

  /** Scrolls so that the first of the noted rows that is still there stands where it stood. */
  restore(box: HTMLElement): void {
    for (const { id, top } of this.#at) {
      const row = box.querySelector(`li[data-id="${CSS.escape(id)}"]`);
      if (!row) continue;
      const moved = row.getBoundingClientRect().top - top;
      if (Math.abs(moved) >= 1) box.scrollTop += moved;
      return;
    }
  }
}
