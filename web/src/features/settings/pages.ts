// The list of the settings' pages.

import type { Key } from '../../i18n/index.svelte.ts';
import { iconApprove, iconBell, iconGlobe, iconInfo, iconKey, iconLaptop, iconLock, iconPalette, iconPasskey, iconProfile, iconShield, iconDownload, type IconNode } from '../../ui/icons.ts';

export type PageId = 'profile' | 'privacy' | 'notifications' | 'look' | 'language' | 'devices' | 'passkeys' | 'storage' | 'account' | 'keys' | 'approvals' | 'about';

export const PAGES: readonly { id: PageId; label: Key; icon: IconNode }[] = [
  { id: 'profile', label: 'settings.profile', icon: iconProfile },
  { id: 'privacy', label: 'settings.privacy', icon: iconShield },
  { id: 'notifications', label: 'settings.notifications', icon: iconBell },
  { id: 'look', label: 'settings.look', icon: iconPalette },
  { id: 'language', label: 'settings.language', icon: iconGlobe },
  { id: 'devices', label: 'settings.devices', icon: iconLaptop },
  { id: 'passkeys', label: 'passkeys.title', icon: iconPasskey },
  { id: 'storage', label: 'settings.storage', icon: iconDownload },
  { id: 'account', label: 'settings.account', icon: iconLock },
  { id: 'keys', label: 'settings.keys', icon: iconKey },
  { id: 'approvals', label: 'settings.approvals', icon: iconApprove },
  { id: 'about', label: 'settings.about', icon: iconInfo },
];
