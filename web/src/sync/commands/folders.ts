// Folders of chats.

import { ApiError, type Commands } from '../api.ts';
import type { Engine } from '../engine.ts';

export function folderCommands(engine: Engine): Pick<Commands, 'saveFolder' | 'removeFolder' | 'arrangeFolders'> {
  return {
    async saveFolder(folder) {
      if (folder.name.trim() === '') throw new ApiError({ code: 'bad-request' });
      const id = await engine.folders.save(folder);
      if (id === undefined) throw new ApiError({ code: 'not-allowed' });
      return id;
    },
    removeFolder: ({ id }) => engine.folders.remove(id),
    arrangeFolders: ({ ids }) => engine.folders.arrange(ids),
  };
}
