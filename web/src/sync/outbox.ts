// What is to be sent: rows in the database, so that nothing is lost by a crash, sent in their order, and
// taken from the queue when the server has them for good. Sent again with the same id where nobody can know:
// the server gives a repetition on once (docs/clients.md).

import { writeFile, type FileFacts } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { writePreview } from '../protocol/preview.ts';
import { writeTimer, writeWhisper, type Whispered } from '../protocol/vanish.ts';
import { parse, x, type Node, type XmlElement } from '../protocol/xml.ts';
import type { Tx } from '../store/db.ts';
import { append, chatRow, preview, putRow, QUEUE, settleRead } from '../store/log.ts';
import type { ChatRow, MessageRow } from '../store/rows.ts';
import type { Attachment, Card, Fault, LinkCard, Place } from '../store/types.ts';
import type { Core } from './core.ts';
import { mediaKind, raise } from './ingest.ts';
import { writePlace } from './live.ts';

/** Sent so much later than written, it was said when it was sent. */
const LATE_MS = 60_000;

export interface Outgoing {
  /** Given by who already shows it; the same twice is one message. */
  id?: string;
  chat: string;
  text: string;
  replyTo?: MessageRow;
  mentions?: { begin: number; end: number; jid: string }[];
  attachments?: Attachment[];
  place?: Place;
  /** The place moves until then. */
  live?: number;
  card?: Card;
  poll?: { question: string; options: string[]; multiple: boolean };
  link?: LinkCard;
  forwarded?: boolean;
  /** Nobody is disturbed by it. */
  silent?: boolean;
  spoiler?: boolean;
  /** Its one picture is a sticker. */
  sticker?: boolean;
  /** Goes after so many seconds; what the chat has set if nothing is said. */
  timer?: number;
  once?: boolean;
  whisper?: Whispered[];
  /** Sent when the uploads have put addresses in. */
  uploads?: Blob[];
}

export class Outbox {
  private inFlight = new Set<string>();
  private lastQueued = 0;
  private isFlushing = false;
  private again = false;

  /** `look`: reads what the archive made of what was just sent. */
  constructor(private readonly core: Core, private readonly upload: (row: MessageRow) => Promise<void>, private readonly look: (chat: string) => Promise<void>) {}

  async count(): Promise<number> {
    return this.core.db.read((tx) => tx.count('messages', { index: 'queue', lower: 0 }));
  }

  /**
   * Puts the message among the rows, to be sent now or when there is a connection. `instead`: what stood for it until
   * now goes with the same write; if that is gone already, nothing is sent.
   */
  async add(message: Outgoing, instead?: string): Promise<string> {
    const row = this.row(message, message.id ?? this.core.id());
    await this.core.db.write(async (tx) => {
      if (instead !== undefined && !(await tx.get('meta', instead))) return;
      if (instead !== undefined) await tx.delete('meta', instead);
      if (message.id !== undefined && (await tx.get('messages', [row.chat, row.id]))) return;
      const chat = await chatRow(tx, message.chat, this.kind(message.chat));
      const timer = message.timer ?? (chat.kind === 'self' ? 0 : chat.timing?.seconds);
      if (timer) row.timer = timer;
      settleRead(chat, chat.tail);
      chat.archived = false;
      chat.answered = true;
      // What is written meanwhile is not what was scheduled.
      if (instead === undefined) delete chat.draft;
      await putRow(tx, chat, row);
      await tx.put('chats', chat);
    });
    this.core.bus.touch('link', `chat ${message.chat}`);
    void this.flush();
    return row.id;
  }

  private kind(jid: string): ChatRow['kind'] {
    return this.core.self.isRoom(jid) ? 'room' : jid === this.core.self.jid ? 'self' : 'person';
  }

