// What a message does to the rows. One function for what comes live, by carbons, from the archive's end and
// out of its depth: whatever the way and the order, the rows are the same in the end.

import type { MessageFacts } from '../protocol/message.ts';
import { bare, resource } from '../protocol/jid.ts';
import { expiry, type Whispered } from '../protocol/vanish.ts';
import type { Tx } from '../store/db.ts';
import { append, byArchiveId, byStanzaId, chatRow, kindOf, attachmentKind, putRow, settleRead } from '../store/log.ts';
import type { ChatRow, MessageRow } from '../store/rows.ts';
import type { Attachment, Author, LinkCard } from '../store/types.ts';
import { sameLink, webLinks } from '../util/links.ts';
import { noteViewer } from './viewers.ts';
import { amend, amendFromStrays, type Amendment } from './amend.ts';

export interface Self {
  jid: string;
  name: string;
  /** The server's time. */
  now(): number;
  /** One's nick and occupant id in a room. */
  occupant(room: string): { nick: string; id?: string } | undefined;
  isRoom(jid: string): boolean;
}

export interface Origin {
  /** live and carbon come now; catchup is read from the archive's end, fill from its depth. */
  way: 'live' | 'carbon' | 'catchup' | 'fill';
  archiveId?: string;
  time: number;
  /** catchup: it came since this client was last there. */
  isMissed?: boolean;
  /** fill: where the row stands. */
  order?: number;
  /** Rows may be missing before it. */
  afterGap?: boolean;
  /** fill: nothing newer was here, so it may be on its way live as well. */
  isEnd?: boolean;
}

export interface Ingested {
  chat: string;
  /** A new row that somebody else wrote, live. */
  fresh?: MessageRow;
  /** The new row goes at this time. */
  expires?: number;
  /** The owner has written to them before. */
  isAnswered?: boolean;
  /** This stanza wants a receipt to be sent for its id. */
  owesReceipt?: string;
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
  const isRoom = facts.type === 'groupchat' || facts.whisper !== undefined || self.isRoom(chat);
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
  if (facts.moved) return { kind: 'moved', target: facts.moved.id, place: facts.moved.place, ended: facts.moved.ended };
  if (facts.vote) return { kind: 'vote', target: facts.vote.to, choices: facts.vote.choices };
  if (facts.closesPoll !== undefined) return { kind: 'close', target: facts.closesPoll };
  if (facts.opened !== undefined) return { kind: 'opened', target: facts.opened };
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
  if (facts.sawStory !== undefined && facts.body === undefined) {
    if (!who.mine && facts.type === 'chat') await noteViewer(tx, self.jid, facts.sawStory, who.author, origin.time);
    return undefined;
  }
  const amendment = amendmentOf(facts);
  if (amendment) {
    if (amendment.kind === 'moderate' && bare(facts.from) !== who.chat) return undefined;
    const chat = await chatRow(tx, who.chat, kindOfChat(self, who));
    if (isCleared(chat, facts, origin)) return { chat: who.chat };
    await amend(tx, chat, amendment, { author: who.author, name: who.from.name, mine: who.mine, isRoom: who.isRoom, time: origin.time, isNews: origin.way === 'live' || origin.isMissed === true }, origin.way === 'fill');
    await tx.put('chats', chat);
    return { chat: who.chat };
  }
  if (!hasContent(facts) && !setsTimer(facts)) return undefined;
  // What is over by the time it comes is of no use to anybody.
  if (!setsTimer(facts) && (expiry(facts, origin.time) ?? Infinity) <= self.now()) return undefined;
  return keep(tx, self, facts, origin, who, archiveId);
}

/** Whether a message is a row of its own: many of an archive only say something about others. */
export function isRow(facts: MessageFacts): boolean {
  return amendmentOf(facts) === undefined && (hasContent(facts) || setsTimer(facts));
}

function hasContent(facts: MessageFacts): boolean {
  if (facts.type === 'error') return false;
  if (facts.tombstone) return true;
  if (facts.subject !== undefined && facts.body === undefined) return false;
  if (facts.once !== undefined) return true;
  if (setsTimer(facts)) return facts.files.length > 0 || facts.place !== undefined || facts.card !== undefined || facts.isEncrypted;
  return facts.body !== undefined || facts.files.length > 0 || facts.place !== undefined || facts.card !== undefined || facts.poll !== undefined || facts.isEncrypted;
}

/** A message that holds a timer alone is a setting of the chat. */
function setsTimer(facts: MessageFacts): boolean {
  return facts.timer !== undefined && facts.type !== 'error' && facts.subject === undefined && (facts.text ?? '') === '' && facts.once === undefined && facts.poll === undefined;
}

