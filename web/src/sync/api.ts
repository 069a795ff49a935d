// All that the UI may ask for: commands, which are promises, and live queries. The UI sees neither
// XMPP nor IndexedDB. Behind it stands a worker that all tabs share.

import type { Folder } from '../store/folders.ts';
import type { Ground, SharedLooks } from '../store/looks.ts';
import type {
  Abilities, Affiliation, Attachment, Chat, Circle, Community, CommunityDetail, Contact, Delivery, Device, Fault, JoinRequest, Jid, Link, LinkCard, Me, Message, MessageId,
  MessageWindow, Notice, Occupant, PasskeyBegun, PasskeyList, PasskeyMade, PasskeyShown, Place, Card, PrivacyRule, Profile, RegistrationMode, Request, Role, Room, RoomLink, RoomListing, RoomPolicy,
  Scheduled, SearchHit, ServerInfo, Sharing, Sticker, Settings, Show, StoryAudience, Storyteller, StoryViewer, Waiting,
} from '../store/types.ts';

/** Where a window of messages is opened. `sought`: the command `locate` looks for it, until then nothing is shown. */
export type Anchor = 'end' | 'unread' | { message: MessageId; sought?: true } | { time: number };

/** Live queries: the arguments and what is answered, at once and after each change. */
export interface Queries {
  /** undefined: nobody is signed in. */
  me: { args: void; row: Me | undefined };
  link: { args: void; row: Link };
  server: { args: void; row: ServerInfo };
  abilities: { args: void; row: Abilities };
  settings: { args: void; row: Settings };
  /** All chats, sorted as the list shows them: pinned first, then the newest. */
  chats: { args: void; row: Chat[] };
  chat: { args: { chat: Jid }; row: Chat | undefined };
  /** `before` and `after` count rows around the anchor. To move the window, watch anew with another anchor. */
  messages: { args: { chat: Jid; anchor: Anchor; before: number; after: number }; row: MessageWindow };
  message: { args: { chat: Jid; id: MessageId }; row: Message | undefined };
  delivery: { args: { chat: Jid; id: MessageId }; row: Delivery[] };
  starred: { args: void; row: SearchHit[] };
  pins: { args: { chat: Jid }; row: Message[] };
  /** Places of one's own that move. */
  sharing: { args: void; row: Sharing[] };
  /** What waits for its time, the next first; of one chat or of all. */
  scheduled: { args: { chat?: Jid }; row: Scheduled[] };
  /** Newest first, those with attachments of the kind. */
  media: { args: { chat: Jid; kind: 'media' | 'files' | 'links'; max: number }; row: Message[] };
  contacts: { args: void; row: Contact[] };
  requests: { args: void; row: Request[] };
  room: { args: { room: Jid }; row: Room | undefined };
  profile: { args: { jid: Jid }; row: Profile };
  /** Rises whenever something is heard of a community. */
  communityNews: { args: void; row: number };
  /** In the order of their row. */
  folders: { args: void; row: Folder[] };
  /** How the client looks on all devices that follow, as far as somebody chose. */
  looks: { args: void; row: Partial<SharedLooks> };
  /** One's own, the newest first. */
  stickers: { args: void; row: Sticker[] };
  /** Everybody who has stories: oneself first, then those not looked at, the newest before. */
  stories: { args: void; row: Storyteller[] };
  /** Who has looked at a story of one's own, the newest first. */
  storyViewers: { args: { id: string }; row: StoryViewer[] };
  blocked: { args: void; row: Jid[] };
  devices: { args: void; row: Device[] };
  /** `undefined` while it is not known. */
  passkeys: { args: void; row: PasskeyList | undefined };
  /** The passkey that another device added while this one was there, until it was seen. */
  passkeyNews: { args: void; row: { name: string; time: number } | undefined };
  /** Who waits for an account; undefined to who is no administrator. */
  waiting: { args: void; row: Waiting | undefined };
  /** The newest device that was let in from here. */
  linked: { args: void; row: { name: string; time: number } | undefined };
  /** Unmuted chats with something unread. */
  badge: { args: void; row: number };
  /** Whether a newer version of the client waits to be used; the command `update` does it. */
  update: { args: void; row: { ready: boolean } };
}

export type QueryName = keyof Queries;

