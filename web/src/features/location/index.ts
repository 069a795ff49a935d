// Places, on a map that no map service draws.

import type { Feature } from '../../frame/feature.ts';
import { iconPlace } from '../../ui/icons.ts';
import LiveBar from './LiveBar.svelte';
import PlaceBody from './PlaceBody.svelte';

export const location: Feature = {
  name: 'location',
  bars: [LiveBar],
  bodies: { location: PlaceBody },
  dialogs: { sendPlace: () => import('./SendPlace.svelte') },
  attachables: [{ id: 'place', label: 'compose.place', icon: iconPlace, hue: 34, dialog: 'sendPlace' }],
};
