// What a message does to the rows. One function for what comes live, by carbons, from the archive's end and
// out of its depth: whatever the way and the order, the rows are the same in the end.

import type { MessageFacts } from '../protocol/message.ts';
import { bare, resource } from '../protocol/jid.ts';
import type { Tx } from '../store/db.ts';
import { append, byArchiveId, byStanzaId, chatRow, kindOf, attachmentKind, putRow, settleRead } from '../store/log.ts';
import type { ChatRow, MessageRow } from '../store/rows.ts';
import type { Author } from '../store/types.ts';
import { amend, amendFromStrays, type Amendment } from './amend.ts';

export interface Self {
  jid: string;
  name: string;
  /** One's nick and occupant id in a room. */
  occupant(room: string): { nick: string; id?: string } | undefined;
  isRoom(jid: string): boolean;
}

export interface Origin {
  /** live and carbon come now; catchup is read from the archive's end, fill from its depth. */
  way: 'live' | 'carbon' | 'catchup' | 'fill';
  archiveId?: string;
  time: number;
  /** fill: where the row stands. */
  order?: number;
  /** Rows may be missing before it. */
  afterGap?: boolean;
}

export interface Ingested {
  chat: string;
  /** A new row that somebody else wrote, live. */
  fresh?: MessageRow;
  /** This stanza wants a receipt to be sent for its id. */
  owesReceipt?: string;
  /** An envelope was opened of which no row knows the id: it was sent from here, and only the archive has it. */
  unknownOnce?: string;
}

const RANK = { failed: 0, queued: 1, sent: 2, delivered: 3, read: 4 } as const;

export function raise(row: MessageRow, ticks: 'sent' | 'delivered' | 'read'): boolean {
  if (!row.mine || RANK[row.ticks ?? 'queued'] >= RANK[ticks]) return false;
  row.ticks = ticks;
  return true;
}

interface Whose {
  chat: string;
  isRoom: boolean;
  mine: boolean;
  author: string;
  from: Author;
}

function whose(self: Self, facts: MessageFacts): Whose | undefined {
  const from = facts.from === '' ? self.jid : bare(facts.from);
  const to = facts.to === '' ? self.jid : bare(facts.to);
  const chat = from === self.jid ? to : from;
  const isRoom = facts.type === 'groupchat' || self.isRoom(chat);
  if (!isRoom) {
    const mine = from === self.jid;
    return { chat, isRoom, mine, author: from, from: { name: mine ? self.name : '', jid: from, me: mine } };
  }
  const occupant = self.occupant(chat);
  // A private message in a room: the room's address with a nick is on one side.
  if (from === self.jid) return { chat, isRoom, mine: true, author: occupant?.id ?? occupant?.nick ?? self.jid, from: { name: occupant?.nick ?? self.name, jid: self.jid, me: true } };
  const nick = resource(facts.from);
  const jid = facts.muc?.child('item')?.attr('jid');
  const mine = facts.occupantId !== undefined && occupant?.id !== undefined ? facts.occupantId === occupant.id : nick !== '' && nick === occupant?.nick;
  return { chat, isRoom, mine, author: facts.occupantId ?? nick, from: { name: nick, me: mine, ...(jid && { jid: bare(jid) }), ...(facts.occupantId && { occupantId: facts.occupantId }) } };
}

function amendmentOf(facts: MessageFacts): Amendment | undefined {
  if (facts.receiptOf !== undefined) return { kind: 'receipt', target: facts.receiptOf };
  if (facts.displayed !== undefined) return { kind: 'displayed', target: facts.displayed };
  if (facts.vote) return { kind: 'vote', target: facts.vote.to, choices: facts.vote.choices };
  if (facts.closesPoll !== undefined) return { kind: 'close', target: facts.closesPoll };
  if (facts.reactions) return { kind: 'react', target: facts.reactions.to, emojis: facts.reactions.emojis };
  if (facts.retracts !== undefined) return { kind: 'retract', target: facts.retracts };
  if (facts.moderated) return { kind: 'moderate', target: facts.moderated.id, ...(facts.moderated.reason && { reason: facts.moderated.reason }) };
  if (facts.replaces !== undefined && facts.text !== undefined) return { kind: 'edit', target: facts.replaces, text: facts.text, mentions: mentionsOf(facts, '') };
  return undefined;
}

/** Works the message into the rows. Undefined: it says nothing that is kept. */
export async function ingest(tx: Tx, self: Self, facts: MessageFacts, origin: Origin): Promise<Ingested | undefined> {
  const who = whose(self, facts);
  if (!who || who.chat === '') return undefined;
  const archiveId = origin.archiveId ?? facts.stanzaIds[who.isRoom && facts.type === 'groupchat' ? who.chat : self.jid];
  const amendment = amendmentOf(facts);
  if (amendment) {
    if (amendment.kind === 'moderate' && bare(facts.from) !== who.chat) return undefined;
    const chat = await chatRow(tx, who.chat, kindOfChat(self, who));
    await amend(tx, chat, amendment, { author: who.author, name: who.from.name, mine: who.mine, isRoom: who.isRoom, time: origin.time }, origin.way === 'fill');
    await tx.put('chats', chat);
    return { chat: who.chat };
  }
  // A timer without content is a setting of the chat; one that is over by now is of no use to anybody.
  if (facts.timer !== undefined && !facts.text && facts.files.length === 0 && !facts.place && !facts.card && !facts.poll && !facts.isEncrypted) return setTimer(tx, self, facts, origin, who, archiveId);
  if (facts.timer && (facts.expiresAt ?? origin.time + facts.timer * 1000) <= Date.now()) return undefined;
  if (facts.opened !== undefined) return opened(tx, who.chat, facts.opened);
  if (!hasContent(facts)) return undefined;
  return keep(tx, self, facts, origin, who, archiveId);
}

