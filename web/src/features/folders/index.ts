// Folders of chats: the tabs beside the filters.

import { openDialog } from '../../frame/shell.svelte.ts';
import type { Feature } from '../../frame/feature.ts';
import { iconFolder } from '../../ui/icons.ts';

export const folders: Feature = {
  name: 'folders',
  dialogs: { folders: () => import('./Folders.svelte'), folder: () => import('./Folder.svelte') },
  commands: [{ id: 'folders', label: 'folder.title', icon: iconFolder, perform: () => openDialog('folders', {}) }],
};
