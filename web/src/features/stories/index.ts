// Stories: what people show for a day.

import { openDialog } from '../../frame/shell.svelte.ts';
import type { Feature } from '../../frame/feature.ts';
import { iconStory } from '../../ui/icons.ts';
import Strip from './Strip.svelte';

export const stories: Feature = {
  name: 'stories',
  heads: [Strip],
  dialogs: {
    storyViewers: () => import('./Viewers.svelte'), stories: () => import('./Viewer.svelte'), postStory: () => import('./Post.svelte') },
  commands: [{ id: 'story', label: 'story.new', icon: iconStory, perform: () => openDialog('postStory', {}) }],
};
