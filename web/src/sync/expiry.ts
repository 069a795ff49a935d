// Messages that go by themselves: at their time nothing of them is left here, whether there is a connection or not.

import type { Tx } from '../store/db.ts';
import { chatRow, countUnread, lastRow, preview } from '../store/log.ts';
import type { MessageRow } from '../store/rows.ts';
import type { Core } from './core.ts';

/** Browsers count timers in 32 bits. */
const LONGEST_MS = 2 ** 31 - 1;
const MAX_UNREAD = 1000;

export class Expiry {
  private cancel: (() => void) | undefined;
  private at = Infinity;

  /** `gone`: tells of a message that went, so that what was made of it goes too. */
  constructor(private readonly core: Core, private readonly gone: (row: MessageRow) => void) {}

  /** A message goes at this time. */
  note(at: number | undefined): void {
    if (at === undefined || at >= this.at) return;
    this.at = at;
    this.cancel?.();
    this.cancel = this.core.timer(Math.max(0, Math.min(at - this.core.now(), LONGEST_MS)), () => void this.run());
  }

  /** Removes what is due, and waits for the next. */
  async run(): Promise<void> {
    this.cancel?.();
    this.at = Infinity;
    const now = this.core.now();
    const [first] = await this.core.db.read((tx) => tx.all<MessageRow>('messages', { index: 'due', max: 1 }));
    if ((first?.expires ?? Infinity) > now) return this.note(first?.expires);
    const { due, next } = await this.core.db.write(async (tx) => {
      const rows = await tx.all<MessageRow>('messages', { index: 'due', upper: now });
      tx.left.push(...rows);
      for (const row of rows) await tx.delete('messages', [row.chat, row.id]);
      for (const chat of new Set(rows.map((row) => row.chat))) await refresh(tx, chat);
      const [following] = await tx.all<MessageRow>('messages', { index: 'due', lower: now, lowerOpen: true, max: 1 });
      return { due: rows, next: following?.expires };
    });
    for (const row of due) this.gone(row);
    if (due.length > 0) this.core.bus.touch('starred', ...due.map((row) => `chat ${row.chat}`));
    this.note(next);
  }
}

/** The chat's last line and its counts, as its rows are now. */
export async function refresh(tx: Tx, jid: string): Promise<void> {
  const chat = await chatRow(tx, jid, 'person');
  const last = await lastRow(tx, jid);
  if (last) chat.last = preview(last);
  else delete chat.last;
  chat.unread = Math.min(chat.unread, await countUnread(tx, chat, MAX_UNREAD));
  if (chat.unread === 0) chat.mentions = 0;
  await tx.put('chats', chat);
}
