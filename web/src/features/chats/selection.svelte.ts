// The chats that are chosen to be acted on together.

import { SvelteSet } from 'svelte/reactivity';
import type { Jid } from '../../store/types.ts';

class Selection {
  on = $state(false);
  readonly chosen = new SvelteSet<Jid>();
  private last: Jid | undefined;

  toggle(jid: Jid): void {
    if (!this.chosen.delete(jid)) this.chosen.add(jid);
    this.last = jid;
    this.on = this.chosen.size > 0;
  }

  /** Those from the one chosen last to this one, as the list shows them. */
  extend(jid: Jid, order: readonly Jid[]): void {
    const [from, to] = [order.indexOf(this.last ?? jid), order.indexOf(jid)];
    if (from < 0 || to < 0) return this.toggle(jid);
    for (const one of order.slice(Math.min(from, to), Math.max(from, to) + 1)) this.chosen.add(one);
    this.last = jid;
    this.on = true;
  }

  /** What is not shown any more is not acted on. */
  keep(shown: readonly Jid[]): void {
    const there = new Set(shown);
    for (const jid of this.chosen) if (!there.has(jid)) this.chosen.delete(jid);
    if (this.chosen.size === 0) this.end();
  }

  end(): void {
    this.on = false;
    this.last = undefined;
    this.chosen.clear();
  }
}

export const selection = new Selection();
