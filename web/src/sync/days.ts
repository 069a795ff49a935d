// A day of a chat: the first message of it, fetched where it is not here.

import type { Tx } from '../store/db.ts';
import { clearedTo, lastRow, rowAt, rowsBefore } from '../store/log.ts';
import type { ChatRow, MessageRow } from '../store/rows.ts';
import type { Archive } from './archive.ts';
import type { Core } from './core.ts';
import type { Islands } from './islands.ts';

export class Days {
  constructor(private readonly core: Core, private readonly archive: Archive, private readonly islands: Islands) {}

  /** The first message that is not older than `time`; else the newest. */
  async find(chat: string, wanted: number): Promise<MessageRow | undefined> {
    // What was cleared is no day to go to.
    const time = Math.max(wanted, (await this.core.db.read((tx) => clearedTo(tx, chat))) + 1);
    const isKnown = await this.core.db.read((tx) => this.isKnown(tx, chat, time));
    if (!isKnown && this.core.connection.isLive) {
      const { entries, isComplete } = await this.archive.stretch(chat, { start: new Date(time).toISOString() }, {});
      await this.islands.put(chat, { entries, isEnd: isComplete });
    }
    return this.core.db.read(async (tx) => (await rowAt(tx, chat, time)) ?? (await lastRow(tx, chat)));
  }

  private async isKnown(tx: Tx, jid: string, time: number): Promise<boolean> {
    const at = await rowAt(tx, jid, time);
    // Behind the newest there is nothing that would not have come.
    if (!at) return (await lastRow(tx, jid)) !== undefined;
    if (at.gapBefore) return false;
    return (await rowsBefore(tx, jid, at.order, 1)).length > 0 || ((await tx.get<ChatRow>('chats', jid))?.complete ?? false);
  }
}