  private row(message: Outgoing, id: string): MessageRow {
    const { self } = this.core;
    const occupant = self.occupant(message.chat);
    this.lastQueued = Math.max(this.lastQueued + 1, this.core.now());
    const [file] = message.attachments ?? [];
    const row: MessageRow = {
      id: `o:${id}`,
      chat: message.chat,
      author: occupant?.id ?? occupant?.nick ?? self.jid,
      from: { name: occupant?.nick ?? self.name, jid: self.jid, me: true },
      order: QUEUE + this.lastQueued,
      time: this.core.now(),
      kind: message.poll ? 'poll' : message.place ? 'location' : message.card ? 'contact' : message.sticker ? 'sticker' : (file?.kind ?? 'text'),
      text: message.text,
      mine: true,
      ticks: 'queued',
      attachments: message.attachments ?? [],
      mentions: (message.mentions ?? []).map(({ begin, end, jid }) => ({ begin, end, jid, me: false })),
      starred: false,
      pinned: false,
      gapBefore: false,
      stanzaId: id,
      queued: this.lastQueued,
      ...(message.place && { place: message.place }),
      ...(message.live !== undefined && { live: { until: message.live, at: this.core.now() } }),
      ...(message.card && { card: message.card }),
      ...(message.poll && { poll: message.poll }),
      ...(message.link && { link: message.link }),
      ...(message.forwarded && { forwarded: true }),
      ...(message.silent && { silent: true }),
      ...(message.spoiler && { spoiler: '' }),
      ...(message.uploads && { uploads: message.uploads }),
      ...(message.once && { asOnce: true, once: { opened: false } }),
      ...(message.whisper && { whisperTo: message.whisper, whisper: message.whisper.map((one) => one.nick ?? one.jid ?? '') }),
    };
    if (message.replyTo) row.reply = replyOf(message.replyTo);
    const media = mediaKind(row);
    if (media) row.media = media;
    return row;
  }

  /**
   * A stanza about a message (reaction, correction, retraction): kept beside the rows and sent in its turn. `instead`:
   * what stood for it until now goes with the same write; if that is gone already, nothing is sent.
   */
  async addStanza(chat: string, stanza: XmlElement, instead?: string): Promise<void> {
    this.lastQueued = Math.max(this.lastQueued + 1, this.core.now());
    const number = this.lastQueued;
    await this.core.db.write(async (tx) => {
      if (instead !== undefined && !(await tx.get('meta', instead))) return;
      if (instead !== undefined) await tx.delete('meta', instead);
      await tx.put('meta', { key: `send ${String(number).padStart(16, '0')}`, value: { chat, number, stanza: stanza.toString() } });
    });
    this.core.bus.touch('link');
    void this.flush();
  }

  /** Sends what waits, in order. */
  async flush(): Promise<void> {
    if (this.isFlushing) {
      this.again = true;
      return;
    }
    this.isFlushing = true;
    try {
      do {
        this.again = false;
        await this.round();
      } while (this.again);
    } finally {
      this.isFlushing = false;
    }
  }

  private async round(): Promise<void> {
    if (!this.core.connection.isLive) return;
    const { rows, stanzas } = await this.core.db.read(async (tx) => ({
      rows: await tx.all<MessageRow>('messages', { index: 'queue', lower: 0 }),
      stanzas: await tx.all<{ key: string; value: { chat: string; number: number; stanza: string } }>('meta', { lower: 'send ', upper: 'send ~' }),
    }));
    const all = [...rows.map((row) => ({ number: row.queued ?? 0, row, key: '', stanza: '' })), ...stanzas.map((one) => ({ number: one.value.number, row: undefined, key: one.key, stanza: one.value.stanza }))];
    all.sort((a, b) => a.number - b.number);
    const waiting = new Set<string>();
    for (const { row, key, stanza } of all) {
      if (row) {
        if (row.uploads && row.attachments.some((one) => one.url === undefined)) {
          // What comes after it in this chat waits, though its files may go up; other chats do not.
          waiting.add(row.chat);
          void this.upload(row);
          continue;
        }
        if (this.inFlight.has(row.id) || waiting.has(row.chat)) continue;
        if (this.core.self.isRoom(row.chat) && this.core.live.rooms.get(row.chat)?.state !== 'joined') continue;
        this.sendRow(row);
      } else if (!this.inFlight.has(key)) this.sendStanza(key, stanza);
    }
  }

  private sendRow(row: MessageRow): void {
    this.inFlight.add(row.id);
    const isSent = this.core.connection.send(this.stanza(row), (isDurable) => {
      // In flight until it is written that it is sent: in between it would be sent again.
      const settled = isDurable ? this.core.inOrder(() => this.sent(row.chat, row.id)) : Promise.resolve();
      void settled.catch(() => undefined).then(() => this.inFlight.delete(row.id));
    });
    if (!isSent) this.inFlight.delete(row.id);
  }

