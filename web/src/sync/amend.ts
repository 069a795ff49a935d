// What is said about messages that stand: edits, reactions, retractions, receipts, markers. If the message is
// not here it is kept as a stray, and applied when the message comes.

import type { Tx } from '../store/db.ts';
import { byArchiveId, byStanzaId, pinRow, putRow, strays } from '../store/log.ts';
import type { ChatRow, MessageRow, StrayRow } from '../store/rows.ts';
import type { Mention, Place } from '../store/types.ts';
import { bury, mediaKind, raise } from './ingest.ts';
import type { Mark } from './marks.ts';

export type Amendment =
  | { kind: 'receipt' | 'displayed' | 'retract' | 'opened'; target: string }
  | { kind: 'moderate'; target: string; reason?: string }
  | { kind: 'mark'; target: string; mark: Mark }
  | { kind: 'vote'; target: string; choices: number[] }
  | { kind: 'close'; target: string }
  | { kind: 'moved'; target: string; place: Place; ended: boolean }
  | { kind: 'react'; target: string; emojis: string[] }
  | { kind: 'edit'; target: string; text: string; mentions: Mention[] };

export interface By {
  author: string;
  name: string;
  mine: boolean;
  isRoom: boolean;
  time: number;
  /** It comes as it is said, or was missed. */
  isNews?: boolean;
}

/** How far back a marker is carried: everything older was marked before. */
const MARK_BACK = 500;

/** `isOld`: read out of the archive's depth, so that what is known of the same kind is newer. */
export async function amend(tx: Tx, chat: ChatRow, amendment: Amendment, by: By, isOld: boolean): Promise<void> {
  const row = await target(tx, chat.jid, amendment, by);
  if (!row) return stray(tx, chat.jid, amendment, by, isOld);
  const { kind, attachments, link } = row;
  if (!change(chat, row, amendment, by, isOld)) return;
  if (row.kind === 'deleted' && kind !== 'deleted') tx.left.push({ attachments, link });
  await putRow(tx, chat, row);
  if (amendment.kind === 'displayed' && !by.isRoom && !by.mine) await markRead(tx, chat, row.order);
}

/** In rooms messages are named by the room's id, except by those who correct their own. */
async function target(tx: Tx, chat: string, amendment: Amendment, by: By): Promise<MessageRow | undefined> {
  if (amendment.kind === 'opened') return tx.get<MessageRow>('messages', [chat, amendment.target], 'once');
  const named = await byArchiveId(tx, chat, amendment.target);
  if (named) return named;
  const rows = await byStanzaId(tx, chat, amendment.target);
  return rows.find((row) => isPermitted(row, amendment, by)) ?? rows[0];
}

function isPermitted(row: MessageRow, amendment: Amendment, by: By): boolean {
  switch (amendment.kind) {
    case 'edit':
    case 'close':
    case 'moved':
    case 'retract':
      return row.author === by.author && row.mine === by.mine;
    case 'receipt':
    case 'displayed':
      return row.mine && !by.mine;
    case 'moderate':
      return by.isRoom;
    case 'opened':
      // Who got it opened it.
      return row.mine !== by.mine;
    case 'react':
    case 'vote':
      return true;
    case 'mark':
      return by.mine;
  }
}

