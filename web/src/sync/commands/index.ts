// All that the interface may call, by name.

import { IqError } from '../../protocol/connection.ts';
import { StorageError } from '../../store/db.ts';
import type { Fault } from '../../store/types.ts';
import { ApiError, type Commands } from '../api.ts';
import type { Engine } from '../engine.ts';
import { accountCommands } from './account.ts';
import { communityCommands } from './communities.ts';
import { folderCommands } from './folders.ts';
import { groupCommands } from './groups.ts';
import { messageCommands } from './messages.ts';
import { peopleCommands } from './people.ts';
import { roomCommands } from './rooms.ts';
import { stickerCommands } from './stickers.ts';
import { storyCommands } from './stories.ts';

export function commands(engine: Engine): Commands {
  return { ...accountCommands(engine), ...messageCommands(engine), ...peopleCommands(engine), ...roomCommands(engine), ...groupCommands(engine), ...communityCommands(engine), ...storyCommands(engine), ...folderCommands(engine), ...stickerCommands(engine) };
}

/** Why a command failed, for the interface. */
export function reasonOf(error: unknown): Fault {
  if (error instanceof ApiError || error instanceof IqError) return error.fault;
  if (error instanceof StorageError) return { code: 'storage' };
  const { fault } = (error ?? {}) as { fault?: Fault };
  return fault ?? { code: 'internal', ...(error instanceof Error && { text: error.message }) };
}
