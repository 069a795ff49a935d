// The dialogs there are and what each is opened with. Features bring them; anybody may open them by name.

import type { Whispered } from '../sync/api.ts';
import type { Folder } from '../store/folders.ts';
import type { Community, Jid, Message, MessageId } from '../store/types.ts';

export interface ConfirmProps {
  title: string;
  text?: string;
  options: { label: string; danger?: boolean; perform: () => void | Promise<void> }[];
}

export interface DialogProps {
  confirm: ConfirmProps;
  palette: { chat?: Jid };
  newChat: Record<string, never>;
  newGroup: Record<string, never>;
  addContact: { jid?: Jid };
  rename: { jid: Jid; name: string };
  invite: Record<string, never>;
  exportChat: { chat: Jid; name: string };
  inviteToRoom: { room: Jid };
  groupSettings: { room: Jid };
  groupLinks: { room: Jid };
  joinRequests: { room: Jid };
  community: { id: string };
  /** With a community: changes what it says of itself. */
  communityForm: { community?: Community; ondone: (id: string) => void };
  putInCommunity: { id: string; inside: readonly Jid[]; ondone: () => void };
  choosePeople: { title: string; chosen: readonly Jid[]; onchosen: (people: Jid[]) => void };
  askToJoin: { room: Jid; name: string; onasked?: () => void };
  whisper: { chat: Jid; onchosen: (to: Whispered[]) => void };
  /** `onchosen`: of one message alone. */
  timer: { chat: Jid; onchosen?: (seconds: number) => void };
  chatGround: { chat: Jid };
  forward: { chat: Jid; ids: MessageId[]; ondone?: () => void };
  jumpToDay: { chat: Jid; time?: number; onfound: (id: MessageId) => void };
  /** `person`: who can be blocked with it. */
  report: { chat: Jid; messages: readonly Message[]; name: string; person?: Jid; group: boolean };
  schedule: { at?: number; onchosen: (at: number) => void };
  scheduled: { chat: Jid };
  messageInfo: { message: Message };
  viewer: { chat: Jid; message: MessageId; index: number };
  sendFiles: { chat: Jid; files: File[]; attached?: boolean; text: string; replyTo?: MessageId; whisper?: Whispered[]; onsent: () => void };
  editPicture: { file: File; onready: (file: File) => void };
  sendPlace: { chat: Jid };
  once: { message: Message };
  camera: { ontaken: (files: File[]) => void };
  sendPoll: { chat: Jid };
  pollVotes: { chat: Jid; id: MessageId };
  sendCard: { chat: Jid };
  sendSticker: { chat: Jid };
  stories: { jid: Jid };
  storyViewers: { id: string };
  folders: Record<string, never>;
  folder: { folder?: Folder; chats?: Jid[] };
  postStory: Record<string, never>;
  crop: { file: File; onready: (blob: Blob) => void };
  keys: Record<string, never>;
  linkDevice: Record<string, never>;
  addPasskey: Record<string, never>;
  renamePasskey: { id: string; name: string };
  scan: Record<string, never>;
  changePassword: Record<string, never>;
}

export type DialogName = keyof DialogProps;
