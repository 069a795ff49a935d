// Groups.

import type { Feature } from '../../frame/feature.ts';

export const rooms: Feature = {
  name: 'rooms',
  views: { groups: () => import('./Directory.svelte').then((part) => ({ Pane: part.default })) },
  dialogs: {
    newGroup: () => import('./NewGroup.svelte'),
    inviteToRoom: () => import('./InviteToRoom.svelte'),
    groupSettings: () => import('./GroupSettings.svelte'),
    groupLinks: () => import('./GroupLinks.svelte'),
    community: () => import('./Community.svelte'),
    communityForm: () => import('./CommunityForm.svelte'),
    putInCommunity: () => import('./PutInCommunity.svelte'),
    joinRequests: () => import('./JoinRequests.svelte'),
    askToJoin: () => import('./AskToJoin.svelte'),
    whisper: () => import('./Whisper.svelte'),
  },
  info: { room: () => import('./GroupInfo.svelte') },
};