  private sendStanza(key: string, stanza: string): void {
    this.inFlight.add(key);
    const isSent = this.core.connection.send(parse(stanza), (isDurable) => {
      const settled = isDurable ? this.core.db.write((tx) => tx.delete('meta', key)).then(() => this.core.bus.touch('link')) : Promise.resolve();
      void settled.catch(() => undefined).then(() => this.inFlight.delete(key));
    });
    if (!isSent) this.inFlight.delete(key);
  }

  /** The server has it. In a room it stands when the room has shown it. */
  private async sent(chatJid: string, id: string): Promise<void> {
    const sent = await this.core.db.write(async (tx) => {
      const row = await tx.get<MessageRow>('messages', [chatJid, id]);
      if (row?.queued === undefined) return undefined;
      if (row.timer) row.expires = this.core.now() + row.timer * 1000;
      // Who sent it has it for as long as it waits to be sent.
      if (row.asOnce) {
        Object.assign(row, { kind: 'text', text: '', attachments: [] });
        delete row.media;
      }
      this.core.expires(row.expires);
      const chat = await chatRow(tx, chatJid, this.kind(chatJid));
      delete row.queued;
      delete row.uploads;
      delete row.slots;
      raise(row, 'sent');
      row.order = append(chat, false);
      settleRead(chat, row.order);
      // Written by a clock that was wrong, or long ago: its time is that of its place.
      const late = this.core.now() - row.time;
      if (late < 0 || late > LATE_MS) row.time = this.core.now();
      if (chat.last?.id === row.id) {
        chat.last = preview(row);
        chat.time = row.time;
      }
      await putRow(tx, chat, row);
      await tx.put('chats', chat);
      return row;
    });
    this.core.bus.touch('link', `chat ${chatJid}`);
    if (sent?.asOnce) void this.look(chatJid).catch(() => undefined);
    // What was marked while it waited can be told from now on.
    if (sent && (sent.starred || sent.pinned || sent.kind === 'deleted')) void this.core.debts.settle();
  }

  /** The server or the other side refused it. */
  async refused(tx: Tx, chatJid: string, stanzaId: string, fault: Fault): Promise<void> {
    const row = await tx.get<MessageRow>('messages', [chatJid, `o:${stanzaId}`]);
    if (!row || row.ticks === 'delivered' || row.ticks === 'read') return;
    const chat = await chatRow(tx, chatJid, this.kind(chatJid));
    if (row.queued !== undefined) row.order = append(chat, false);
    delete row.queued;
    row.ticks = 'failed';
    row.fault = fault;
    await putRow(tx, chat, row);
    await tx.put('chats', chat);
  }

  /** A refused message is sent as a new one: the old id is used up. */
  async retry(chatJid: string, id: string): Promise<void> {
    await this.core.db.write(async (tx) => {
      const row = await tx.get<MessageRow>('messages', [chatJid, id]);
      if (!row || row.ticks !== 'failed') return;
      await tx.delete('messages', [chatJid, id]);
      const fresh = this.core.id();
      this.lastQueued = Math.max(this.lastQueued + 1, this.core.now());
      const chat = await chatRow(tx, chatJid, this.kind(chatJid));
      Object.assign(row, { id: `o:${fresh}`, stanzaId: fresh, ticks: 'queued', queued: this.lastQueued, order: QUEUE + this.lastQueued });
      delete row.fault;
      delete row.archiveId;
      row.attachments = row.attachments.map(({ fault: _, ...attachment }) => attachment);
      await putRow(tx, chat, row);
      await tx.put('chats', chat);
    });
    this.core.bus.touch('link', `chat ${chatJid}`);
    void this.flush();
  }

