// The card of a link while one writes: looked up when the writer rests, until it is sent or taken away.

import { api } from '../../frame/api.svelte.ts';
import type { LinkCard } from '../../store/types.ts';
import { webLinks } from '../../util/links.ts';

const REST_MS = 500;
/** Answers that are remembered while one writes in this chat. */
const MAX_KNOWN = 20;

export class Links {
  /** What will go along. */
  card = $state.raw<LinkCard | undefined>(undefined);
  /** Being looked up. */
  asking = $state(false);
  #wanted: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #known = new Map<string, Promise<LinkCard | undefined>>();
  /** Addresses whose cards the writer does not want. */
  #removed = new Set<string>();

  follow(text: string): void {
    const url = webLinks(text).find((one) => !this.#removed.has(one));
    if (url === this.#wanted) return;
    this.#wanted = url;
    clearTimeout(this.#timer);
    this.card = undefined;
    this.asking = false;
    if (url !== undefined) this.#timer = setTimeout(() => void this.#ask(url), REST_MS);
  }

  async #ask(url: string): Promise<void> {
    let answer = this.#known.get(url);
    if (!answer) {
      answer = api().preview({ url }).catch(() => undefined);
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(url, answer);
    }
    this.asking = true;
    const card = await answer;
    if (url !== this.#wanted) return;
    this.asking = false;
    this.card = card;
  }

  /** Not this one. */
  remove(): void {
    if (this.#wanted !== undefined) this.#removed.add(this.#wanted);
    this.#wanted = undefined;
    this.card = undefined;
    this.asking = false;
  }

  /** It goes with the message; the next message begins anew. */
  take(): LinkCard | undefined {
    const card = this.card;
    clearTimeout(this.#timer);
    this.#wanted = undefined;
    this.card = undefined;
    this.asking = false;
    this.#removed.clear();
    return card;
  }
}
