// Keys that act by themselves, where nothing is typed: each may be another or none, since who speaks instead of typing
// or hits keys by chance would set them off (WCAG 2.1.4).

import type { Key } from '../i18n/index.svelte.ts';

/** Under the key that each has unless another was chosen, as the actions write it. */
export const SINGLE: readonly { key: string; label: Key }[] = [
  { key: 'r', label: 'keys.reply' },
  { key: 'e', label: 'act.edit' },
  { key: 'f', label: 'act.forward' },
  { key: 's', label: 'act.star' },
  { key: 'i', label: 'act.info' },
  { key: 'l', label: 'act.copyLink' },
  { key: 'x', label: 'keys.select' },
  { key: '?', label: 'keys.help' },
];

/** What was chosen instead: the empty string is no key at all. */
export type Chosen = Readonly<Record<string, string>>;

let chosen: Chosen = {};

export function chooseKeys(keys: Chosen): void {
  chosen = keys;
}

/** The shortcut as it is now; empty if it was switched off. */
export function keyNow(shortcut: string, keys = chosen): string {
  return Object.hasOwn(keys, shortcut) ? (keys[shortcut] ?? '') : shortcut;
}

/** The key of an event, if it can stand alone. */
export function singleKey(event: KeyboardEvent): string | undefined {
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return undefined;
  if ([...event.key].length !== 1 || event.key === ' ') return undefined;
  const key = event.key.toLowerCase();
  // With Shift a letter is the same key; of signs that need it only this one is known to the keyboard map.
  return !event.shiftKey || key === '?' || key !== key.toUpperCase() ? key : undefined;
}

/** What else has this key already. */
export function takenBy(keys: Chosen, key: string, by: string): Key | undefined {
  return SINGLE.find((one) => one.key !== by && keyNow(one.key, keys) === key)?.label;
}

/** Another key, none (the empty string), or the one it had at first. */
export function withKey(keys: Chosen, of: string, key: string): Chosen {
  const { [of]: _, ...others } = keys;
  return key === of ? others : { ...others, [of]: key };
}
