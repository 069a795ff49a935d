// Finding: the palette, and what was starred.

import type { Feature } from '../../frame/feature.ts';

export const search: Feature = {
  name: 'search',
  views: { starred: () => import('./Starred.svelte').then((part) => ({ Pane: part.default })) },
  dialogs: { palette: () => import('./Palette.svelte') },
};
