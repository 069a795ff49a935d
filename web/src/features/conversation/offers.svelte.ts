// What the word before the cursor may mean, offered while one writes: people, emoji, or what can be added here.

import { emojis, find, type Emoji } from '../../frame/emoji/data.ts';
import { locale } from '../../i18n/index.svelte.ts';
import type { Occupant } from '../../store/types.ts';
import type { MenuEntry } from '../../ui/menu.ts';
import { askedAt, commandsFor, suggest } from './composing.ts';

const MAX_EMOJI = 6;

export type Offer = { kind: '@'; key: string; person: Occupant } | { kind: ':'; key: string; sign: Emoji } | { kind: '/'; key: string; command: MenuEntry };

/** What the composer tells of itself. */
export interface Written {
  text: () => string;
  cursor: () => number;
  /** Somebody writes here: of what another device began nothing is offered. */
  writes: () => boolean;
  people: () => readonly Occupant[];
  commands: () => MenuEntry[];
}

export class Offers {
  chosen = $state(0);
  readonly #written: Written;
  #hushed = $state(false);
  #emoji = $state.raw<Emoji[]>([]);
  readonly ask = $derived.by(() => (this.#hushed || !this.#written.writes() ? undefined : askedAt(this.#written.text(), this.#written.cursor())));
  readonly all = $derived.by((): Offer[] => {
    const ask = this.ask;
    if (ask?.kind === '@') return suggest(this.#written.people(), ask.query).map((person) => ({ kind: '@', key: person.nick, person }));
    if (ask?.kind === '/') return commandsFor(this.#written.commands(), ask.query).map((command) => ({ kind: '/', key: command.id, command }));
    return this.#emoji.map((sign) => ({ kind: ':', key: sign.text, sign }));
  });

  constructor(written: Written) {
    this.#written = written;
    $effect(() => {
      const query = this.ask?.kind === ':' ? this.ask.query : undefined;
      this.#emoji = [];
      if (query !== undefined) void emojis(locale()).then((all) => this.ask?.query === query && (this.#emoji = find(all, query, MAX_EMOJI)), () => undefined);
    });
  }

  /** Something else is written: what was refused may be offered again. */
  renew(): void {
    this.#hushed = false;
    this.chosen = 0;
  }

  /** Whether the key was meant for what is offered. */
  key(event: KeyboardEvent, take: (offer: Offer) => void): boolean {
    const count = this.all.length;
    if (count === 0) return false;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') this.chosen = (this.chosen + (event.key === 'ArrowDown' ? 1 : -1) + count) % count;
    else if (event.key === 'Escape') this.#hushed = true;
    else if (event.key === 'Enter' || event.key === 'Tab') {
      const one = this.all[this.chosen];
      if (one) take(one);
    } else return false;
    event.preventDefault();
    return true;
  }
}