/** How a message is to go. */
export interface How {
  /** Gone after so many seconds; what the chat has set if nothing is said, 0 for never. */
  timer?: number;
  /** Can be looked at once. Not to a whole group. */
  once?: boolean;
  /** In a group that has whispers: to those alone, by occupant id or nick. */
  whisper?: Whispered[];
}

/** A member of a room to whom something is whispered. */
export interface Whispered {
  nick: string;
  id?: string;
}

export interface SendText extends How {
  /** Chosen by the page, which shows the message before it is answered. */
  id?: string;
  chat: Jid;
  text: string;
  replyTo?: MessageId;
  mentions?: { begin: number; end: number; jid: Jid }[];
  /** What `preview` said of a link in the text. */
  link?: LinkCard;
  /** Nobody is disturbed by it. */
  silent?: boolean;
}

export interface SendFiles extends How {
  chat: Jid;
  files: OutFile[];
  caption?: string;
  replyTo?: MessageId;
  /** Covered until the reader wants to see it. */
  spoiler?: boolean;
}

export interface OutFile {
  blob: Blob;
  name: string;
  width?: number;
  height?: number;
  duration?: number;
  waveform?: number[];
  thumb?: string;
  /** What it shows, for those who do not see it. */
  desc?: string;
  /** Words of its own: it is a message by itself then. */
  caption?: string;
  /** A recording, shown as a voice message. */
  voice?: boolean;
  /** To be kept as a file, though it could be shown. */
  attached?: boolean;
}

/** First the archive is read, then the messages are given, the oldest first. */
export interface ExportStep {
  done: number;
  total?: number;
  rows: Message[];
  over: boolean;
}

/** A failed command rejects with an ApiError; `fault` says why. */
export class ApiError extends Error {
  constructor(readonly fault: Fault) {
    super(fault.text ?? fault.code);
  }
}

export interface Commands {
  // Signing in
  /** `address` may be a name alone: then the account is of the server that served this page. */
  signIn(args: { address: string; password: string; remember?: boolean }): Promise<void>;
  /** Signs in with what another device shows. */
  signInByLink(args: { jid: Jid; token: string }): Promise<void>;
  /** What a passkey has to sign, and until when that is good. */
  passkeyChallenge(): Promise<{ challenge: string; expires: number }>;
  signInByPasskey(args: { shown: PasskeyShown }): Promise<void>;
  /** Ends the token on the server and erases what is kept here. */
  signOut(args?: { keepData?: boolean }): Promise<void>;
  /** Creates the account and signs in. With `approval` it may answer that somebody has to look at it first; `reason` is for them. */
  register(args: { name: string; password: string; invitation?: string; reason?: string }): Promise<'ready' | 'pending'>;
  /** What an invitation link is good for. */
  invitation(args: { token: string }): Promise<{ valid: boolean; inviter?: string; name?: string }>;
  registrationMode(): Promise<RegistrationMode>;
  changePassword(args: { old: string; password: string }): Promise<void>;
  deleteAccount(): Promise<void>;
  /** An attempt to connect now, for the button of the offline bar. */
  reconnect(): Promise<void>;
  /** The version that waits takes over; pages are loaded anew. What is being written must be kept before. */
  update(): Promise<void>;
  /** This tab is looked at (true), or in the background. */
  focus(args: { visible: boolean; chat?: Jid }): Promise<void>;

