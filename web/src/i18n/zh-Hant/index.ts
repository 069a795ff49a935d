// 繁體中文。

import type { Messages } from '../en/index.ts';
import app from './app.ts';
import chats from './chats.ts';
import contacts from './contacts.ts';
import conversation from './conversation.ts';
import entry from './entry.ts';
import folders from './folders.ts';
import location from './location.ts';
import media from './media.ts';
import polls from './polls.ts';
import rooms from './rooms.ts';
import search from './search.ts';
import settings from './settings.ts';
import stories from './stories.ts';

const messages: Messages = {
  ...app,
  ...chats,
  ...contacts,
  ...conversation,
  ...entry,
  ...folders,
  ...location,
  ...media,
  ...polls,
  ...rooms,
  ...search,
  ...settings,
  ...stories,
};

export default messages;
