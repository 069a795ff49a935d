// 繁體中文。

import type { Messages } from '../en/index.ts';
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

const messages: Messages = {
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

export default messages;
