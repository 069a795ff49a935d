// What the page shows first when it is opened: who is signed in, the first screens of the list and the end of the
// chat that was open, as they were last. Kept where the page can read it before it has asked anybody; the engine's
// answers take its place as they come.

import type { Chat, Me, Message, MessageWindow } from '../store/types.ts';

const KEY = 'skein.first';
/** More than a tall screen shows. */
const CHATS = 40;
const ROWS = 30;
/** Noted when the list has rested for so long, and when the page is left. */
const REST_MS = 1500;

interface First {
  me: Me;
  chats: Chat[];
  /** The chat that was open, and its end. */
  chat?: Chat;
  messages?: MessageWindow;
}

/** Whether somebody was signed in here, as far as the page can tell by itself. */
export function isKept(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

/** As the page will be able to show it: addresses of pictures die with the engine that made them. */
function still<T extends { avatar?: unknown }>(row: T): T {
  const { avatar: _, ...rest } = row;
  return rest as T;
}

function stillChat(chat: Chat): Chat {
  return { ...still(chat), typing: [], show: 'offline' };
}

/** The end of a window. What goes by itself is kept in one place, where it is sure to go. */
function end(window: MessageWindow): MessageWindow {
  const staying = window.rows.filter((row) => row.expires === undefined && row.timer === undefined && row.once === undefined);
  const rows = staying.slice(-ROWS).map((row): Message => ({ ...row, attachments: row.attachments.map(({ url, ...file }) => (url === undefined || url.startsWith('blob:') ? file : { ...file, url })) }));
  const { firstUnread: _f, anchor: _a, ...rest } = window;
  return { ...rest, rows, hasOlder: true, loadingOlder: false, loadingNewer: false, kept: true };
}

export class FirstScreen {
  /** The chat that is looked at. */
  private open: string | undefined;
  private known: Partial<First>;
  private told: string | undefined;
  private resting: ReturnType<typeof setTimeout> | undefined;
  /** What was kept is good until the engine has said who is signed in. */
  private isAnswered = false;

  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
    this.known = this.read();
  }

  private read(): Partial<First> {
    try {
      this.told = this.storage.getItem(KEY) ?? undefined;
      const { me, chats, chat, messages } = JSON.parse(this.told ?? '{}') as Partial<First>;
      if (typeof me?.jid !== 'string' || !Array.isArray(chats)) return {};
      return { me, chats, ...(chat && messages && Array.isArray(messages.rows) && { chat, messages }) };
    } catch {
      return {};
    }
  }

  /** The row of a query as it was last, if it is one of these and was not asked before the first answer. */
  row(query: string, args?: unknown): unknown {
    if (this.isAnswered) return undefined;
    if (query === 'me' || query === 'chats') return this.known[query];
    const { chat, anchor } = (args ?? {}) as { chat?: string; anchor?: unknown };
    if (chat === undefined || this.known.chat?.jid !== chat) return undefined;
    if (query === 'chat') return this.known.chat;
    return query === 'messages' && (anchor === 'unread' || anchor === 'end') ? this.known.messages : undefined;
  }

  /** A chat is looked at, or none any more: what is not open is not kept here. */
  look(chat: string | undefined): void {
    this.open = chat;
    this.rest();
  }

  /** An answer of the engine. */
  note(query: string, row: unknown): void {
    if (query === 'me') {
      this.isAnswered = true;
      if (row === undefined) return this.forget();
      this.known.me = still(row as Me);
    } else if (query === 'chats') {
      this.known.chats = (row as Chat[]).slice(0, CHATS).map(stillChat);
    } else if (query === 'chat' && row !== undefined) {
      this.known.chat = row as Chat;
    } else if (query === 'messages') {
      this.known.messages = row as MessageWindow;
    } else return;
    this.rest();
  }

  private rest(): void {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.keep(), REST_MS);
  }

  keep(): void {
    clearTimeout(this.resting);
    const { me, chats, chat, messages } = this.known;
    if (!this.isAnswered || !me || !chats) return;
    const isOpen = chat !== undefined && messages !== undefined && messages.kept === undefined && !messages.hasNewer && chat.jid === this.open && messages.chat === this.open;
    const now = JSON.stringify({ me, chats, ...(isOpen && { chat: stillChat(chat), messages: end(messages) }) } satisfies First);
    if (now === this.told) return;
    try {
      this.storage.setItem(KEY, now);
      this.told = now;
    } catch {
      // Without room for it the list comes a moment later.
    }
  }

  /** Nobody is signed in: nothing of anybody is left. */
  private forget(): void {
    clearTimeout(this.resting);
    this.known = {};
    this.told = undefined;
    try {
      this.storage.removeItem(KEY);
    } catch {
      // Nothing can have been kept where nothing can be removed.
    }
  }
}
