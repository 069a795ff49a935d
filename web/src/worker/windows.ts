// A window of messages goes to a tab as what has changed in it. Both sides remember what went last, in the same
// order and with the same bound, so that a row that is as it was is neither copied nor, in the tab, another object.

import type { Jid, Message, MessageId, MessageWindow } from '../store/types.ts';

/** Chats of which either side remembers the rows that went last. */
const REMEMBERED = 8;

export interface WindowChange extends Omit<MessageWindow, 'rows'> {
  ids: MessageId[];
  /** Those that are new to the tab, or not as it has them. */
  put: Message[];
}

class Remembered<T> {
  private chats = new Map<Jid, Map<MessageId, T>>();

  of(chat: Jid): ReadonlyMap<MessageId, T> {
    return this.chats.get(chat) ?? new Map<MessageId, T>();
  }

  set(chat: Jid, rows: Map<MessageId, T>): void {
    this.chats.delete(chat);
    this.chats.set(chat, rows);
    const [oldest] = this.chats.keys();
    if (this.chats.size > REMEMBERED && oldest !== undefined) this.chats.delete(oldest);
  }
}

/** The engine's side, one for a tab. */
export class WindowSender {
  private sent = new Remembered<string>();

  pack({ rows, ...rest }: MessageWindow): WindowChange {
    const before = this.sent.of(rest.chat);
    const now = new Map(rows.map((row) => [row.id, JSON.stringify(row)]));
    this.sent.set(rest.chat, now);
    return { ...rest, ids: rows.map((row) => row.id), put: rows.filter((row) => before.get(row.id) !== now.get(row.id)) };
  }
}

/** The tab's side. A new engine sends everything, whatever is remembered here. */
export class WindowReceiver {
  private had = new Remembered<Message>();

  unpack({ ids, put, ...rest }: WindowChange): MessageWindow {
    const before = this.had.of(rest.chat);
    const fresh = new Map(put.map((row) => [row.id, row]));
    const rows = ids.map((id) => fresh.get(id) ?? before.get(id)).filter((row): row is Message => row !== undefined);
    this.had.set(rest.chat, new Map(rows.map((row) => [row.id, row])));
    return { ...rest, rows };
  }
}
