// The rows as the UI sees them. Times are milliseconds since 1970 (UTC). Nothing here is XML and
// nothing here is stored markup: every text is plain, as it was written.

import type { Ground } from './looks.ts';
import type { StoryRing } from './stories.ts';
import type { Fault } from '../util/fault.ts';
import type { MessageKind, Ticks } from './messages.ts';
import type { Show } from './people.ts';
import type { RoomSummary } from './rooms.ts';

export type { Fault };
export type { Me, Show, Guarded, Audience, PrivacyRule, Contact, Request, Applicant, Waiting, Device, Profile } from './people.ts';
export type { RoomSummary, Role, Affiliation, Occupant, Room, Entitled, RoomRight, RoomPolicy, RoomLink, JoinRequest, Circle, Community, CommunityDetail, CommunityRoom, RoomEvent, RoomListing } from './rooms.ts';
export type { Ticks, MessageKind, Author, Attachment, Place, Card, LinkCard, Quote, Reaction, Poll, Mention, Message, MessageWindow, Delivery, Scheduled, Sharing, SearchHit } from './messages.ts';
export type { Sticker } from './stickers.ts';
export type { Story, StoryAudience, StoryRing, Storyteller, StoryViewer } from './stories.ts';

/** A bare address, `juliet@capulet.example`; a room's address is one too. */
export type Jid = string;

/** Names a message within its chat. Opaque. */
export type MessageId = string;

/** A picture in the cache; `hash` changes with it. `url` is good for <img>. */
export interface Picture {
  hash: string;
  url: string;
}

export type LinkState =
  | 'signed-out' // nobody is signed in
  | 'connecting' // first attempt, or a new one after a loss
  | 'online' // signed in and caught up
  | 'syncing' // signed in, reading what was missed
  | 'waiting' // lost; the next attempt is at retryAt
  | 'refused'; // the server does not take these credentials any more; reason says why

export interface Link {
  state: LinkState;
  /** When this state began. */
  since: number;
  retryAt?: number;
  reason?: Fault;
  /** How many messages wait to be sent. */
  queued: number;
  /** The browser has no room left for what is to be kept here. */
  full?: true;
}

export type ChatKind = 'person' | 'room' | 'self';

export interface Typist {
  name: string;
  /** Bare address if it is known. */
  jid?: Jid;
  doing: 'composing' | 'recording';
}

export interface Draft {
  text: string;
  /** The message that is answered or edited. */
  replyTo?: MessageId;
  edits?: MessageId;
  /** For those alone. Such a draft stays on this device: another might show it as one for all. */
  whisper?: readonly { nick: string; id?: string }[];
  time: number;
}

/** The last line of a chat in the list. */
export interface Preview {
  id: MessageId;
  kind: MessageKind;
  /** Plain text, one line, cut. Empty if there is none to show. */
  text: string;
  mine: boolean;
  /** Who, in a room. */
  name?: string;
  ticks?: Ticks;
  time: number;
}

export interface Chat {
  jid: Jid;
  kind: ChatKind;
  name: string;
  avatar?: Picture;
  last?: Preview;
  /** What the list is sorted by, newest first; pinned chats come before. */
  time: number;
  unread: number;
  /** More than `unread`, which stands at a bound. */
  unreadMore?: boolean;
  mentions: number;
  /** One's own message of which somebody felt something that was not seen yet. */
  reacted?: MessageId;
  /** Marked as unread by the reader. */
  marked: boolean;
  draft?: Draft;
  typing: Typist[];
  pinned: boolean;
  favourite?: boolean;
  /** What is drawn behind it, if not what is behind all. */
  ground?: Ground;
  /** Silent until then; Infinity for ever; 0 not at all. */
  mutedUntil: number;
  archived: boolean;
  /** A stranger who wrote, not yet accepted. */
  request: boolean;
  blocked: boolean;
  /** Presence of a person. */
  show: Show;
  status?: string;
  lastSeen?: number;
  room?: RoomSummary;
  /** The server knows no older messages than those that are here. */
  complete: boolean;
  /** What is written here goes after so many seconds. */
  timer?: number;
  /** Stories of a person that stand. */
  story?: StoryRing;
}

export interface Settings {
  sendReceipts: boolean;
  sendMarkers: boolean;
  sendTyping: boolean;
  /** What this browser shows; kept here only. */
  notifications: 'all' | 'mentions' | 'none';
  previewInNotifications: boolean;
  /** The server looks at the links that one sends. */
  linkPreviews: boolean;
  /** An archived chat stays so when something new comes. */
  keepArchived: boolean;
}

/** What the server offers, so that nothing is shown that cannot be done. */
export interface Abilities {
  upload?: { maxBytes: number };
  rooms?: Jid;
  /** Where communities are. */
  communities?: Jid;
  blocking: boolean;
  search: boolean;
  inbox: boolean;
  devices: boolean;
  reports: boolean;
  invitations: boolean;
  /** Messages to be viewed once. */
  once: boolean;
  stories: boolean;
  /** A device that is signed in lets another in. */
  linking: boolean;
  passkeys: boolean;
  /** It looks at links. */
  previews: boolean;
  /** Rules and requests of strangers are kept by the server. */
  privacy: boolean;
  circles: boolean;
  /** An administrator, who lets people in. */
  approvals: boolean;
}

/** How one gets an account here. `unknown` while it has not been asked. */
export type RegistrationMode = 'open' | 'invite' | 'approval' | 'closed' | 'unknown';

export interface ServerInfo {
  domain: string;
  name?: string;
  registration: RegistrationMode;
  /** From where files may be loaded into the page, beside its own origin. */
  files?: string;
  /** Where pictures of maps are, if the operator wants them: a template with {z}, {x} and {y}, and to whom they are owed. */
  tiles?: { url: string; credit: string };
  /** One can sign in with a passkey on this page. */
  passkeys?: boolean;
}

/** By which one signs in without a password. */
export interface Passkey {
  id: string;
  name: string;
  /** Of the page that it is bound to. */
  domain: string;
  created: number;
  used?: number;
}

/** The passkeys of the account, and how many there may be. */
export interface PasskeyList {
  all: Passkey[];
  most: number;
}

/** What a browser needs to make one. Bytes are text in all of these: base64url. */
export interface PasskeyBegun {
  challenge: string;
  handle: string;
  algorithms: number[];
}

/** What a browser says of one that it made. */
export interface PasskeyMade {
  algorithm: number;
  key: string;
  client: string;
  data: string;
}

/** What a browser says of who shows one. */
export interface PasskeyShown {
  id: string;
  handle: string;
  client: string;
  data: string;
  signature: string;
}

/** Something the window shows outside of itself, or as a toast. */
export interface Notice {
  chat: Jid;
  message?: MessageId;
  title: string;
  text: string;
  mention: boolean;
  avatar?: Picture;
  /** Somebody asks to be let in: `title` is where, `text` who. */
  asks?: boolean;
}
