// The archives (XEP-0313): what was missed is read from the end, what is missing further back where it is wanted.

import { submit } from '../protocol/form.ts';
import { bare } from '../protocol/jid.ts';
import { readForwarded, readMessage, readTime } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { Tx } from '../store/db.ts';
import { append, byArchiveId, chatRow, clearedTo, prepend, putRow, settleRead, STEP } from '../store/log.ts';
import type { ChatRow, MessageRow, MetaRow } from '../store/rows.ts';
import type { Core } from './core.ts';
import { isPassing } from './debts.ts';
import { ingest, isRow } from './ingest.ts';

/** Rows of one page of catching up, the most the server gives. */
const PAGE = 250;
/** More pages than these are not read at once: a gap is left, to be filled where somebody looks. */
const MAX_PAGES = 12;
const FILL_PAGE = 60;
/** Of a chat of which hardly anything is here: more than a screen, and no more, so that it stands there soon. */
export const FIRST_PAGE = 24;
const LOOK_PAGE = 5;
/** A message stands in the archive within this time of when it was sent, by the clock of who sent it. */
const SENT_MS = 60_000;
const INBOX_PAGE = 200;
const MAX_INBOX_PAGES = 25;
/** Talks that ended with a correction are looked up at once up to this many, the newest; others when they are opened. */
const MAX_LOOKUPS = 20;
/** Up to which time rows may be missing of which the list of conversations is to tell. */
const UNTOLD = 'untold';

export interface Entry {
  id: string;
  message: XmlElement;
  time: number;
}

export interface Page {
  entries: Entry[];
  isComplete: boolean;
  /** How many entries there are in all, if the server says so. */
  count?: number;
}

export class Archive {
  private results = new Map<string, Entry[]>();

  constructor(private readonly core: Core) {}

  /** Takes a message that belongs to a query of ours; false if it is none. */
  take(stanza: XmlElement): boolean {
    const result = stanza.child('result', NS.mam);
    if (!result) return false;
    const entries = this.results.get(`${stanza.attr('from') ?? this.core.self.jid} ${result.attr('queryid')}`);
    const forwarded = readForwarded(result);
    const id = result.attr('id');
    if (entries && forwarded && id) entries.push({ id, message: forwarded.message, time: forwarded.time ?? this.core.now() });
    return true;
  }

  async query(to: string | undefined, fields: Record<string, string>, paging: { after?: string; before?: string; max: number }): Promise<Page> {
    const id = this.core.id();
    const key = `${to ?? this.core.self.jid} ${id}`;
    const entries: Entry[] = [];
    this.results.set(key, entries);
    try {
      const answer = await this.core.iq('set',
        x('query', NS.mam, { queryid: id },
          submit(NS.mam, fields),
          x('set', NS.rsm, {}, x('max', NS.rsm, {}, String(paging.max)),
            paging.after === undefined ? undefined : x('after', NS.rsm, {}, paging.after),
            paging.before === undefined ? undefined : x('before', NS.rsm, {}, ...(paging.before ? [paging.before] : [])))), to);
      const fin = answer.child('fin', NS.mam);
      const count = Number(fin?.child('set', NS.rsm)?.textOf('count') ?? NaN);
      return { entries, isComplete: ['true', '1'].includes(fin?.attr('complete') ?? ''), ...(Number.isFinite(count) && { count }) };
    } finally {
      this.results.delete(key);
    }
  }

  /** Reads what came since the last time. `room`: of a room's archive. `until`: up to this entry, which is here. What is newer comes live. */
  async catchUp(room?: string, until?: string): Promise<void> {
    const key = room === undefined ? 'cursor' : `cursor ${room}`;
    let cursor = (await this.core.db.read((tx) => tx.get<MetaRow>('meta', key)))?.value as string | undefined;
    if (cursor === undefined) return this.toTheEnd(key, room, until);
    for (let page = 0; page < MAX_PAGES; page++) {
      let result: Page;
      try {
        result = await this.query(room, {}, { after: cursor, max: PAGE });
      } catch (error) {
        if ((error as { condition?: string }).condition !== 'item-not-found') throw error;
        break;
      }
      const last = result.entries[result.entries.length - 1];
      const met = result.entries.findIndex((entry) => entry.id === until);
      await this.apply(met < 0 ? result.entries : result.entries.slice(0, met), key);
      if (result.isComplete || !last || met >= 0) return;
      cursor = last.id;
    }
    return this.toTheEnd(key, room, until);
  }

