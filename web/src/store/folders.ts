// Folders as the UI sees them.

import type { Jid } from './types.ts';

export interface Folder {
  id: string;
  name: string;
  chats: Jid[];
}

/** More are not kept: they would fit into no row of tabs. */
export const MAX_FOLDERS = 20;
export const MAX_FOLDER_NAME = 30;
export const MAX_FOLDER_CHATS = 500;
