// What is fetched out of the middle of an archive stands among the rows as an island with a gap on either side, and the
// gaps are closed from the side on which the reader is.

import { readMessage } from '../protocol/message.ts';
import type { Tx } from '../store/db.ts';
import { byArchiveId, chatRow, clearedTo, GAP, rowAt, rowsBefore, rowsFrom, STEP } from '../store/log.ts';
import type { MessageRow } from '../store/rows.ts';
import type { Archive, Entry, Page } from './archive.ts';
import type { Core } from './core.ts';
import { ingest } from './ingest.ts';

/** Archives tell times as finely as this. */
const MOMENT_MS = 0.001;

/** Entries that follow each other in the archive. */
export interface Run {
  entries: Entry[];
  /** Nothing lies before the first, nothing behind the last. */
  isBegin?: boolean;
  isEnd?: boolean;
}

/** What of a run is not here, and what it joins on either side. */
interface Part extends Run {
  left: MessageRow | undefined;
  right: MessageRow | undefined;
}

export class Islands {
  constructor(private readonly core: Core, private readonly archive: Archive) {}

  /** Keeps of the run what is not here. */
  async put(chat: string, run: Run): Promise<void> {
    // Where nothing stands the end comes first: behind an island alone nobody would know of a gap.
    if ((await this.core.db.read((tx) => rowsFrom(tx, chat, -Infinity, 1))).length === 0) await this.archive.fill(chat);
    await this.core.db.write((tx) => this.weave(tx, chat, run));
    this.core.bus.touch(`chat ${chat}`);
  }

  /** The same, of a chat of which something is here: what is new goes between what is known, and between those that follow each other there is no gap. */
  async weave(tx: Tx, chat: string, run: Run): Promise<void> {
    // Before what was cleared there is nothing to be shown.
    const cleared = await clearedTo(tx, chat);
    const entries = run.entries.filter((entry) => entry.time > cleared);
    const [isBegin, isEnd] = [(run.isBegin ?? false) || entries.length < run.entries.length, run.isEnd ?? false];
    const known: (MessageRow | undefined)[] = [];
    for (const entry of entries) known.push(await byArchiveId(tx, chat, entry.id));
    for (let from = 0; from < entries.length; ) {
      let to = from;
      while (to < entries.length && !known[to]) to += 1;
      const met = known[to];
      const part: Part = { entries: entries.slice(from, to), left: known[from - 1], right: met, isBegin: isBegin && from === 0, isEnd: isEnd && to === entries.length };
      if (to > from) await this.place(tx, chat, part);
      else if (met && (part.left || part.isBegin)) await mark(tx, met, false);
      from = Math.max(to, from + 1);
    }
    const [last, behind] = known.at(-1) ? await rowsFrom(tx, chat, known.at(-1)?.order ?? 0, 2) : [];
    if (isEnd && last && behind) await mark(tx, behind, false);
    if (isBegin && known[0] && (await rowsBefore(tx, chat, known[0].order, 1)).length === 0) await tx.put('chats', { ...(await chatRow(tx, chat, 'person')), complete: true });
  }

  private async place(tx: Tx, chat: string, { entries, left, right, isBegin, isEnd }: Part): Promise<void> {
    const time = entries[0]?.time ?? 0;
    const [behind] = left ? (await rowsFrom(tx, chat, left.order, 2)).slice(1) : [];
    // Those of the same moment came before, as far as anybody can know.
    const high = right ?? behind ?? (await rowAt(tx, chat, time + MOMENT_MS)) ?? (await rowAt(tx, chat, time));
    // Behind the newest there is nothing that would not have come.
    if (!high) return;
    const low = left ?? (await rowsBefore(tx, chat, high.order, 1))[0];
    const from = low?.order ?? high.order - GAP;
    const room = high.order - from;
    const count = entries.length + 1;
    // Beside what is met; else in the middle of where nothing is known.
    const step = Math.min(STEP, room / ((left && right ? 1 : 2) * count));
    const begin = left ? from : right ? high.order - step * count : from + (room - step * count) / 2;
    await this.ingest(tx, chat, entries, (i) => begin + step * (i + 1));
    const [first] = await tx.all<MessageRow>('messages', { index: 'order', lower: [chat, begin], lowerOpen: true, upper: [chat, high.order], upperOpen: true, max: 1 });
    if (first) await mark(tx, first, !left && !isBegin);
    const isMet = right !== undefined || isEnd === true;
    if (first ? !low || high.gapBefore : isMet && (left || isBegin)) await mark(tx, high, !isMet);
    if (isBegin && !low) await tx.put('chats', { ...(await chatRow(tx, chat, 'person')), complete: true });
  }

  /** Fetches what comes after `from`, which stands before the gap of `gap`. */
  async fillAfter(chat: string, from: MessageRow, gap: MessageRow): Promise<void> {
    const key = `${chat} after ${from.id}`;
    if (from.archiveId === undefined || this.core.live.loading.has(key)) return;
    this.core.live.loading.add(key);
    this.core.bus.touch(`chat ${chat}`);
    try {
      const page = await this.archive.stretch(chat, {}, { after: from.archiveId });
      await this.core.db.write((tx) => this.append(tx, chat, from.id, gap.id, page));
    } finally {
      this.core.live.loading.delete(key);
      this.core.bus.touch(`chat ${chat}`);
    }
  }

  private async append(tx: Tx, jid: string, fromId: string, gapId: string, page: Page): Promise<void> {
    const from = await tx.get<MessageRow>('messages', [jid, fromId]);
    const gap = await tx.get<MessageRow>('messages', [jid, gapId]);
    if (!from || !gap || from.order >= gap.order) return;
    const [fresh, isMet] = await this.missing(tx, jid, page.entries);
    const step = Math.min(STEP, (gap.order - from.order) / (fresh.length + 1));
    await this.ingest(tx, jid, fresh, (i) => from.order + step * (i + 1));
    if (isMet || page.isComplete) await mark(tx, gap, false);
  }

  /** Those before the first that is here already, and whether one is. */
  private async missing(tx: Tx, jid: string, entries: Entry[]): Promise<[Entry[], boolean]> {
    for (const [i, entry] of entries.entries()) if (await byArchiveId(tx, jid, entry.id)) return [entries.slice(0, i), true];
    return [entries, false];
  }

  private async ingest(tx: Tx, jid: string, entries: Entry[], order: (i: number) => number): Promise<void> {
    await tx.put('chats', await chatRow(tx, jid, this.core.self.isRoom(jid) ? 'room' : 'person'));
    // The newest first, as everything that is filled in: what is said about a message is known before it.
    for (const [i, entry] of [...entries.entries()].reverse()) {
      const done = await ingest(tx, this.core.self, readMessage(entry.message), { way: 'fill', archiveId: entry.id, time: entry.time, order: order(i) });
      this.core.expires(done?.expires);
    }
  }
}

async function mark(tx: Tx, row: MessageRow, gapBefore: boolean): Promise<void> {
  const now = await tx.get<MessageRow>('messages', [row.chat, row.id]);
  if (now && now.gapBefore !== gapBefore) await tx.put('messages', { ...now, gapBefore });
}
