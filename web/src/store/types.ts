// The rows as the UI sees them. Times are milliseconds since 1970 (UTC). Nothing here is XML and
// nothing here is stored markup: every text is plain, as it was written.

import type { Fault } from '../util/fault.ts';

export type { Fault };
export type { Story, StoryAudience, StoryRing, Storyteller } from './stories.ts';
import type { StoryRing } from './stories.ts';

/** A bare address, `juliet@capulet.example`; a room's address is one too. */
export type Jid = string;

/** Names a message within its chat. Opaque. */
export type MessageId = string;

/** A picture in the cache; `hash` changes with it. `url` is good for <img>. */
export interface Picture {
  hash: string;
  url: string;
}

export interface Me {
  jid: Jid;
  name: string;
  avatar?: Picture;
  /** What one says of oneself. */
  status?: string;
  show: Show;
}

/** RFC 6121 4.7.2.1, with what is not there. */
export type Show = 'chat' | 'available' | 'away' | 'xa' | 'dnd' | 'offline';

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
}

export type ChatKind = 'person' | 'room' | 'self';

/** `queued` waits here, `sent` is durable on the server, `failed` was refused. */
export type Ticks = 'queued' | 'sent' | 'delivered' | 'read' | 'failed';

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
  /** Marked as unread by the reader. */
  marked: boolean;
  draft?: Draft;
  typing: Typist[];
  pinned: boolean;
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

export interface RoomSummary {
  /** joined: takes part now; joining; left; refused with `fault`. */
  state: 'joined' | 'joining' | 'left' | 'refused';
  fault?: Fault;
  subject: string;
  members: number;
  nick: string;
  role: Role;
  affiliation: Affiliation;
}

/** XEP-0045 5.1, 5.2. */
export type Role = 'moderator' | 'participant' | 'visitor' | 'none';
export type Affiliation = 'owner' | 'admin' | 'member' | 'none' | 'outcast';

export interface Occupant {
  nick: string;
  jid?: Jid;
  occupantId?: string;
  role: Role;
  affiliation: Affiliation;
  show: Show;
  avatar?: Picture;
  me: boolean;
}

export interface Room {
  jid: Jid;
  name: string;
  description: string;
  subject: string;
  avatar?: Picture;
  nick: string;
  role: Role;
  affiliation: Affiliation;
  occupants: Occupant[];
  membersOnly: boolean;
  moderated: boolean;
  hidden: boolean;
  persistent: boolean;
  nonAnonymous: boolean;
  policy: RoomPolicy;
  /** One can whisper here: the room knows how, and lets one. */
  whispers: boolean;
  /** What one may do of it; undefined where the server does not say. */
  rights?: readonly RoomRight[];
}

/** Who has a right: all with voice, or that affiliation and those above it. */
export type Entitled = 'everyone' | 'members' | 'admins' | 'owners';
export type RoomRight = 'post' | 'add' | 'edit' | 'pin' | 'call';

/** The rules of a group beyond those of XEP-0045; a rule that the server does not know is absent. */
export interface RoomPolicy extends Partial<Record<RoomRight, Entitled>> {
  /** Strangers may ask to become members. */
  requests?: boolean;
  /** 0: no bound. */
  maxMembers?: number;
  /** Seconds between two messages of a person; 0: no bound. */
  slowSeconds?: number;
  /** Who may whisper. */
  whispers?: 'anyone' | 'participants' | 'moderators' | 'none';
  /** Seconds that messages live; 0: they stay. */
  timer?: number;
  /** Under these the directory has it. */
  tags?: string[];
  /** It exists for the people of these circles alone. */
  circles?: string[];
}

/** What a privacy rule is about, and for whom it is. */
export type Guarded = 'last-seen' | 'picture' | 'profile' | 'status' | 'receipts' | 'groups';
export type Audience = 'everybody' | 'contacts' | 'chosen' | 'nobody';

export interface PrivacyRule {
  of: Guarded;
  for: Audience;
  chosen: Jid[];
}

export interface RoomLink {
  token: string;
  url: string;
  uses?: number;
  used: number;
  expires?: number;
}

export interface JoinRequest {
  jid: Jid;
  name: string;
  note?: string;
  time: number;
}

export interface Circle {
  id: string;
  name: string;
  /** family, work, school or other. */
  kind: string;
  mine: boolean;
}

export type MessageKind = 'text' | 'image' | 'video' | 'voice' | 'audio' | 'file' | 'contact' | 'location' | 'poll' | 'system' | 'deleted' | 'encrypted';

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
  /** The message that is answered, if it is here; else only the text stands. */
  id?: MessageId;
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
  card?: Card;
  poll?: Poll;
  link?: LinkCard;
  edited?: number;
  /** Was taken back: by its author, or by a moderator, with the reason. */
  deleted?: { by: 'author' | 'moderator' | 'me'; reason?: string };
  forwarded?: boolean;
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

export interface RoomEvent {
  kind: 'joined' | 'left' | 'kicked' | 'banned' | 'subject' | 'role' | 'config' | 'created' | 'renamed' | 'timer';
  name?: string;
  by?: string;
  /** Of `timer`: how many seconds messages live from here on; 0: they stay. */
  text?: string;
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
}

/** Who has a message of mine. */
export interface Delivery {
  name: string;
  jid?: Jid;
  delivered?: number;
  read?: number;
}

export interface Contact {
  jid: Jid;
  name: string;
  avatar?: Picture;
  show: Show;
  status?: string;
  groups: string[];
  story?: StoryRing;
  /** RFC 6121 2.1.2.5. */
  subscription: 'none' | 'to' | 'from' | 'both';
  /** We asked and wait. */
  asked: boolean;
  blocked: boolean;
}

/** Somebody wants to see our presence, or wrote as a stranger. */
export interface Request {
  jid: Jid;
  name: string;
  avatar?: Picture;
  text?: string;
  time: number;
  kind: 'contact' | 'room-invitation';
  room?: Jid;
}

export interface Device {
  id: string;
  name: string;
  current: boolean;
  lastSeen?: number;
  created?: number;
  online: boolean;
}

export interface Profile {
  jid: Jid;
  name: string;
  avatar?: Picture;
  status?: string;
  email?: string;
  phone?: string;
  url?: string;
  note?: string;
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
}

/** What the server offers, so that nothing is shown that cannot be done. */
export interface Abilities {
  upload?: { maxBytes: number };
  rooms?: Jid;
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
  /** It looks at links. */
  previews: boolean;
  /** Rules and requests of strangers are kept by the server. */
  privacy: boolean;
  circles: boolean;
}

/** How one gets an account here. `unknown` while it has not been asked. */
export type RegistrationMode = 'open' | 'invite' | 'approval' | 'closed' | 'unknown';

export interface ServerInfo {
  domain: string;
  name?: string;
  registration: RegistrationMode;
  /** From where files may be loaded into the page, beside its own origin. */
  files?: string;
}

export interface SearchHit {
  chat: Jid;
  chatName: string;
  message: Message;
}

export interface RoomListing {
  jid: Jid;
  name: string;
  description?: string;
  members?: number;
  joined: boolean;
  /** One can ask to be let in. */
  requests?: boolean;
  tags?: string[];
  /** One can enter. */
  open?: boolean;
}

/** Something the window shows outside of itself, or as a toast. */
export interface Notice {
  chat: Jid;
  message?: MessageId;
  title: string;
  text: string;
  mention: boolean;
  avatar?: Picture;
}
