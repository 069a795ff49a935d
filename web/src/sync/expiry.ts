// Messages with a timer go when their time has come: out of the rows, and so out of every view, search and list.

import { chatRow, lastRow, preview } from '../store/log.ts';
import type { MessageRow } from '../store/rows.ts';
import type { Core } from './core.ts';

/** Looked at no less often than this: timers of the browser stand still while a machine sleeps. */
const LONGEST_MS = 30_000;
/** Rows taken out in one transaction. */
const BATCH = 200;

export class Expiry {
  private stop: (() => void) | undefined;

  constructor(private readonly core: Core) {}

  /** Something may have come that goes earlier than what was known. */
  async look(): Promise<void> {
    this.cancel();
    const now = this.core.now();
    const due = await this.core.db.read((tx) => tx.all<MessageRow>('messages', { index: 'due', lower: 0, max: BATCH }));
    const over = due.filter((row) => (row.expires ?? Infinity) <= now);
    for (const chat of new Set(over.map((row) => row.chat))) await this.remove(chat, over.filter((row) => row.chat === chat));
    const next = due.find((row) => (row.expires ?? Infinity) > now)?.expires ?? (over.length === BATCH ? now : Infinity);
    if (next === Infinity) return;
    this.cancel();
    this.stop = this.core.timer(Math.max(20, Math.min(LONGEST_MS, next - this.core.now())), () => void this.look().catch(() => undefined));
  }

  private cancel(): void {
    this.stop?.();
    this.stop = undefined;
  }

  private async remove(jid: string, rows: MessageRow[]): Promise<void> {
    await this.core.db.write(async (tx) => {
      const chat = await chatRow(tx, jid, 'person');
      for (const row of rows) {
        await tx.delete('messages', [jid, row.id]);
        if (!row.mine && row.order > chat.readTo && chat.unread > 0) chat.unread -= 1;
      }
      chat.pins = (chat.pins ?? []).filter((id) => !rows.some((row) => row.id === id));
      const last = await lastRow(tx, jid);
      if (last) chat.last = preview(last);
      else delete chat.last;
      await tx.put('chats', chat);
    });
    this.core.bus.touch('chats', 'badge', 'starred', `chat ${jid}`);
  }
}
