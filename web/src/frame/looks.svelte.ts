// The looks that are kept with the account: this device follows them, unless it was told to have its own.

import { untrack } from 'svelte';
import type { Looks } from '../store/looks.ts';
import type { Chosen } from './keys.ts';
import { api, live } from './api.svelte.ts';
import { attempt } from './fault.ts';
import { prefs, setPref, type Prefs } from './prefs.svelte.ts';

/** Takes what another device chose, for as long as the component lives. */
export function followLooks(): void {
  const looks = live('looks', () => undefined);
  $effect(() => {
    const { value } = looks;
    // When it follows again it takes what was chosen meanwhile.
    const isOwn = prefs.ownLooks;
    if (!value) return;
    untrack(() => {
      if (value.single !== undefined && value.single !== prefs.singleKeys) setPref('singleKeys', value.single);
      if (value.keys && !isSame(value.keys, prefs.keys)) setPref('keys', value.keys);
      if (isOwn) return;
      if (value.theme && value.theme !== prefs.theme) setPref('theme', value.theme);
      if (value.dye && value.dye !== prefs.dye) setPref('dye', value.dye);
      if (value.ground && value.ground !== prefs.ground) setPref('ground', value.ground);
    });
  });
}

/** Here at once, and on the devices that follow. */
export function chooseLook<K extends keyof Looks>(key: K, value: Looks[K]): void {
  setPref<K>(key, value as Prefs[K]);
  if (!prefs.ownLooks) void attempt(api().setLooks({ [key]: value }));
}

const isSame = (a: Chosen, b: Chosen): boolean => Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([key, value]) => b[key] === value);

/** Keys are those of the person, not of the device: they are shared whatever it looks like. */
export function chooseKeys(keys: Chosen): void {
  setPref('keys', keys);
  void attempt(api().setLooks({ keys }));
}

export function chooseSingle(on: boolean): void {
  setPref('singleKeys', on);
  void attempt(api().setLooks({ single: on }));
}