  private async apply(entries: Entry[], key: string): Promise<void> {
    const last = entries[entries.length - 1];
    if (!last) return;
    const touched = new Set<string>();
    await this.core.db.write(async (tx) => {
      for (const entry of entries) {
        const done = await ingest(tx, this.core.self, readMessage(entry.message), { way: 'catchup', archiveId: entry.id, time: entry.time, isMissed: true });
        if (done) touched.add(done.chat);
        this.core.expires(done?.expires);
      }
      await tx.put('meta', { key, value: last.id });
    });
    this.touch(touched);
  }

  private touch(chats: Iterable<string>): void {
    this.core.bus.touch(...[...chats].map((chat) => `chat ${chat}`));
  }

  /** From here on everything is kept up; what lies before is fetched where it is wanted, and the list of conversations tells of it. */
  private async toTheEnd(key: string, room?: string, until?: string): Promise<void> {
    const page = await this.query(room, {}, { before: '', max: room === undefined ? 1 : FILL_PAGE });
    const met = room === undefined ? -1 : page.entries.findIndex((entry) => entry.id === until);
    const entries = met < 0 ? page.entries : page.entries.slice(0, met);
    const last = entries[entries.length - 1];
    if (!last) return;
    if (room === undefined) {
      await this.core.db.write(async (tx) => {
        await tx.put('meta', { key, value: last.id });
        await tx.put('meta', { key: UNTOLD, value: last.time });
      });
      return;
    }
    await this.core.db.write(async (tx) => {
      let afterGap = true;
      for (const entry of entries) {
        const known = await byArchiveId(tx, room, entry.id);
        const done = await ingest(tx, this.core.self, readMessage(entry.message), { way: 'catchup', archiveId: entry.id, time: entry.time, afterGap: afterGap && !known });
        this.core.expires(done?.expires);
        afterGap = false;
      }
      await tx.put('meta', { key, value: last.id });
    });
    this.touch([room]);
  }

  /** Where a chat's messages are asked for, and how they are told from others. */
  of(chat: string, fields: Record<string, string> = {}): [to: string | undefined, fields: Record<string, string>] {
    return this.core.self.isRoom(chat) ? [chat, { ...this.ofRoom(chat), ...fields }] : [undefined, { with: chat, ...fields }];
  }

  /** One's own whispers stand between what the room said to all, where the room knows of them. */
  private ofRoom(room: string): Record<string, string> {
    return this.core.live.rooms.get(room)?.features.has(NS.whisper) ? { [`{${NS.whisper}}whispers`]: '1' } : {};
  }

  /** Notes that everything up to this entry is here. */
  async mark(tx: Tx, id: string, room?: string): Promise<void> {
    await tx.put('meta', { key: room === undefined ? 'cursor' : `cursor ${room}`, value: id });
  }

  /** Whether rows are missing of which the list of conversations has not told yet. */
  async isUntold(): Promise<boolean> {
    return (await this.core.db.read((tx) => tx.get<MetaRow>('meta', UNTOLD))) !== undefined;
  }

