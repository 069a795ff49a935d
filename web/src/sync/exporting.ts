// A whole chat, to be written into a file: its archive is read from the beginning into a database of its own, which is
// gone with the end, so that what is kept here stays small. Without a connection it is what is kept here.

import { readMessage } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x } from '../protocol/xml.ts';
import { Db } from '../store/db.ts';
import { newChat } from '../store/log.ts';
import { CACHE, CACHE_VERSION, type ChatRow, type MessageRow } from '../store/rows.ts';
import type { Message } from '../store/types.ts';
import { ApiError, type ExportStep } from './api.ts';
import type { Engine } from './engine.ts';
import { ingest } from './ingest.ts';
import { items } from './pep.ts';

const PAGE = 250;
const BATCH = 200;

interface Work {
  id: string;
  chat: string;
  /** Read into; undefined: what is kept here is given. */
  scratch: Db | undefined;
  hidden: ReadonlySet<string>;
  cursor?: string;
  isRead: boolean;
  read: number;
  total?: number;
  written: number;
  order: number;
}

export class Exporting {
  private work: Work | undefined;

  constructor(private readonly engine: Engine) {}

  private get name(): string {
    return `${this.engine.cacheName}-export`;
  }

  /** One at a time: a new one ends the one before. `partial`: without a connection not all of it is here. */
  async begin(chat: string): Promise<{ id: string; partial: boolean }> {
    await this.end();
    const { engine } = this;
    const row = await engine.db.read((tx) => tx.get<ChatRow>('chats', chat));
    const isLive = engine.connection.isLive;
    const work: Work = { id: engine.id(), chat, scratch: undefined, hidden: new Set(), isRead: !isLive, read: 0, written: 0, order: -Infinity };
    if (isLive) {
      work.hidden = await this.hidden(chat);
      work.scratch = await Db.open(this.name, CACHE_VERSION, CACHE);
      const begin = { ...newChat(chat, row?.kind ?? 'person'), ...(row?.cleared && { cleared: row.cleared }) };
      await work.scratch.write((tx) => tx.put('chats', begin));
    }
    this.work = work;
    return { id: work.id, partial: !isLive && !row?.complete };
  }

  /** What was deleted from one's own view stays so. */
  private async hidden(chat: string): Promise<Set<string>> {
    const answer = await this.engine.iq('get', x('pubsub', NS.pubsub, {}, x('items', NS.pubsub, { node: NS.marks }))).catch((error: unknown) => {
      if ((error as { condition?: string }).condition !== 'item-not-found') throw error;
    });
    const pubsub = answer?.child('pubsub', NS.pubsub);
    const marks = pubsub ? items(pubsub).flatMap(({ payload }) => (payload?.attr('chat') === chat && payload.attr('hidden') === 'true' ? [payload.attr('id') ?? ''] : [])) : [];
    return new Set(marks);
  }

  /** The next page of the archive, or the next of what is to be written. */
  async step(id: string): Promise<ExportStep> {
    const { work } = this;
    if (work?.id !== id) throw new ApiError({ code: 'not-found' });
    if (!work.isRead) await this.readPage(work);
    else return this.rows(work);
    return { done: work.read, ...(work.total !== undefined && { total: work.total }), rows: [], over: false };
  }

  private async readPage(work: Work): Promise<void> {
    const { engine } = this;
    const { scratch, chat } = work;
    const isRoom = engine.self.isRoom(chat);
    // A room is asked for what it said to all: whispers are in no file.
    const page = await engine.archive.query(isRoom ? chat : undefined, isRoom ? {} : { with: chat }, { ...(work.cursor !== undefined && { after: work.cursor }), max: PAGE });
    await scratch?.write(async (tx) => {
      for (const entry of page.entries) {
        if (!work.hidden.has(entry.id)) await ingest(tx, engine.self, readMessage(entry.message), { way: 'catchup', archiveId: entry.id, time: entry.time });
      }
    });
    const last = page.entries.at(-1);
    work.read += page.entries.length;
    if (page.count !== undefined) work.total = Math.max(page.count, work.read);
    if (last) work.cursor = last.id;
    work.isRead = page.isComplete || !last;
  }

  private rows(work: Work): Promise<ExportStep> {
    const { engine } = this;
    const db = work.scratch ?? engine.db;
    return db.read(async (tx) => {
      const rows = await tx.all<MessageRow>('messages', { index: 'order', lower: [work.chat, work.order], lowerOpen: true, upper: [work.chat, Infinity], max: BATCH });
      work.order = rows.at(-1)?.order ?? work.order;
      work.written += rows.length;
      const shown: Message[] = [];
      for (const row of rows) if (isToldOn(row)) shown.push(await engine.views.message(tx, row));
      return { done: work.written, rows: shown, over: rows.length < BATCH };
    });
  }

  async end(): Promise<void> {
    this.work?.scratch?.close();
    this.work = undefined;
    await Db.destroy(this.name);
  }
}

/** What was meant to vanish, or for some alone, does not outlive itself in a file (docs/ephemeral.md). */
export function isToldOn(row: MessageRow): boolean {
  const isFleeting = row.once !== undefined || row.expires !== undefined || row.timer !== undefined || row.onceId !== undefined || row.whisper !== undefined;
  return !isFleeting && row.queued === undefined && row.deleted?.by !== 'me';
}
