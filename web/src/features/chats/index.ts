// The list of chats.

import type { Feature } from '../../frame/feature.ts';
import { chatActions } from './actions.ts';
import ChatList from './ChatList.svelte';

export const chats: Feature = { name: 'chats', panes: { chats: ChatList }, chatActions };