function kindOfChat(self: Self, who: Whose): 'person' | 'room' | 'self' {
  return who.isRoom ? 'room' : who.chat === self.jid ? 'self' : 'person';
}

async function keep(tx: Tx, self: Self, facts: MessageFacts, origin: Origin, who: Whose, archiveId: string | undefined): Promise<Ingested> {
  const [chat, known] = await Promise.all([chatRow(tx, who.chat, kindOfChat(self, who)), find(tx, who, facts, archiveId)]);
  const owesReceipt = facts.wantsReceipt && !who.mine && facts.id !== undefined && facts.type !== 'groupchat' && origin.way === 'live' ? { owesReceipt: facts.id, isAnswered: chat.answered ?? false } : {};
  if (known) {
    // The archive was read just before it came: only now it is new.
    const isFresh = known.early === true && origin.way === 'live' && !known.mine && known.kind !== 'system';
    delete known.early;
    if (isFresh && known.order > chat.readTo) countNew(chat, known);
    await meetAgain(tx, chat, known, facts, origin, archiveId);
    return { chat: who.chat, ...owesReceipt, ...(isFresh && { fresh: known }), ...(known.expires && { expires: known.expires }) };
  }
  if (isCleared(chat, facts, origin)) return { chat: who.chat, ...owesReceipt };
  const row = makeRow(self, facts, origin, who, archiveId);
  row.order = origin.order ?? append(chat, origin.afterGap ?? false);
  if (origin.isEnd && !row.mine) row.early = true;
  if (row.event?.kind === 'timer' && row.order > (chat.timing?.order ?? -Infinity)) chat.timing = { seconds: Number(row.event.text ?? 0), order: row.order };
  await amendFromStrays(tx, chat, row, who.isRoom);
  if (row.mine && row.order <= chat.peerRead) row.ticks = 'read';
  if (row.mine && row.kind !== 'system') chat.answered = true;
  const isNew = origin.way !== 'fill';
  if (row.mine && isNew) settleRead(chat, row.order);
  else if (isNew && row.order > chat.readTo && row.kind !== 'system') countNew(chat, row);
  await putRow(tx, chat, row);
  await tx.put('chats', chat);
  return { chat: who.chat, ...owesReceipt, ...(!row.mine && row.kind !== 'system' && origin.way === 'live' && { fresh: row }), ...(row.expires && { expires: row.expires }) };
}

/** The owner does not want to see it any more. What comes now has no time of the server's, and is new. */
function isCleared(chat: ChatRow, facts: MessageFacts, origin: Origin): boolean {
  const isNow = (origin.way === 'live' || origin.way === 'carbon') && facts.delayed === undefined;
  return !isNow && origin.time <= (chat.cleared?.time ?? -Infinity);
}

function countNew(chat: ChatRow, row: MessageRow): void {
  chat.unread += 1;
  if (row.mentions.some((mention) => mention.me)) chat.mentions += 1;
}

async function find(tx: Tx, who: Whose, facts: MessageFacts, archiveId: string | undefined): Promise<MessageRow | undefined> {
  const [known, same] = await Promise.all([
    archiveId === undefined ? undefined : byArchiveId(tx, who.chat, archiveId),
    facts.id === undefined ? [] : byStanzaId(tx, who.chat, facts.id),
  ]);
  // The same stanza by two ways: same author, same id, and not two places in the archive.
  return known ?? same.find((row) => row.mine === who.mine && (row.mine || row.author === who.author) && (row.archiveId === undefined || archiveId === undefined));
}

/** A row that stands already: what was sent from here comes back, or the archive shows it. */
async function meetAgain(tx: Tx, chat: ChatRow, row: MessageRow, facts: MessageFacts, origin: Origin, archiveId: string | undefined): Promise<void> {
  const isFirstTime = row.archiveId === undefined && archiveId !== undefined;
  if (archiveId !== undefined) row.archiveId = archiveId;
  if (row.mine && row.queued !== undefined) {
    delete row.queued;
    delete row.uploads;
    delete row.slots;
  }
  raise(row, 'sent');
  // The archive's order is the order: what it shows now stands behind all that it showed before.
  if (isFirstTime && row.mine && origin.way !== 'fill') {
    row.order = append(chat, false);
    row.time = origin.time;
    settleRead(chat, row.order);
  }
  // Who reads up to the end has read what came after it as well.
  if (origin.way === 'catchup') delete row.gapAfter;
  if (facts.tombstone !== undefined && row.kind !== 'deleted') {
    tx.left.push({ ...row });
    bury(row, 'author');
  }
  if (facts.expiresAt !== undefined) row.expires = facts.expiresAt;
  if (facts.once) row.onceId = facts.once;
  if (isFirstTime) await amendFromStrays(tx, chat, row, chat.kind === 'room');
  await putRow(tx, chat, row);
  await tx.put('chats', chat);
}