  /** The list of conversations in one answer (docs/inbox.md). Lines that are not here, up to where rows may be missing, stand behind a gap. */
  async inbox(): Promise<void> {
    const missing = ((await this.core.db.read((tx) => tx.get<MetaRow>('meta', UNTOLD)))?.value as number | undefined) ?? -Infinity;
    let after: string | undefined;
    for (let page = 0; page < MAX_INBOX_PAGES; page++) {
      const answer = await this.core.iq('get',
        x('inbox', NS.inbox, {}, x('set', NS.rsm, {}, x('max', NS.rsm, {}, String(INBOX_PAGE)), after === undefined ? undefined : x('after', NS.rsm, {}, after))));
      const inbox = answer.child('inbox', NS.inbox);
      const lines = inbox?.all('conversation') ?? [];
      // The oldest first, so that new chats are made in order.
      await this.core.db.write(async (tx) => {
        for (const line of lines.reverse()) await this.line(tx, line, missing);
      });
      this.touch(lines.map((line) => line.attr('jid') ?? ''));
      const last = inbox?.child('set', NS.rsm)?.textOf('last');
      if (lines.length < INBOX_PAGE || last === undefined) break;
      after = last;
    }
    await this.core.db.write((tx) => tx.delete('meta', UNTOLD));
  }

  /**
   * Of the newest talks that ended with what is no row, so that the list has nothing to say of them: what stands before
   * it. Fails if any of it may be had later.
   */
  async lookUp(): Promise<void> {
    const bare = (await this.core.db.read((tx) => tx.all<ChatRow>('chats'))).filter((chat) => chat.kind !== 'room' && !chat.last && !chat.complete && chat.time > 0);
    const newest = bare.sort((one, other) => other.time - one.time).slice(0, MAX_LOOKUPS);
    const done = await Promise.allSettled(newest.map(async ({ jid, kind }) => {
      await this.fill(jid);
      await this.core.db.write(async (tx) => {
        const chat = await chatRow(tx, jid, kind);
        if (chat.unread === 0) settleRead(chat, chat.tail);
        else await this.unreadFrom(tx, chat, chat.unread);
        await tx.put('chats', chat);
      });
    }));
    const failed = done.find((one) => one.status === 'rejected' && isPassing(one.reason));
    if (failed) throw (failed as PromiseRejectedResult).reason;
  }

  private async line(tx: Tx, line: XmlElement, missing: number): Promise<void> {
    const jid = line.attr('jid');
    const id = line.attr('id');
    const unread = Number(line.attr('unread') ?? 0);
    const forwarded = readForwarded(line);
    if (!jid || !id || !forwarded) return;
    const facts = readMessage(forwarded.message);
    const time = forwarded.time ?? readTime(forwarded.message.child('delay', NS.delay)?.attr('stamp')) ?? 0;
    const known = await byArchiveId(tx, jid, id);
    if (!known) {
      // It waits behind this with what came before it, and is counted when its turn comes.
      if (time > missing) return;
      await ingest(tx, this.core.self, facts, { way: 'catchup', archiveId: id, time, afterGap: true });
    }
    const newest = await byArchiveId(tx, jid, id);
    // A room that is known has an end of its own, which is read when it is entered.
    if (newest && time <= missing && !(known && this.core.self.isRoom(jid))) await tx.put('messages', { ...newest, gapAfter: true });
    const chat = await chatRow(tx, jid, this.core.self.isRoom(jid) ? 'room' : 'person');
    chat.time = Math.max(chat.time, newest ? 0 : time);
    if (unread === 0) settleRead(chat, newest?.order ?? chat.tail);
    else await this.unreadFrom(tx, chat, unread);
    await tx.put('chats', chat);
  }

  /** The server's count is right; the divider goes before as many rows as it says. */
  private async unreadFrom(tx: Tx, chat: ChatRow, unread: number): Promise<void> {
    chat.unread = unread;
    chat.unreadMore = unread >= 1000;
    let left = unread;
    let readTo: number | undefined;
    await tx.walk<MessageRow>('messages', { index: 'order', lower: [chat.jid, -Infinity], upper: [chat.jid, chat.tail], reverse: true, max: 1000 }, (row) => {
      if (!row.mine && left-- === 0) {
        readTo = row.order;
        return false;
      }
      if (row.mine) readTo = Math.max(readTo ?? -Infinity, row.order);
      return left >= 0;
    });
    if (readTo !== undefined) chat.readTo = readTo;
    else if (chat.readTo >= chat.tail) chat.readTo = chat.tail - STEP;
  }

