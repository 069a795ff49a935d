// The features of the client, in the order in which their commands stand in the palette.

import { chats } from '../features/chats/index.ts';
import { contacts } from '../features/contacts/index.ts';
import { conversation } from '../features/conversation/index.ts';
import { polls } from '../features/polls/index.ts';
import { exports } from '../features/exports/index.ts';
import { folders } from '../features/folders/index.ts';
import { location } from '../features/location/index.ts';
import { media } from '../features/media/index.ts';
import { rooms } from '../features/rooms/index.ts';
import { scan } from '../features/scan/index.ts';
import { search } from '../features/search/index.ts';
import { settings } from '../features/settings/index.ts';
import { stickers } from '../features/stickers/index.ts';
import { stories } from '../features/stories/index.ts';
import type { Feature } from '../frame/feature.ts';

export const FEATURES: readonly Feature[] = [chats, conversation, search, media, location, contacts, polls, rooms, stickers, stories, folders, exports, scan, settings];