export function bury(row: MessageRow, by: 'author' | 'moderator' | 'me', reason?: string): void {
  row.kind = 'deleted';
  row.deleted = { by, ...(reason && { reason }) };
  row.text = '';
  row.attachments = [];
  row.mentions = [];
  delete row.place;
  delete row.live;
  delete row.card;
  delete row.poll;
  delete row.votesBy;
  delete row.reply;
  delete row.reactionsBy;
  delete row.media;
  delete row.link;
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
    kind: facts.isEncrypted && facts.files.length === 0 && facts.body === undefined ? 'encrypted' : facts.poll ? 'poll' : isSticker(facts) ? 'sticker' : kindOf(facts.files, facts.place !== undefined, facts.card !== undefined),
    text: isSticker(facts) ? '' : facts.text ?? '',
    mine: who.mine,
    attachments: attachmentsOf(facts),
    mentions: mentionsOf(facts, self.jid),
    starred: false,
    pinned: false,
    gapBefore: origin.afterGap ?? false,
    ...(facts.id && { stanzaId: facts.id }),
    ...(archiveId && { archiveId }),
    ...(facts.place && { place: facts.place }),
    ...(facts.place && facts.live !== undefined && { live: { until: facts.live, at: origin.time } }),
    ...(facts.card && { card: facts.card }),
    ...(facts.poll && { poll: facts.poll }),
    ...(facts.reply && { reply: facts.reply }),
    ...(facts.forwarded && { forwarded: true }),
    ...(facts.silent && { silent: true }),
    ...(facts.spoiler !== undefined && { spoiler: facts.spoiler }),
    ...(facts.isEncrypted && { encrypted: true }),
    ...(who.mine && { ticks: 'sent' as const }),
  };
  const link = linkOf(facts);
  if (link) row.link = link;
  if (who.isRoom && facts.type !== 'groupchat') whisper(self, facts, who, row);
  const expires = expiry(facts, origin.time);
  if (expires !== undefined && !setsTimer(facts)) Object.assign(row, { expires, ...(facts.timer && { timer: facts.timer }) });
  if (facts.once !== undefined) Object.assign(row, { kind: 'text', once: { opened: false }, text: '', attachments: [], ...(facts.once && { onceId: facts.once }) });
  else if (setsTimer(facts) && !hasContent(facts)) Object.assign(row, { kind: 'system', event: { kind: 'timer', by: who.from.name, text: String(facts.timer) } });
  const media = mediaKind(row);
  if (media) row.media = media;
  if (facts.tombstone) bury(row, facts.tombstone.by, facts.tombstone.reason);
  return row;
}

/** Of what the sender told of links that which is about one in the text: nobody is shown a card without its address. */
function linkOf(facts: MessageFacts): LinkCard | undefined {
  if (facts.links.length === 0 || facts.once !== undefined) return undefined;
  const said = webLinks(facts.text ?? '');
  for (const url of said) {
    const found = facts.links.find((one) => sameLink(one.url, url));
    if (found) return { ...found, url };
  }
  return undefined;
}

export function attachmentsOf(facts: MessageFacts): Attachment[] {
  return facts.files.map((file) => ({ kind: attachmentKind(file), name: file.name, mime: file.mime, size: file.size, url: file.url, ...(file.width && { width: file.width }), ...(file.height && { height: file.height }), ...(file.duration && { duration: file.duration }), ...(file.waveform && { waveform: file.waveform }), ...(file.thumb && { thumb: file.thumb }), ...(file.desc && { desc: file.desc }) }));
}

/** Everybody who has it but oneself: their names, and where an answer goes. */
function whisper(self: Self, facts: MessageFacts, who: Whose, row: MessageRow): void {
  const me = self.occupant(who.chat);
  const to: Whispered[] = facts.whisper ?? (who.mine && resource(facts.to) !== '' ? [{ nick: resource(facts.to) }] : []);
  const others = to.filter((one) => !(one.id !== undefined && one.id === me?.id) && !(one.nick !== undefined && one.nick === me?.nick));
  if (!who.mine) others.unshift({ ...(facts.occupantId && { id: facts.occupantId }), nick: who.from.name });
  row.whisper = others.map((one) => one.nick ?? one.jid ?? '').filter((name) => name !== '');
  row.whisperTo = others;
}

/** One picture that says to be one; what its sender says of it stands for it elsewhere. */
function isSticker(facts: MessageFacts): boolean {
  const [file, ...more] = facts.files;
  return facts.sticker && file !== undefined && more.length === 0 && attachmentKind(file) === 'image';
}

export function mediaKind(row: MessageRow): 'media' | 'files' | 'links' | undefined {
  if (row.kind === 'sticker') return undefined;
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