  /** The newest entry of a chat. */
  async end(chatJid: string): Promise<Entry | undefined> {
    return (await this.query(...this.of(chatJid), { before: '', max: 1 })).entries.at(-1);
  }

  /** What the archive made of the newest messages of a chat, among them one that was just sent. */
  async look(chatJid: string): Promise<void> {
    const page = await this.query(undefined, { with: chatJid }, { before: '', max: LOOK_PAGE });
    await this.core.db.write(async (tx) => {
      for (const entry of page.entries) await ingest(tx, this.core.self, readMessage(entry.message), { way: 'catchup', archiveId: entry.id, time: entry.time });
    });
    this.touch([chatJid]);
  }

  /** Which entry a message is that was sent from here at about this time. Its row learns it too. */
  async entryOf(chatJid: string, stanzaId: string, time: number): Promise<string | undefined> {
    const { jid, isRoom } = this.core.self;
    const [start = '', end = ''] = [time - SENT_MS, time + SENT_MS].map((at) => new Date(at).toISOString());
    for (let number = 0, after: string | undefined; number < MAX_PAGES; number++) {
      const { entries, isComplete } = await this.query(...this.of(chatJid, { start, end }), { ...(after !== undefined && { after }), max: PAGE });
      const entry = entries.find(({ message }) => message.attr('id') === stanzaId && (isRoom(chatJid) || bare(message.attr('from') ?? jid) === jid));
      if (entry) await this.core.db.write((tx) => ingest(tx, this.core.self, readMessage(entry.message), { way: 'fill', archiveId: entry.id, time: entry.time }));
      after = entries.at(-1)?.id;
      if (entry || isComplete || after === undefined) return entry?.id;
    }
    return undefined;
  }

  /** Fetches what lies before the row, or before everything. If what came after it is missing too the end is read, in the same answer. */
  async fill(chatJid: string, given?: MessageRow, max = FILL_PAGE): Promise<void> {
    const key = `${chatJid} ${given?.id ?? ''}`;
    if (this.core.live.loading.has(key)) return;
    this.core.live.loading.add(key);
    this.core.bus.touch(`chat ${chatJid}`);
    try {
      // It may have changed while this waited for its turn.
      const before = given && ((await this.core.db.read((tx) => tx.get<MessageRow>('messages', [chatJid, given.id]))) ?? given);
      if (before?.gapAfter && before.archiveId !== undefined) {
        const page = await this.stretch(chatJid, {}, { before: '', until: before.archiveId }, max);
        await this.core.db.write((tx) => this.mergeEnd(tx, chatJid, before, page));
      } else {
        const page = await this.stretch(chatJid, {}, { before: before?.archiveId ?? '' }, max);
        await this.core.db.write((tx) => this.merge(tx, chatJid, before, page));
      }
    } finally {
      this.core.live.loading.delete(key);
      this.touch([chatJid]);
    }
  }

  /** A page of a chat, and as many more as it takes until something was said in it, or the entry `until` is met. */
  async stretch(chatJid: string, fields: Record<string, string>, { before, after, until }: { before?: string; after?: string; until?: string }, max = FILL_PAGE): Promise<Page> {
    const whole: Page = { entries: [], isComplete: false };
    const cleared = await this.core.db.read((tx) => clearedTo(tx, chatJid));
    const isBackwards = before !== undefined;
    for (let number = 0; number < MAX_PAGES; number++) {
      const page = await this.query(...this.of(chatJid, fields), { ...(before !== undefined && { before }), ...(after !== undefined && { after }), max: number === 0 ? max : PAGE });
      const entries = page.entries.filter((entry) => entry.time > cleared);
      // Before what was cleared there is nothing to be shown.
      const isComplete = page.isComplete || (isBackwards && entries.length < page.entries.length);
      whole.entries = isBackwards ? [...entries, ...whole.entries] : [...whole.entries, ...entries];
      whole.isComplete = isComplete;
      // Receipts and the like alone: from there nobody would ever get on.
      if (isComplete || page.entries.length === 0 || entries.some((entry) => (until === undefined ? isRow(readMessage(entry.message)) : entry.id === until))) break;
      if (isBackwards) before = page.entries[0]?.id ?? '';
      else after = page.entries.at(-1)?.id ?? '';
    }
    return whole;
  }

