// Messages as a conversation shows them.

import type { Fault } from '../util/fault.ts';
import type { RoomEvent } from './rooms.ts';
import type { Jid, MessageId } from './types.ts';

/** `queued` waits here, `sent` is durable on the server, `failed` was refused. */
export type Ticks = 'queued' | 'sent' | 'delivered' | 'read' | 'failed';

export type MessageKind = 'text' | 'image' | 'video' | 'voice' | 'audio' | 'file' | 'contact' | 'location' | 'poll' | 'sticker' | 'system' | 'deleted' | 'encrypted';

export interface Author {
  name: string;
  /** Bare address if it is known; in an anonymous room it is not. */
  jid?: Jid;
  occupantId?: string;
  me: boolean;
}

export interface Attachment {
  kind: 'image' | 'video' | 'voice' | 'audio' | 'file';
  name: string;
  mime: string;
  size: number;
  /** https:, or blob: of one's own file that is being sent. */
  url?: string;
  width?: number;
  height?: number;
  /** Seconds. */
  duration?: number;
  /** 0 to 1, for voice. */
  waveform?: number[];
  /** A thumbhash or a small data: picture that stands until the picture is there. */
  thumb?: string;
  /** What it shows, in its sender's words. */
  desc?: string;
  /** While it goes up: 0 to 1. */
  progress?: number;
  fault?: Fault;
}

export interface Place {
  lat: number;
  lon: number;
  accuracy?: number;
  text?: string;
}

export interface Card {
  name: string;
  jid?: Jid;
  phone?: string;
  email?: string;
}

/** What stands behind a link, as the sender told. */
export interface LinkCard {
  url: string;
  title: string;
  text?: string;
  site?: string;
  /** On our own server, else it is left out. */
  image?: string;
  alt?: string;
}

export interface Quote {
  /** The message that is answered. If it is not here the command `locate` finds it. */
  id: MessageId;
  name: string;
  mine: boolean;
  kind: MessageKind;
  text: string;
}

export interface Reaction {
  emoji: string;
  count: number;
  mine: boolean;
  /** Names, at most 20. */
  names: string[];
}

export interface Poll {
  question: string;
  options: { text: string; votes: number; mine: boolean; names: string[] }[];
  multiple: boolean;
  closed: boolean;
  /** How many people have voted. */
  voters: number;
}

export interface Mention {
  begin: number;
  end: number;
  jid?: Jid;
  me: boolean;
}

export interface Message {
  id: MessageId;
  chat: Jid;
  from: Author;
  /** Rows are in the log's order, not in that of the time. */
  order: number;
  time: number;
  kind: MessageKind;
  /** Plain text; offsets of mentions count UTF-16 units. */
  text: string;
  mine: boolean;
  ticks?: Ticks;
  fault?: Fault;
  replyTo?: Quote;
  reactions: Reaction[];
  attachments: Attachment[];
  place?: Place;
  /** The place moves until then; where it was last told, and whether that was the end. */
  live?: { until: number; at: number; ended?: boolean };
  card?: Card;
  poll?: Poll;
  link?: LinkCard;
  edited?: number;
  /** Was taken back: by its author, or by a moderator, with the reason. */
  deleted?: { by: 'author' | 'moderator' | 'me'; reason?: string };
  forwarded?: boolean;
  /** Covered until the reader wants to see it; what its sender says of it, or nothing. */
  spoiler?: string;
  /** Came without disturbing anybody. */
  silent?: boolean;
  starred: boolean;
  pinned: boolean;
  mentions: Mention[];
  /** Goes at this time by itself; `timer` seconds after it was sent. */
  expires?: number;
  timer?: number;
  /** To be viewed once, by the command `openOnce`. Nothing of what it says is kept here. */
  once?: { opened: boolean };
  /** Inside a room for those only; names of the others. */
  whisper?: string[];
  /** Ciphertext that this client cannot read; `text` is the fallback. */
  encrypted?: boolean;
  /** A system line. */
  event?: RoomEvent;
  /** Between this message and the one before there may be others, not here yet. */
  gapBefore: boolean;
}

/** What of a chat is shown: a stretch of rows in order, and what lies around it. */
export interface MessageWindow {
  chat: Jid;
  rows: Message[];
  /** Older rows are here or on the server. */
  hasOlder: boolean;
  hasNewer: boolean;
  /** Being fetched now. */
  loadingOlder: boolean;
  loadingNewer: boolean;
  /** The first that was unread when the window was opened: the divider stands before it. */
  firstUnread?: MessageId;
  /** The row the window was opened at, if it is here. */
  anchor?: MessageId;
  /** As it was when the page was left: the engine has not answered yet. */
  kept?: true;
}

/** A place of one's own that moves in a chat. */
export interface Sharing {
  chat: Jid;
  id: MessageId;
  name: string;
  until: number;
}

/** A message that waits for its time, on this device alone. */
export interface Scheduled {
  id: string;
  chat: Jid;
  at: number;
  text: string;
  replyTo?: MessageId;
  silent?: boolean;
}

/** Who has a message of mine. */
export interface Delivery {
  name: string;
  jid?: Jid;
  delivered?: number;
  read?: number;
}

export interface SearchHit {
  chat: Jid;
  chatName: string;
  message: Message;
}
