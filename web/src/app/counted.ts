// How many chats have something unread is said when there are more, but not again and again while much comes.

/** At most so often. */
export const REST_MS = 10_000;

export class Counted {
  #last: number | undefined;
  #said = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly say: (count: number) => void) {}

  note(count: number): void {
    const before = this.#last;
    this.#last = count;
    // What was read is known to who has read it; what waited from the start stands in the list.
    if (before !== undefined && count < before && this.#timer) this.end();
    if (before === undefined || count <= before || this.#timer) return;
    this.#timer = setTimeout(() => this.#tell(), Math.max(0, this.#said + REST_MS - Date.now()));
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tell(): void {
    this.#timer = undefined;
    this.#said = Date.now();
    this.say(this.#last ?? 0);
  }
}