/** How far back an envelope is looked for: the server keeps none for longer than 14 days. */
const ONCE_BACK = 5000;

async function opened(tx: Tx, chat: string, id: string): Promise<Ingested> {
  let found: MessageRow | undefined;
  await tx.walk<MessageRow>('messages', { index: 'order', lower: [chat, -Infinity], upper: [chat, Infinity], reverse: true, max: ONCE_BACK }, (row) => {
    if (row.once?.id === id) found = row;
    return found === undefined;
  });
  if (!found?.once) return { chat, unknownOnce: id };
  await tx.put('messages', { ...found, once: { id, opened: true } });
  return { chat };
}

async function setTimer(tx: Tx, self: Self, facts: MessageFacts, origin: Origin, who: Whose, archiveId: string | undefined): Promise<Ingested> {
  const chat = await chatRow(tx, who.chat, kindOfChat(self, who));
  if ((chat.timerSet ?? 0) <= origin.time) {
    chat.timer = facts.timer ?? 0;
    chat.timerSet = origin.time;
  }
  const known = await find(tx, who, facts, archiveId);
  if (known && archiveId !== undefined) await tx.put('messages', { ...known, archiveId });
  if (!known) {
    const row = makeRow(self, { ...facts, timer: 0, text: '' }, origin, who, archiveId);
    row.kind = 'system';
    row.event = { kind: 'timer', by: who.from.name, text: String(facts.timer ?? 0) };
    row.order = origin.order ?? append(chat, origin.afterGap ?? false);
    await putRow(tx, chat, row);
  }
  await tx.put('chats', chat);
  return { chat: who.chat };
}

function hasContent(facts: MessageFacts): boolean {
  if (facts.type === 'error') return false;
  if (facts.tombstone) return true;
  if (facts.subject !== undefined && facts.body === undefined) return false;
  return facts.body !== undefined || facts.files.length > 0 || facts.place !== undefined || facts.card !== undefined || facts.poll !== undefined || facts.isEncrypted;
}

function kindOfChat(self: Self, who: Whose): 'person' | 'room' | 'self' {
  return who.isRoom ? 'room' : who.chat === self.jid ? 'self' : 'person';
}

async function keep(tx: Tx, self: Self, facts: MessageFacts, origin: Origin, who: Whose, archiveId: string | undefined): Promise<Ingested> {
  const chat = await chatRow(tx, who.chat, kindOfChat(self, who));
  const known = await find(tx, who, facts, archiveId);
  const owesReceipt = facts.wantsReceipt && !who.mine && facts.id !== undefined && facts.type !== 'groupchat' && origin.way === 'live' ? { owesReceipt: facts.id } : {};
  if (known) {
    await meetAgain(tx, chat, known, facts, origin, archiveId);
    return { chat: who.chat, ...owesReceipt };
  }
  const row = makeRow(self, facts, origin, who, archiveId);
  row.order = origin.order ?? append(chat, origin.afterGap ?? false);
  await amendFromStrays(tx, chat, row, who.isRoom);
  if (row.mine && row.order <= chat.peerRead) row.ticks = 'read';
  const isNew = origin.way !== 'fill';
  if (row.mine && isNew) settleRead(chat, row.order);
  else if (isNew && row.order > chat.readTo) {
    chat.unread += 1;
    if (row.mentions.some((mention) => mention.me)) chat.mentions += 1;
  }
  await putRow(tx, chat, row);
  await tx.put('chats', chat);
  return { chat: who.chat, ...owesReceipt, ...(!row.mine && origin.way === 'live' && { fresh: row }) };
}

async function find(tx: Tx, who: Whose, facts: MessageFacts, archiveId: string | undefined): Promise<MessageRow | undefined> {
  const known = archiveId === undefined ? undefined : await byArchiveId(tx, who.chat, archiveId);
  if (known) return known;
  if (facts.id === undefined) return undefined;
  // The same stanza by two ways: same author, same id, and not two places in the archive.
  const same = await byStanzaId(tx, who.chat, facts.id);
  return same.find((row) => row.mine === who.mine && (row.mine || row.author === who.author) && (row.archiveId === undefined || archiveId === undefined));
}

