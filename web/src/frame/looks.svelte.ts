// The looks that are kept with the account: this device follows them, unless it was told to have its own.

import { untrack } from 'svelte';
import type { Looks } from '../store/looks.ts';
import { api, live } from './api.svelte.ts';
import { attempt } from './fault.ts';
import { prefs, setPref, type Prefs } from './prefs.svelte.ts';

/** Takes what another device chose, for as long as the component lives. */
export function followLooks(): void {
  const looks = live('looks', () => undefined);
  $effect(() => {
    const { value } = looks;
    if (!value || prefs.ownLooks) return;
    untrack(() => {
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
