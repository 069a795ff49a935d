// English. Its keys are those of all languages; a file holds what one area of the interface says.

import type { Placed, Text } from '../text.ts';
import app from './app.ts';
import chats from './chats.ts';
import communities from './communities.ts';
import contacts from './contacts.ts';
import conversation from './conversation.ts';
import entry from './entry.ts';
import exports from './exports.ts';
import folders from './folders.ts';
import later from './later.ts';
import location from './location.ts';
import media from './media.ts';
import passkeys from './passkeys.ts';
import polls from './polls.ts';
import rooms from './rooms.ts';
import scan from './scan.ts';
import search from './search.ts';
import settings from './settings.ts';
import stickers from './stickers.ts';
import stories from './stories.ts';

const en = {
  ...app,
  ...chats,
  ...communities,
  ...contacts,
  ...conversation,
  ...entry,
  ...exports,
  ...folders,
  ...later,
  ...location,
  ...media,
  ...passkeys,
  ...polls,
  ...rooms,
  ...scan,
  ...search,
  ...settings,
  ...stickers,
  ...stories,
};

export type Key = keyof typeof en;
/** What is to be filled into a sentence: nothing where it has no places. */
export type Filling<K extends Key> = K extends Key ? Placed<(typeof en)[K]> : never;
export type Messages = Record<Key, Text>;
export default en as Messages;