  /** Of the newest page: what was said since the row about what stands, then what lies before it. New rows come live. */
  private async mergeEnd(tx: Tx, chatJid: string, anchor: MessageRow, page: Page): Promise<void> {
    const at = page.entries.findIndex((entry) => entry.id === anchor.archiveId);
    for (const entry of page.entries.slice(at + 1).reverse()) {
      const facts = readMessage(entry.message);
      if (!isRow(facts)) await ingest(tx, this.core.self, facts, { way: 'fill', archiveId: entry.id, time: entry.time });
    }
    const row = await tx.get<MessageRow>('messages', [chatJid, anchor.id]);
    if (!row) return;
    const { gapAfter: _, ...whole } = row;
    await tx.put('messages', whole);
    if (at >= 0) await this.merge(tx, chatJid, whole, { ...page, entries: page.entries.slice(0, at) });
  }

  private async merge(tx: Tx, chatJid: string, anchor: MessageRow | undefined, page: Page): Promise<void> {
    const before = anchor && (await tx.get<MessageRow>('messages', [chatJid, anchor.id]));
    const entries = before && before.archiveId === undefined ? earlier(page.entries, before) : page.entries;
    // The newest first, until one is met that is here: there the gap ends.
    const known = await Promise.all(entries.map((entry) => byArchiveId(tx, chatJid, entry.id)));
    const at = known.findLastIndex((row) => row && row.id !== before?.id);
    const met = known[at];
    const missing = entries.slice(at + 1);
    const chat = await chatRow(tx, chatJid, this.core.self.isRoom(chatJid) ? 'room' : 'person');
    const orders = before ? await prepend(tx, before, missing.length) : missing.map(() => append(chat, false));
    await tx.put('chats', chat);
    for (const [i, entry] of [...missing.entries()].reverse()) {
      const done = await ingest(tx, this.core.self, readMessage(entry.message), { way: 'fill', archiveId: entry.id, time: entry.time, ...(orders[i] !== undefined && { order: orders[i] }), isEnd: !before });
      this.core.expires(done?.expires);
    }
    if (before) {
      before.gapBefore = false;
      await putRow(tx, await chatRow(tx, chatJid, chat.kind), before);
    }
    const isWhole = met !== undefined;
    const first = await this.firstOf(tx, chatJid, orders[0], before);
    if (first && !isWhole) {
      first.gapBefore = !page.isComplete;
      await tx.put('messages', first);
    }
    if (page.isComplete && !isWhole) {
      const whole = await chatRow(tx, chatJid, chat.kind);
      whole.complete = true;
      await tx.put('chats', whole);
    }
    // What was met may stand alone: of the same page what lies before it is known too.
    const rest = page.entries.slice(0, page.entries.findIndex((entry) => entry.id === met?.archiveId));
    if (met?.gapBefore && (rest.length > 0 || page.isComplete)) await this.merge(tx, chatJid, met, { ...page, entries: rest });
  }

  private async firstOf(tx: Tx, chat: string, from: number | undefined, before: MessageRow | undefined): Promise<MessageRow | undefined> {
    if (from === undefined) return before;
    const [row] = await tx.all<MessageRow>('messages', { index: 'order', lower: [chat, from], upper: [chat, Infinity], max: 1 });
    return row;
  }
}

/**
 * Of the newest page, what was said before a message that was sent from here and whose place in the archive is not
 * known yet. What is newer than it comes live and must not be put before it.
 */
function earlier(entries: Entry[], row: MessageRow): Entry[] {
  const at = entries.findIndex((entry) => row.stanzaId !== undefined && readMessage(entry.message).id === row.stanzaId);
  return at >= 0 ? entries.slice(0, at) : entries.filter((entry) => entry.time < row.time);
}
