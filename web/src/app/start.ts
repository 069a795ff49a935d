// What the page and the gallery have in common: the words, the look, the features, then the client.

import '../ui/tokens.css';
import '../ui/base.css';
import '../ui/forced.css';
import { mount } from 'svelte';
import { provide } from '../frame/api.svelte.ts';
import { compose } from '../frame/feature.ts';
import { startPrefs } from '../frame/prefs.svelte.ts';
import type { Api } from '../sync/api.ts';
import App from './App.svelte';
import { COMMANDS } from './commands.ts';
import { FEATURES } from './features.ts';
import { followKeyboard } from './seen.ts';

export async function start(api: Api, target: Element): Promise<void> {
  provide(api);
  compose([...FEATURES, { name: 'app', commands: COMMANDS, dialogs: { confirm: () => import('./Confirm.svelte') } }]);
  await startPrefs();
  followKeyboard();
  mount(App, { target });
}
