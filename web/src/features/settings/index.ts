// Settings and one's own profile.

import type { Feature } from '../../frame/feature.ts';

export const settings: Feature = {
  name: 'settings',
  views: { settings: () => import('./view.ts') },
  dialogs: {
    crop: () => import('./Crop.svelte'),
    linkDevice: () => import('./LinkDevice.svelte'),
    keys: () => import('./KeysDialog.svelte'),
    chatGround: () => import('./ChatGround.svelte'),
    changePassword: () => import('./ChangePassword.svelte'),
  },
};
