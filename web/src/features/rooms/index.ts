// Groups.

import type { Feature } from '../../frame/feature.ts';
import Directory from './Directory.svelte';

export const rooms: Feature = {
  name: 'rooms',
  panes: { groups: Directory },
  dialogs: {
    newGroup: () => import('./NewGroup.svelte'),
    inviteToRoom: () => import('./InviteToRoom.svelte'),
    groupSettings: () => import('./GroupSettings.svelte'),
    groupLinks: () => import('./GroupLinks.svelte'),
    joinRequests: () => import('./JoinRequests.svelte'),
    askToJoin: () => import('./AskToJoin.svelte'),
    whisper: () => import('./Whisper.svelte'),
  },
  info: { room: () => import('./GroupInfo.svelte') },
};
