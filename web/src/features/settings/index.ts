// Settings and one's own profile.

import type { Feature } from '../../frame/feature.ts';
import Menu from './Menu.svelte';
import Pages from './Pages.svelte';

export const settings: Feature = {
  name: 'settings',
  panes: { settings: Menu },
  mains: { settings: Pages },
  dialogs: {
    crop: () => import('./Crop.svelte'),
    linkDevice: () => import('./LinkDevice.svelte'),
    keys: () => import('./KeysDialog.svelte'),
    changePassword: () => import('./ChangePassword.svelte'),
  },
};