/** A row that stands already: what was sent from here comes back, or the archive shows it. */
async function meetAgain(tx: Tx, chat: ChatRow, row: MessageRow, facts: MessageFacts, origin: Origin, archiveId: string | undefined): Promise<void> {
  const isFirstTime = row.archiveId === undefined && archiveId !== undefined;
  if (archiveId !== undefined) row.archiveId = archiveId;
  if (row.mine && row.queued !== undefined) {
    delete row.queued;
    delete row.upload;
  }
  if (facts.once !== undefined && row.once && row.once.id === '') row.once = { id: facts.once, opened: row.once.opened };
  raise(row, 'sent');
  // The archive's order is the order: what it shows now stands behind all that it showed before.
  if (isFirstTime && row.mine && origin.way !== 'fill') {
    row.order = append(chat, false);
    row.time = origin.time;
    settleRead(chat, row.order);
  }
  if (facts.tombstone !== undefined && row.kind !== 'deleted') bury(row, 'author');
  if (isFirstTime) await amendFromStrays(tx, chat, row, chat.kind === 'room');
  await putRow(tx, chat, row);
  await tx.put('chats', chat);
}

export function bury(row: MessageRow, by: 'author' | 'moderator', reason?: string): void {
  row.kind = 'deleted';
  row.deleted = { by, ...(reason && { reason }) };
  row.text = '';
  row.attachments = [];
  row.mentions = [];
  delete row.place;
  delete row.card;
  delete row.poll;
  delete row.votesBy;
  delete row.reply;
  delete row.reactionsBy;
  delete row.media;
  delete row.edited;
}

function makeRow(self: Self, facts: MessageFacts, origin: Origin, who: Whose, archiveId: string | undefined): MessageRow {
  const row: MessageRow = {
    id: rowId(who, facts, archiveId),
    chat: who.chat,
    author: who.author,
    from: who.from,
    order: 0,
    time: origin.time,
    kind: facts.isEncrypted && facts.files.length === 0 && facts.body === undefined ? 'encrypted' : facts.poll ? 'poll' : kindOf(facts.files, facts.place !== undefined, facts.card !== undefined),
    text: facts.text ?? '',
    mine: who.mine,
    attachments: facts.files.map((file) => ({ kind: attachmentKind(file), name: file.name, mime: file.mime, size: file.size, url: file.url, ...(file.width && { width: file.width }), ...(file.height && { height: file.height }), ...(file.duration && { duration: file.duration }), ...(file.waveform && { waveform: file.waveform }), ...(file.thumb && { thumb: file.thumb }) })),
    mentions: mentionsOf(facts, self.jid),
    starred: false,
    pinned: false,
    gapBefore: origin.afterGap ?? false,
    ...(facts.id && { stanzaId: facts.id }),
    ...(archiveId && { archiveId }),
    ...(facts.place && { place: facts.place }),
    ...(facts.card && { card: facts.card }),
    ...(facts.poll && { poll: facts.poll }),
    ...(facts.reply && { reply: facts.reply }),
    ...(facts.forwarded && { forwarded: true }),
    ...(facts.isEncrypted && { encrypted: true }),
    ...(facts.once !== undefined && { once: { id: facts.once, opened: false } }),
    ...(facts.timer && { expires: facts.expiresAt ?? origin.time + facts.timer * 1000 }),
    ...(who.mine && { ticks: 'sent' as const }),
  };
  if (who.isRoom && facts.type !== 'groupchat') row.whisper = whispered(self, facts, who);
  const media = mediaKind(row);
  if (media) row.media = media;
  if (facts.tombstone) bury(row, facts.tombstone.by, facts.tombstone.reason);
  return row;
}

/** Who else has it, by name: of one's own the receivers, of another's its author and the other receivers. */
function whispered(self: Self, facts: MessageFacts, who: Whose): string[] {
  const me = self.occupant(who.chat);
  const others = (facts.whisper ?? []).filter((one) => (one.id === undefined || one.id !== me?.id) && one.nick !== undefined && one.nick !== me?.nick).map((one) => one.nick ?? '');
  const names = who.mine ? (others.length > 0 ? others : [resource(facts.to)]) : [who.from.name, ...others.filter((nick) => nick !== who.from.name)];
  return names.filter(Boolean);
}

export function mediaKind(row: MessageRow): 'media' | 'files' | 'links' | undefined {
  if (row.kind === 'image' || row.kind === 'video') return 'media';
  if (row.attachments.length > 0) return 'files';
  return /https?:\/\//.test(row.text) ? 'links' : undefined;
}

function rowId(who: Whose, facts: MessageFacts, archiveId: string | undefined): string {
  if (who.mine && facts.id !== undefined) return `o:${facts.id}`;
  if (archiveId !== undefined) return `a:${archiveId}`;
  return `i:${who.author}:${facts.id ?? Math.round(facts.delayed ?? 0)}`;
}

function mentionsOf(facts: MessageFacts, me: string): MessageRow['mentions'] {
  return facts.mentions.map(({ begin, end, uri }) => {
    const jid = uri.startsWith('xmpp:') ? bare(uri.slice(5).replace(/\?.*/, '')) : undefined;
    return { begin, end, me: jid === me, ...(jid && { jid }) };
  });
}
