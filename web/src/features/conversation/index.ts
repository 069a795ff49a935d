// A conversation: its messages, what is done with them, and the composer.

import type { Feature } from '../../frame/feature.ts';
import Conversation from './Conversation.svelte';

export const conversation: Feature = {
  name: 'conversation',
  mains: { chats: Conversation },
  dialogs: { forward: () => import('./Forward.svelte'), jumpToDay: () => import('./JumpToDay.svelte'), schedule: () => import('./Schedule.svelte'), scheduled: () => import('./Scheduled.svelte'), messageInfo: () => import('./MessageInfo.svelte'), timer: () => import('./Timer.svelte') },
};