  // Messages. The ids are those of rows that stand in the window at once.
  send(args: SendText): Promise<MessageId>;
  /** This device sends it at its time, or when it is there again after it. Answers what it is called. */
  schedule(args: { chat: Jid; text: string; at: number; replyTo?: MessageId; mentions?: SendText['mentions']; link?: LinkCard; silent?: boolean }): Promise<string>;
  reschedule(args: { id: string; at?: number; text?: string }): Promise<void>;
  unschedule(args: { id: string }): Promise<void>;
  sendScheduled(args: { id: string }): Promise<void>;
  sendFiles(args: SendFiles): Promise<MessageId[]>;
  /** `live`: it moves for so many seconds, as `moveLive` says. */
  sendPlace(args: { chat: Jid; place: Place; live?: number }): Promise<MessageId>;
  /** Told to the others at most every few seconds, whoever calls how often. */
  moveLive(args: { chat: Jid; id: MessageId; place: Place }): Promise<void>;
  endLive(args: { chat: Jid; id: MessageId }): Promise<void>;
  sendCard(args: { chat: Jid; card: Card }): Promise<MessageId>;
  sendPoll(args: { chat: Jid; question: string; options: string[]; multiple: boolean }): Promise<MessageId>;
  /** The whole choice, as numbers of options; none takes the vote back. */
  vote(args: { chat: Jid; id: MessageId; choices: number[] }): Promise<void>;
  closePoll(args: { chat: Jid; id: MessageId }): Promise<void>;
  retry(args: { chat: Jid; id: MessageId }): Promise<void>;
  /** Takes a message out of the queue, with its uploads; `file`: only that of its files, if there are others. */
  cancel(args: { chat: Jid; id: MessageId; file?: number }): Promise<void>;
  edit(args: { chat: Jid; id: MessageId; text: string }): Promise<void>;
  /**
   * `everyone` takes it back; otherwise it goes from here and from this account's other devices' view only. With
   * `mayUndo` others hear of it a few seconds later, or when no page is open any more.
   */
  remove(args: { chat: Jid; ids: MessageId[]; everyone: boolean; reason?: string; mayUndo?: boolean }): Promise<void>;
  /** What was removed with `mayUndo` a moment ago comes back, and nobody is told. Answers how many messages did. */
  undoRemove(args: { chat: Jid; ids: MessageId[] }): Promise<number>;
  /** The whole set of one's reactions to the message. */
  react(args: { chat: Jid; id: MessageId; emojis: string[] }): Promise<void>;
  forward(args: { from: Jid; ids: MessageId[]; to: Jid[] }): Promise<void>;
  star(args: { chat: Jid; ids: MessageId[]; on: boolean }): Promise<void>;
  pinMessage(args: { chat: Jid; id: MessageId; on: boolean }): Promise<void>;
  /** The content of a message for one look: it is gone from the server with this answer, and nowhere kept. */
  openOnce(args: { chat: Jid; id: MessageId }): Promise<{ text: string; attachments: Attachment[] }>;
  /** The reader has seen it: its file goes. */
  closeOnce(args: { chat: Jid; id: MessageId }): Promise<void>;
  /** What stands behind a link: the server looks. Undefined: nothing to show. */
  preview(args: { url: string }): Promise<LinkCard | undefined>;
  typing(args: { chat: Jid; doing: 'composing' | 'paused' | 'recording' }): Promise<void>;
  /** Everything up to this message was seen by the reader. */
  read(args: { chat: Jid; upTo: MessageId }): Promise<void>;
  /** Fetches what lies before the message, or in the gap before it; the window that shows it changes. */
  loadOlder(args: { chat: Jid; before?: MessageId }): Promise<void>;
  /** The first message that is not older than `time`, else the newest; fetched if it is not here. Undefined: there is none. */
  /** Fetches the message, and what was said around it, if it is not here; undefined if there is none. The name is an id, of a link, of a quote or of a hit. */
  locate(args: { chat: Jid; message: MessageId }): Promise<MessageId | undefined>;
  /** The message's name that is good on every device. */
  nameInLinks(args: { chat: Jid; id: MessageId }): Promise<MessageId>;
  /** What somebody felt of one's own message is in view. */
  sawReaction(args: { chat: Jid; id: MessageId }): Promise<void>;
  /** The oldest message that was not read and names the reader. */
  nextMention(args: { chat: Jid }): Promise<MessageId | undefined>;
  findTime(args: { chat: Jid; time: number }): Promise<{ id: MessageId; time: number } | undefined>;
  search(args: { text: string; chat?: Jid; max?: number }): Promise<SearchHit[]>;
  saveDraft(args: { chat: Jid; text: string; replyTo?: MessageId; edits?: MessageId; whisper?: Whispered[] }): Promise<void>;

  // Chats
  openChat(args: { jid: Jid }): Promise<Jid>;
  pin(args: { chat: Jid; on: boolean }): Promise<void>;
  favour(args: { chat: Jid; on: boolean }): Promise<void>;
  mute(args: { chat: Jid; until: number }): Promise<void>;
  archive(args: { chat: Jid; on: boolean }): Promise<void>;
  markUnread(args: { chat: Jid; on: boolean }): Promise<void>;
  /** New messages of the chat vanish after so many seconds; 0: they stay. In a room its owners set it. */
  setTimer(args: { chat: Jid; seconds: number }): Promise<void>;
  /** What was said up to now is shown on none of one's devices any more; the others keep theirs. */
  clearChat(args: { chat: Jid }): Promise<void>;
  /** Shows it again, a moment later. False: it was too late. */
  undoClear(args: { chat: Jid }): Promise<boolean>;
  /** A whole chat page by page, for a file; one at a time. `partial`: without a connection not all of it is here. */
  beginExport(args: { chat: Jid }): Promise<{ id: string; partial: boolean }>;
  stepExport(args: { id: string }): Promise<ExportStep>;
  endExport(): Promise<void>;
  /** Out of the list, with what is kept of it here. */
  closeChat(args: { chat: Jid }): Promise<void>;

