// Settings and one's own profile.

import type { Feature } from '../../frame/feature.ts';
import PasskeyBar from './PasskeyBar.svelte';

export const settings: Feature = {
  name: 'settings',
  bars: [PasskeyBar],
  views: { settings: () => import('./view.ts') },
  dialogs: {
    crop: () => import('./Crop.svelte'),
    linkDevice: () => import('./LinkDevice.svelte'),
    addPasskey: () => import('./AddPasskey.svelte'),
    renamePasskey: () => import('./RenamePasskey.svelte'),
    keys: () => import('./KeysDialog.svelte'),
    chatGround: () => import('./ChatGround.svelte'),
    changePassword: () => import('./ChangePassword.svelte'),
  },
};
