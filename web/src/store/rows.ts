// What is kept in IndexedDB.

import type { Schema } from './db.ts';
import { newChat, QUEUE } from './log.ts';
import type { Ground } from './looks.ts';
import type { Whispered } from '../protocol/vanish.ts';
import type { Affiliation, ChatKind, Draft, Message, Preview, RoomEvent, Show } from './types.ts';

/** Counted up with every change of the form; the cache is then built anew from the server. */
export const CACHE_VERSION = 3;
export const ACCOUNT_VERSION = 1;

export const CACHE: Schema = {
  meta: { key: 'key', keeps: (row: MetaRow) => (row.key === 'settings' || /^(send|owed|remove|later) /.test(row.key) ? row : undefined) },
  // A draft is in no log.
  chats: { key: 'jid', keeps: ({ jid, kind, draft }: ChatRow) => draft && { ...newChat(jid, kind), draft } },
  messages: {
    key: ['chat', 'id'],
    // What was refused stands behind everything, as what waits does: its old place is in a log that is gone.
    keeps: (row: MessageRow) => (row.queued !== undefined ? row : row.ticks === 'failed' ? { ...row, order: QUEUE + row.time } : undefined),
    indexes: { order: ['chat', 'order'], archive: ['chat', 'archiveId'], stanza: ['chat', 'stanzaId'], queue: 'queued', starred: 'star', media: ['chat', 'media', 'order'], due: 'expires', once: ['chat', 'onceId'] },
  },
  strays: { key: ['chat', 'target', 'kind', 'author'] },
  contacts: { key: 'jid' },
  people: { key: 'jid' },
  stories: { key: ['owner', 'id'] },
  pictures: { key: 'hash', indexes: { used: 'used' } },
};

/** Survives a rebuilt cache: who is signed in. */
export const ACCOUNT: Schema = { account: { key: 'key' } };

export interface AccountRow {
  key: 'account';
  jid: string;
  user: string;
  domain: string;
  url: string;
  token?: string;
  /** Another device showed the token, for one login. */
  isBorrowed?: boolean;
  /** Only until there is a token. */
  password?: string;
  agent: string;
  /** The server takes tokens in the first exchange. */
  isFast?: boolean;
}

export interface MetaRow {
  key: string;
  value: unknown;
}

export interface ChatRow {
  jid: string;
  kind: ChatKind;
  /** Given by a bookmark, the room or the inbox; contacts' names are theirs. */
  name?: string;
  last?: Preview & { order: number };
  time: number;
  unread: number;
  unreadMore?: boolean;
  mentions: number;
  /** One's own message of which somebody felt something that was not seen yet. */
  reacted?: string;
  marked: boolean;
  draft?: Draft;
  pinned: boolean;
  favourite?: boolean;
  ground?: Ground;
  mutedUntil: number;
  archived: boolean;
  /** What was said up to there is not shown any more. */
  cleared?: Cleared;
  complete: boolean;
  /** The highest order in use. */
  tail: number;
  /** Everything up to this order was read by the owner. */
  readTo: number;
  /** Everything of ours up to this order was read by the other side. */
  peerRead: number;
  /** The owner has written here: no stranger any more. */
  answered?: boolean;
  /** Rooms: the newest id of the room's archive that was read. */
  cursor?: string;
  room?: { nick: string; autojoin: boolean; password?: string; subject: string; affiliation: Affiliation };
  pins?: string[];
  /** The newest setting of its timer, and where it stands. */
  timing?: { seconds: number; order: number };
}

/** The last message that was cleared: its time on the server, and its id in the archive. */
export interface Cleared {
  time: number;
  id?: string;
}

export interface MessageRow extends Omit<Message, 'replyTo' | 'reactions' | 'chat' | 'poll'> {
  chat: string;
  /** The id attribute of its stanza. */
  stanzaId?: string;
  archiveId?: string;
  /** Who wrote, as far as authors are compared: bare address, or the room's occupant. */
  author: string;
  /** Read from the end of the archive; it was not counted as new, and may still come live. */
  early?: boolean;
  /** The inbox told of it alone: what was said about it and others since then may be missing. */
  gapAfter?: true;
  /** In the outbox, in the order of these numbers. */
  queued?: number;
  /** Files that are not uploaded yet, in the order of the attachments. */
  uploads?: Blob[];
  /** Where each of them goes to, once that is known: what was begun is gone on with. */
  slots?: (Slot | null)[];
  star?: 1;
  media?: 'media' | 'files' | 'links';
  poll?: { question: string; options: string[]; multiple: boolean; closed?: boolean };
  /** The newest choice of each voter. */
  votesBy?: Record<string, { choices: number[]; name: string; mine: boolean }>;
  reactionsBy?: Record<string, { emojis: string[]; name: string; mine: boolean }>;
  reply?: { id: string; to?: string; name?: string; text?: string };
  reads?: Record<string, { name: string; delivered?: number; read?: number }>;
  event?: RoomEvent;
  /** What the server calls a message for one look. */
  onceId?: string;
  /** To be sent as a message for one look. */
  asOnce?: boolean;
  /** A whisper: all to whom an answer goes. */
  whisperTo?: Whispered[];
}

/** Where a file goes up, and where it then is. */
export interface Slot {
  put: string;
  get: string;
  headers: Record<string, string>;
}

/** Something said about a message that is not here (yet). */
export interface StrayRow {
  chat: string;
  target: string;
  kind: 'edit' | 'retract' | 'moderate' | 'react' | 'receipt' | 'displayed' | 'opened' | 'mark' | 'vote' | 'close' | 'moved';
  author: string;
  facts: unknown;
}

export interface ContactRow {
  jid: string;
  name: string;
  subscription: 'none' | 'to' | 'from' | 'both';
  asked: boolean;
  groups: string[];
}

export interface StoryRow {
  owner: string;
  id: string;
  time: number;
  expires: number;
  url: string;
  mime: string;
  text: string;
  drawn: boolean;
}

/** What people say of themselves. */
export interface PersonRow {
  jid: string;
  nick?: string;
  avatar?: string | undefined;
  status?: string;
  /** Of oneself: what one chose to be shown as. */
  show?: Show;
  lastSeen?: number;
}

export interface PictureRow {
  hash: string;
  blob: Blob;
  size: number;
  used: number;
}