  // Looks
  setLooks(args: Partial<SharedLooks>): Promise<void>;
  /** Behind one chat; without `ground`, what is behind all. */
  setGround(args: { chat: Jid; ground?: Ground }): Promise<void>;

  // Folders
  /** A new one without an id, which is answered. */
  saveFolder(args: { id?: string; name: string; chats: Jid[] }): Promise<string>;
  removeFolder(args: { id: string }): Promise<void>;
  arrangeFolders(args: { ids: string[] }): Promise<void>;

  // People
  addContact(args: { jid: Jid; name?: string }): Promise<void>;
  renameContact(args: { jid: Jid; name: string; groups?: string[] }): Promise<void>;
  removeContact(args: { jid: Jid }): Promise<void>;
  /** Somebody who asked, was invited to a group, or wrote as a stranger. No word of a refusal goes out. */
  answerRequest(args: { jid: Jid; accept: boolean }): Promise<void>;
  /** Tells the administrators of messages, or of a chat altogether. In a group it is about who wrote the first of them. */
  report(args: { chat: Jid; ids: MessageId[]; spam: boolean; text?: string; block: boolean }): Promise<void>;
  block(args: { jid: Jid; on: boolean; report?: { spam: boolean; text?: string } }): Promise<void>;
  /** As which one is shown, on this device and after it comes back too. */
  setPresence(args: { show: Show; status?: string }): Promise<void>;
  saveProfile(args: { name?: string; status?: string; email?: string; phone?: string; url?: string; note?: string }): Promise<void>;
  /** A square PNG or JPEG of at most 64 kB; undefined removes it. */
  setAvatar(args: { blob?: Blob; width?: number; height?: number }): Promise<void>;
  saveSettings(args: Partial<Settings>): Promise<void>;
  /** Who may see what; fails where the server knows no such rules. */
  privacyRules(): Promise<PrivacyRule[]>;
  setPrivacyRule(args: { rule: PrivacyRule }): Promise<void>;
  createInvitation(): Promise<{ url: string; expires?: number }>;

  // Stickers
  /** A PNG, WebP or GIF of at most 512 kB; `desc` is said where it cannot be seen. Answers what it is called. */
  addSticker(args: { blob: Blob; width: number; height: number; desc: string }): Promise<string>;
  /** One that somebody sent, as one's own. */
  keepSticker(args: { chat: Jid; id: MessageId }): Promise<string>;
  removeSticker(args: { id: string }): Promise<void>;
  sendSticker(args: { chat: Jid; id: string }): Promise<MessageId>;

  // Stories
  /** A picture or a video for a day. `drawn`: the picture is the text. */
  postStory(args: { file: OutFile; text?: string; drawn?: boolean }): Promise<void>;
  removeStory(args: { id: string }): Promise<void>;
  seeStory(args: { jid: Jid; id: string }): Promise<void>;
  storyAudience(): Promise<StoryAudience>;
  setStoryAudience(args: StoryAudience): Promise<void>;

