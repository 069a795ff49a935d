// Polls: asked, answered and counted by the clients (docs/polls.md).

import type { Feature } from '../../frame/feature.ts';
import { iconPoll } from '../../ui/icons.ts';
import PollBody from './PollBody.svelte';

export const polls: Feature = {
  name: 'polls',
  bodies: { poll: PollBody },
  dialogs: { sendPoll: () => import('./SendPoll.svelte'), pollVotes: () => import('./PollVotes.svelte') },
  attachables: [{ id: 'poll', label: 'compose.poll', icon: iconPoll, hue: 152, when: (chat) => chat.kind !== 'self', dialog: 'sendPoll' }],
};
