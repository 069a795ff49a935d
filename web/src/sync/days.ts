// A day of a chat: the first message of it, fetched where it is not here. What is fetched stands among the rows as an
// island with a gap on either side, and the gaps are closed from the side on which the reader is.

import { readMessage } from '../protocol/message.ts';
import type { Tx } from '../store/db.ts';
import { byArchiveId, chatRow, GAP, lastRow, rowAt, rowsBefore, STEP } from '../store/log.ts';
import type { ChatRow, MessageRow } from '../store/rows.ts';
import type { Archive, Entry, Page } from './archive.ts';
import type { Core } from './core.ts';
import { ingest } from './ingest.ts';

interface Place {
  /** The last row before the time, and the first that is not before it. */
  before: MessageRow | undefined;
  at: MessageRow | undefined;
  isKnown: boolean;
}

export class Days {
  constructor(private readonly core: Core, private readonly archive: Archive) {}

  /** The first message that is not older than `time`; else the newest. */
  async find(chat: string, wanted: number): Promise<MessageRow | undefined> {
    // What was cleared is no day to go to.
    const time = Math.max(wanted, ((await this.core.db.read((tx) => tx.get<ChatRow>('chats', chat)))?.cleared?.time ?? 0) + 1);
    const place = await this.core.db.read((tx) => this.place(tx, chat, time));
    if (!place.isKnown && this.core.connection.isLive) {
      const page = await this.query(chat, { start: new Date(time).toISOString() }, {});
      await this.core.db.write((tx) => this.putIsland(tx, chat, time, page));
      this.core.bus.touch(`chat ${chat}`);
    }
    return this.core.db.read(async (tx) => (await rowAt(tx, chat, time)) ?? (await lastRow(tx, chat)));
  }

  /** Fetches what comes after `from`, which stands before the gap of `gap`. */
  async fillAfter(chat: string, from: MessageRow, gap: MessageRow): Promise<void> {
    const key = `${chat} after ${from.id}`;
    if (from.archiveId === undefined || this.core.live.loading.has(key)) return;
    this.core.live.loading.add(key);
    this.core.bus.touch(`chat ${chat}`);
    try {
      const page = await this.query(chat, {}, { after: from.archiveId });
      await this.core.db.write((tx) => this.append(tx, chat, from.id, gap.id, page));
    } finally {
      this.core.live.loading.delete(key);
      this.core.bus.touch(`chat ${chat}`);
    }
  }

  private query(chat: string, fields: Record<string, string>, paging: { after?: string }): Promise<Page> {
    return this.archive.stretch(chat, fields, paging);
  }

  private async place(tx: Tx, jid: string, time: number): Promise<Place> {
    const chat = await tx.get<ChatRow>('chats', jid);
    const at = await rowAt(tx, jid, time);
    const [before] = at ? await rowsBefore(tx, jid, at.order, 1) : [await lastRow(tx, jid)];
    // Behind the newest there is nothing that would not have come.
    const isKnown = at ? !at.gapBefore && (before !== undefined || (chat?.complete ?? false)) : before !== undefined;
    return { before, at, isKnown };
  }

  private async putIsland(tx: Tx, jid: string, time: number, page: Page): Promise<void> {
    const { before, at } = await this.place(tx, jid, time);
    const [fresh, isMet] = await this.missing(tx, jid, page.entries);
    if (!at || fresh.length === 0) return;
    const isWhole = isMet || page.isComplete;
    const low = before?.order ?? at.order - GAP;
    // Adjacent to what is met; else in the middle of where nothing is known.
    const step = Math.min(STEP, (at.order - low) / (2 * (fresh.length + 1)));
    const begin = isWhole ? at.order - step * (fresh.length + 1) : (low + at.order) / 2;
    await this.put(tx, jid, fresh, (i) => begin + step * (i + 1));
    const [first] = await tx.all<MessageRow>('messages', { index: 'order', lower: [jid, begin], lowerOpen: true, upper: [jid, at.order], upperOpen: true, max: 1 });
    if (!first) return;
    await this.mark(tx, first, true);
    await this.mark(tx, at, !isWhole);
  }

  private async append(tx: Tx, jid: string, fromId: string, gapId: string, page: Page): Promise<void> {
    const from = await tx.get<MessageRow>('messages', [jid, fromId]);
    const gap = await tx.get<MessageRow>('messages', [jid, gapId]);
    if (!from || !gap || from.order >= gap.order) return;
    const [fresh, isMet] = await this.missing(tx, jid, page.entries);
    const step = Math.min(STEP, (gap.order - from.order) / (fresh.length + 1));
    await this.put(tx, jid, fresh, (i) => from.order + step * (i + 1));
    if (isMet || page.isComplete) await this.mark(tx, gap, false);
  }

  /** Those before the first that is here already, and whether one is. */
  private async missing(tx: Tx, jid: string, entries: Entry[]): Promise<[Entry[], boolean]> {
    for (const [i, entry] of entries.entries()) if (await byArchiveId(tx, jid, entry.id)) return [entries.slice(0, i), true];
    return [entries, false];
  }

  private async put(tx: Tx, jid: string, entries: Entry[], order: (i: number) => number): Promise<void> {
    await tx.put('chats', await chatRow(tx, jid, this.core.self.isRoom(jid) ? 'room' : 'person'));
    // The newest first, as everything that is filled in: what is said about a message is known before it.
    for (const [i, entry] of [...entries.entries()].reverse()) {
      const done = await ingest(tx, this.core.self, readMessage(entry.message), { way: 'fill', archiveId: entry.id, time: entry.time, order: order(i) });
      this.core.expires(done?.expires);
    }
  }

  private async mark(tx: Tx, row: MessageRow, gapBefore: boolean): Promise<void> {
    const now = await tx.get<MessageRow>('messages', [row.chat, row.id]);
    if (now) await tx.put('messages', { ...now, gapBefore });
  }
}