function change(chat: ChatRow, row: MessageRow, amendment: Amendment, by: By, isOld: boolean): boolean {
  if (!isPermitted(row, amendment, by)) return false;
  switch (amendment.kind) {
    case 'edit':
      if (row.kind === 'deleted' || (isOld && (row.edited ?? 0) >= by.time)) return false;
      row.text = amendment.text;
      row.mentions = amendment.mentions;
      row.edited = by.time;
      if (row.link && !row.text.includes(row.link.url)) delete row.link;
      if (row.attachments.length === 0) {
        const media = mediaKind(row);
        if (media) row.media = media;
        else delete row.media;
      }
      return true;
    case 'retract':
      bury(row, 'author');
      return true;
    case 'moderate':
      bury(row, 'moderator', amendment.reason);
      return true;
    case 'react': {
      if (row.kind === 'deleted') return false;
      const all = (row.reactionsBy ??= {});
      if (isOld && Object.hasOwn(all, by.author)) return false;
      // An empty set is kept too: it is newer than what the archive's depth may show.
      all[by.author] = { emojis: amendment.emojis, name: by.name, mine: by.mine };
      if (row.mine && !by.mine && by.isNews && amendment.emojis.length > 0) chat.reacted = row.id;
      else if (chat.reacted === row.id && !by.mine) delete chat.reacted;
      return true;
    }
    case 'vote': {
      if (!row.poll || row.poll.closed) return false;
      const all = (row.votesBy ??= {});
      if (isOld && Object.hasOwn(all, by.author)) return false;
      const choices = amendment.choices.filter((choice) => choice < (row.poll?.options.length ?? 0));
      all[by.author] = { choices: row.poll.multiple ? choices : choices.slice(0, 1), name: by.name, mine: by.mine };
      return true;
    }
    case 'close':
      if (!row.poll) return false;
      row.poll.closed = true;
      return true;
    case 'moved': {
      const { live } = row;
      if (!live || live.ended || by.time < live.at || by.time > live.until) return false;
      row.place = { ...amendment.place, ...(row.place?.text && { text: row.place.text }) };
      row.live = { until: live.until, at: by.time, ...(amendment.ended && { ended: true }) };
      return true;
    }
    case 'mark':
      markRow(chat, row, amendment.mark);
      return true;
    case 'opened':
      row.once = { opened: true };
      note(row, by, 'read');
      return true;
    case 'receipt':
      note(row, by, 'delivered');
      return by.isRoom || raise(row, 'delivered');
    case 'displayed':
      note(row, by, 'read');
      if (!by.isRoom) raise(row, 'read');
      return true;
  }
}

function markRow(chat: ChatRow, row: MessageRow, { starred, pinned, hidden }: Mark): void {
  starRow(row, starred);
  // What is pinned in a group is the group's.
  if (row.from.occupantId === undefined) pinRow(chat, row, pinned);
  if (hidden && row.kind !== 'deleted') bury(row, 'me');
}

export function starRow(row: MessageRow, on: boolean): void {
  row.starred = on;
  if (on) row.star = 1;
  else delete row.star;
}

function note(row: MessageRow, by: By, what: 'delivered' | 'read'): void {
  const reads = (row.reads ??= {});
  const entry = (reads[by.author] ??= { name: by.name });
  entry[what] ??= by.time;
}

async function markRead(tx: Tx, chat: ChatRow, order: number): Promise<void> {
  if (order <= chat.peerRead) return;
  chat.peerRead = order;
  const rows: MessageRow[] = [];
  await tx.walk<MessageRow>('messages', { index: 'order', lower: [chat.jid, -Infinity], upper: [chat.jid, order], reverse: true, max: MARK_BACK }, (row) => {
    if (row.mine && row.ticks === 'read' && row.order < order) return false;
    if (raise(row, 'read')) rows.push(row);
    return true;
  });
  for (const row of rows) await putRow(tx, chat, row);
}

async function stray(tx: Tx, chat: string, amendment: Amendment, by: By, isOld: boolean): Promise<void> {
  if (by.mine && (amendment.kind === 'receipt' || amendment.kind === 'displayed')) return;
  const row: StrayRow = { chat, target: amendment.target, kind: amendment.kind, author: by.author, facts: { amendment, by } };
  if (isOld && (await tx.get<StrayRow>('strays', [chat, row.target, row.kind, row.author]))) return;
  await tx.put('strays', row);
}

/** Applies what was said about the row before it came. */
export async function amendFromStrays(tx: Tx, chat: ChatRow, row: MessageRow, isRoom: boolean): Promise<void> {
  const names = [row.stanzaId, row.archiveId, row.onceId].filter((name): name is string => name !== undefined);
  for (const waiting of (await Promise.all(names.map((name) => strays(tx, row.chat, name)))).flat()) {
    const { amendment, by } = waiting.facts as { amendment: Amendment; by: By };
    if (!isPermitted(row, amendment, { ...by, isRoom })) continue;
    change(chat, row, amendment, by, false);
    if (amendment.kind === 'displayed' && !isRoom) await markRead(tx, chat, row.order);
    await tx.delete('strays', [waiting.chat, waiting.target, waiting.kind, waiting.author]);
  }
}