  stanza(row: MessageRow): XmlElement {
    const type = this.core.self.isRoom(row.chat) && !row.whisperTo ? 'groupchat' : 'chat';
    const content: (Node | undefined)[] = [];
    const files = row.attachments.filter((one) => one.url !== undefined);
    let body = row.text;
    if (row.kind === 'sticker') body = files[0]?.desc || files[0]?.url || '';
    else if (files.length > 0) body = [row.text, ...files.map((one) => one.url ?? '')].filter(Boolean).join('\n');
    else if (row.place) body = body || `geo:${row.place.lat},${row.place.lon}`;
    else if (row.card) body = body || `${row.card.name}${row.card.jid ? ` xmpp:${row.card.jid}` : ''}`;
    else if (row.poll) body = [`📊 ${row.poll.question}`, ...row.poll.options.map((option, i) => `${i + 1}. ${option}`)].join('\n');
    let shift = 0;
    if (row.reply) {
      const quoted = `${(row.reply.text ?? '').split('\n').slice(0, 4).map((line) => `> ${line.slice(0, 200)}`).join('\n')}\n`;
      shift = [...quoted].length;
      body = quoted + body;
      content.push(x('reply', NS.reply, { id: row.reply.id, to: row.reply.to }), x('fallback', NS.fallback, { for: NS.reply }, x('body', NS.fallback, { start: 0, end: shift })));
    }
    for (const mention of row.mentions) {
      const points = (units: number): number => [...row.text.slice(0, units)].length + shift;
      content.push(x('reference', NS.references, { type: 'mention', begin: points(mention.begin), end: points(mention.end), uri: `xmpp:${mention.jid}` }));
    }
    // Where there is more than one address, what of the text is only addresses is said (XEP-0428).
    if (files.length > 0 && row.kind !== 'sticker' && body !== files[0]?.url) content.push(x('fallback', NS.fallback, { for: NS.sfs }, x('body', NS.fallback, { start: shift + [...row.text].length, end: [...body].length })));
    for (const file of files) {
      const facts: FileFacts = { url: file.url ?? '', name: file.name, mime: file.mime, size: file.size, voice: file.kind === 'voice', attached: file.kind === 'file', ...(file.width && { width: file.width }), ...(file.height && { height: file.height }), ...(file.duration && { duration: file.duration }), ...(file.thumb && { thumb: file.thumb }), ...(file.waveform && { waveform: file.waveform }), ...(file.desc && { desc: file.desc }) };
      content.push(x('x', NS.oob, {}, x('url', NS.oob, {}, facts.url)), writeFile(facts));
    }
    if (row.place) content.push(writePlace(row.place));
    if (row.live) content.push(x('live', NS.live, { until: new Date(row.live.until).toISOString() }));
    if (row.card) content.push(writeCard(row.card));
    if (row.poll) {
      content.push(
        x('poll', NS.poll, { multiple: row.poll.multiple ? '1' : undefined }, x('question', NS.poll, {}, row.poll.question), ...row.poll.options.map((option) => x('option', NS.poll, {}, option))),
        x('fallback', NS.fallback, { for: NS.poll }));
    }
    if (row.link) content.push(writePreview(row.link));
    if (row.forwarded) content.push(x('forwarded', 'urn:skein:forwarded:0'));
    if (row.kind === 'sticker') content.push(x('sticker', NS.stickers));
    if (row.spoiler !== undefined) content.push(x('spoiler', NS.spoiler));
    if (row.silent) content.push(x('silent', NS.silent));
    if (row.timer) content.push(writeTimer(row.timer));
    if (row.asOnce) content.push(x('view-once', NS.once));
    if (row.whisperTo) content.push(writeWhisper(row.whisperTo));
    return x('message', NS.client, { to: row.chat, type, id: row.stanzaId },
      x('body', NS.client, {}, body),
      ...content,
      x('origin-id', NS.sid, { id: row.stanzaId }),
      x('active', NS.states),
      x('markable', NS.markers),
      type === 'chat' && !row.whisperTo && !row.asOnce ? x('request', NS.receipts) : undefined);
  }
}

export function replyOf(row: MessageRow): NonNullable<MessageRow['reply']> {
  // In rooms messages are named by the room's id (XEP-0461 section 3.1).
  // Of a whisper the room knows nothing: there each has an archive of their own, and the sender's id is the same for all.
  const isRoom = row.whisperTo === undefined && (row.from.jid === undefined || row.from.occupantId !== undefined);
  const id = (isRoom ? row.archiveId : row.stanzaId) ?? row.stanzaId ?? row.archiveId ?? '';
  const to = isRoom || row.whisperTo ? `${row.chat}/${row.from.name}` : row.from.jid;
  return { id, ...(to && { to }), name: row.from.name, text: row.text || row.attachments[0]?.name || '' };
}

function writeCard(card: Card): XmlElement {
  const v = NS.vcard4;
  return x('vcard', v, {},
    x('fn', v, {}, x('text', v, {}, card.name)),
    card.jid === undefined ? undefined : x('impp', v, {}, x('uri', v, {}, `xmpp:${card.jid}`)),
    card.phone === undefined ? undefined : x('tel', v, {}, x('uri', v, {}, `tel:${card.phone}`)),
    card.email === undefined ? undefined : x('email', v, {}, x('text', v, {}, card.email)));
}