  // Rooms
  createRoom(args: { name: string; description?: string; members: Jid[]; membersOnly: boolean; hidden?: boolean }): Promise<Jid>;
  joinRoom(args: { room: Jid; nick?: string; password?: string }): Promise<void>;
  leaveRoom(args: { room: Jid; forget?: boolean }): Promise<void>;
  destroyRoom(args: { room: Jid; reason?: string }): Promise<void>;
  inviteToRoom(args: { room: Jid; people: Jid[]; text?: string }): Promise<void>;
  /** A square PNG or JPEG of at most 64 kB; undefined removes it. */
  setRoomPicture(args: { room: Jid; blob?: Blob }): Promise<void>;
  setSubject(args: { room: Jid; subject: string }): Promise<void>;
  configureRoom(args: { room: Jid; name?: string; description?: string; membersOnly?: boolean; moderated?: boolean; hidden?: boolean }): Promise<void>;
  setRole(args: { room: Jid; nick: string; role: Role; reason?: string }): Promise<void>;
  setAffiliation(args: { room: Jid; jid: Jid; affiliation: Affiliation; reason?: string }): Promise<void>;
  /** Everybody with an affiliation, there or not. */
  roomMembers(args: { room: Jid }): Promise<Occupant[]>;
  rooms(args?: { text?: string }): Promise<RoomListing[]>;
  /** Rules of a group; what is not named stays as it is. */
  setPolicy(args: { room: Jid; policy: RoomPolicy }): Promise<void>;
  roomLinks(args: { room: Jid }): Promise<RoomLink[]>;
  createRoomLink(args: { room: Jid; uses?: number; expires?: number }): Promise<RoomLink>;
  revokeRoomLink(args: { room: Jid; token: string }): Promise<void>;
  joinRequests(args: { room: Jid }): Promise<JoinRequest[]>;
  answerJoinRequest(args: { room: Jid; jid: Jid; allow: boolean; reason?: string }): Promise<void>;
  askToJoin(args: { room: Jid; note?: string }): Promise<'requested' | 'joined'>;
  /** Whether the answer of its admins is awaited. */
  askedToJoin(args: { room: Jid }): Promise<boolean>;
  takeBackRequest(args: { room: Jid }): Promise<void>;
  // Communities of groups
  /** All that one may know of, one's own first. */
  communities(): Promise<Community[]>;
  community(args: { id: string }): Promise<CommunityDetail>;
  /** `asks`: who wants to join is let in by its owner. Answers what it is called. */
  createCommunity(args: { name: string; description: string; asks: boolean }): Promise<string>;
  changeCommunity(args: { id: string; name: string; description: string; asks: boolean }): Promise<void>;
  /** Its groups stay. */
  removeCommunity(args: { id: string }): Promise<void>;
  joinCommunity(args: { id: string }): Promise<Community['state']>;
  leaveCommunity(args: { id: string }): Promise<void>;
  /** Groups of one's own. `everybody`: all of the community are in them; the others ask. */
  putInCommunity(args: { id: string; rooms: Jid[]; everybody: boolean }): Promise<void>;
  dropFromCommunity(args: { id: string; room: Jid }): Promise<void>;
  communityRequests(args: { id: string }): Promise<{ jid: Jid; name: string }[]>;
  answerCommunityRequest(args: { id: string; jid: Jid; allow: boolean }): Promise<void>;
  /** Those that the reader is in. */
  circles(): Promise<Circle[]>;

  // Administration
  /** Lets somebody in who asked for an account, or refuses it. */
  answerApplicant(args: { jid: Jid; accept: boolean }): Promise<void>;

  // Devices
  /** An address that signs a new device in, once, until it is over. The one before is void. */
  linkDevice(): Promise<{ url: string; expires: number }>;
  /** No device any more. */
  unlinkDevice(): Promise<void>;
  endDevice(args: { id: string }): Promise<void>;
  /** Who shows the password, or a passkey of the account, may add another. */
  beginPasskey(args: { password: string } | { shown: PasskeyShown }): Promise<PasskeyBegun>;
  addPasskey(args: { name: string; made: PasskeyMade }): Promise<void>;
  renamePasskey(args: { id: string; name: string }): Promise<void>;
  removePasskey(args: { id: string }): Promise<void>;
  seePasskeyNews(): Promise<void>;
  /** How much is kept here, and how much the browser allows. */
  storage(): Promise<{ used: number; quota: number; persisted: boolean }>;
  /** What the server says of itself: its program (XEP-0092) and how those who look after it are reached (XEP-0157). */
  aboutServer(): Promise<{ software?: string; contacts: string[] }>;
  clearCache(): Promise<void>;
}

export type CommandName = keyof Commands;

export interface Api extends Commands {
  /** Calls back at once with what is known, then after each change. The answer ends it. */
  watch<Q extends QueryName>(query: Q, args: Queries[Q]['args'], callback: (row: Queries[Q]['row']) => void): () => void;
  /** New messages that deserve a notification; only one tab is called for each. */
  onNotice(callback: (notice: Notice) => void): () => void;
}
