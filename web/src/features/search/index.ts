// Finding: the palette, and what was starred.

import type { Feature } from '../../frame/feature.ts';
import Starred from './Starred.svelte';

export const search: Feature = {
  name: 'search',
  panes: { starred: Starred },
  dialogs: { palette: () => import('./Palette.svelte') },
};
