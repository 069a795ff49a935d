// The log of a chat: where rows stand, and the few ways in which it changes. All inside a transaction.

import type { Tx } from './db.ts';
import type { ChatRow, MessageRow, StrayRow } from './rows.ts';
import type { ChatKind, MessageKind, Preview } from './types.ts';

/** Between neighbours, so that a row may come between. */
export const STEP = 1024;
/** Left free where messages are missing: more than any log holds. */
export const GAP = 2 ** 40;
/** What is not sent yet stands behind everything. */
export const QUEUE = 2 ** 52;
const PREVIEW_LENGTH = 160;

export async function chatRow(tx: Tx, jid: string, kind: ChatKind): Promise<ChatRow> {
  return (await tx.get<ChatRow>('chats', jid)) ?? newChat(jid, kind);
}

/** Up to when a chat was cleared: what is not younger is not shown. */
export async function clearedTo(tx: Tx, jid: string): Promise<number> {
  return (await tx.get<ChatRow>('chats', jid))?.cleared?.time ?? -Infinity;
}

export function newChat(jid: string, kind: ChatKind): ChatRow {
  return { jid, kind, time: 0, unread: 0, mentions: 0, marked: false, pinned: false, mutedUntil: 0, archived: false, complete: false, tail: 0, readTo: Number.MIN_SAFE_INTEGER, peerRead: Number.MIN_SAFE_INTEGER };
}

/** The order of the next row at the end; behind a gap if one is there. */
export function append(chat: ChatRow, afterGap: boolean): number {
  chat.tail += afterGap && chat.tail > 0 ? GAP : STEP;
  return chat.tail;
}

/** Orders for `count` rows that stand directly before `before`, the oldest first. */
export async function prepend(tx: Tx, before: MessageRow, count: number): Promise<number[]> {
  let previous: number | undefined;
  await tx.walk<MessageRow>('messages', { index: 'order', lower: [before.chat, -Infinity], upper: [before.chat, before.order], upperOpen: true, reverse: true, max: 1 }, (row) => void (previous = row.order));
  const step = previous === undefined ? STEP : Math.min(STEP, (before.order - previous) / (count + 1));
  return Array.from({ length: count }, (_, i) => before.order - step * (count - i));
}

export async function byArchiveId(tx: Tx, chat: string, id: string): Promise<MessageRow | undefined> {
  return tx.get<MessageRow>('messages', [chat, id], 'archive');
}

/** The rows that carry a stanza's id; ids are their authors' choice, so there may be several. */
export async function byStanzaId(tx: Tx, chat: string, id: string): Promise<MessageRow[]> {
  return tx.all<MessageRow>('messages', { index: 'stanza', lower: [chat, id], upper: [chat, id] });
}

export async function strays(tx: Tx, chat: string, target: string): Promise<StrayRow[]> {
  return tx.all<StrayRow>('strays', { lower: [chat, target], upper: [chat, target, []] });
}

export async function rowsBefore(tx: Tx, chat: string, order: number, max: number): Promise<MessageRow[]> {
  const rows = await tx.all<MessageRow>('messages', { index: 'order', lower: [chat, -Infinity], upper: [chat, order], upperOpen: true, reverse: true, max });
  return rows.reverse();
}

export async function rowsFrom(tx: Tx, chat: string, order: number, max: number): Promise<MessageRow[]> {
  return tx.all<MessageRow>('messages', { index: 'order', lower: [chat, order], upper: [chat, Infinity], max });
}

/** The first row that is not older than `time`, as far as rows stand in the order of their times. */
export async function rowAt(tx: Tx, chat: string, time: number): Promise<MessageRow | undefined> {
  const [first] = await rowsFrom(tx, chat, -Infinity, 1);
  const last = await lastRow(tx, chat);
  if (!first || !last || last.time < time) return undefined;
  let [low, high, found] = [first.order, last.order, last];
  while (low <= high) {
    const [row] = await rowsFrom(tx, chat, Math.floor((low + high) / 2), 1);
    if (!row || row.order > high) high = Math.floor((low + high) / 2) - 1;
    else if (row.time < time) low = row.order + 1;
    else {
      found = row;
      high = Math.floor((low + high) / 2) - 1;
    }
  }
  return found;
}

export async function lastRow(tx: Tx, chat: string, isShown: (row: MessageRow) => boolean = () => true): Promise<MessageRow | undefined> {
  let found: MessageRow | undefined;
  await tx.walk<MessageRow>('messages', { index: 'order', lower: [chat, -Infinity], upper: [chat, Infinity], reverse: true, max: 50 }, (row) => {
    if (!isShown(row)) return true;
    found = row;
    return false;
  });
  return found;
}

/** Leaves the newest rows of a chat, and what is starred or not sent: the others are the server's to give again. */
export async function shorten(tx: Tx, chat: string, keep: number): Promise<void> {
  const rows = await tx.all<MessageRow>('messages', { index: 'order', lower: [chat, -Infinity], upper: [chat, Infinity] });
  // The cut is before a row of which it is known where it stands in the archive: there reading goes on.
  const newest = rows.findIndex((row, i) => i >= rows.length - keep && row.archiveId !== undefined);
  if (newest <= 0) return;
  let isGap = false;
  for (const [i, row] of rows.entries()) {
    const stays = i >= newest || (row.archiveId !== undefined && (row.star === 1 || row.pinned)) || row.queued !== undefined || row.ticks === 'failed';
    if (!stays) {
      tx.left.push(row);
      await tx.delete('messages', [chat, row.id]);
    } else if (isGap) await tx.put('messages', { ...row, gapBefore: true });
    isGap = !stays;
  }
  const kept = await tx.get<ChatRow>('chats', chat);
  if (kept) await tx.put('chats', { ...kept, complete: false });
}

/** All that was said in a chat goes from here. */
export async function forgetRows(tx: Tx, chat: string): Promise<void> {
  tx.left.push(...(await tx.all<MessageRow>('messages', { index: 'media', lower: [chat], upper: [chat, []] })));
  await tx.delete('messages', IDBKeyRange.bound([chat, ''], [chat, []]));
}

export function preview(row: MessageRow): Preview & { order: number } {
  const text = row.kind === 'deleted' ? '' : row.text || (row.kind === 'sticker' ? row.attachments[0]?.desc : row.attachments[0]?.name) || row.poll?.question || row.card?.name || row.place?.text || row.event?.text || '';
  return {
    id: row.id,
    kind: row.encrypted && row.kind === 'text' ? 'encrypted' : row.kind,
    text: text.replace(/\s+/g, ' ').slice(0, PREVIEW_LENGTH),
    mine: row.mine,
    time: row.time,
    order: row.order,
    ...(row.ticks && { ticks: row.ticks }),
    ...(row.from.name && { name: row.from.name }),
  };
}

/** Pins of one chat; the oldest gives way. */
export const MAX_PINS = 50;

/** Pins the message or takes it down: its row and the chat's list say the same. Both are written by the caller. */
export function pinRow(chat: ChatRow, row: MessageRow, on: boolean): void {
  row.pinned = on;
  const isListed = chat.pins?.includes(row.id) ?? false;
  if (on && !isListed) chat.pins = [...(chat.pins ?? []), row.id].slice(-MAX_PINS);
  else if (!on && isListed) chat.pins = (chat.pins ?? []).filter((id) => id !== row.id);
}

/** Writes the row, and the chat's last line if that changes. The chat's row is written by the caller. */
export async function putRow(tx: Tx, chat: ChatRow, row: MessageRow): Promise<void> {
  await tx.put('messages', row);
  if (row.kind === 'system' && chat.last) return;
  if (!chat.last || row.order >= chat.last.order || chat.last.id === row.id) {
    chat.last = preview(row);
    if (row.time > chat.time) chat.time = row.time;
  }
}

export function kindOf(files: { mime: string; voice: boolean; attached?: boolean }[], hasPlace: boolean, hasCard: boolean): MessageKind {
  if (hasPlace) return 'location';
  if (hasCard) return 'contact';
  const [file] = files;
  if (!file) return 'text';
  return attachmentKind(file);
}

/** SVG is no picture here: it may hold script where it is opened by itself. */
export function attachmentKind(file: { mime: string; voice: boolean; attached?: boolean | undefined }): 'image' | 'video' | 'voice' | 'audio' | 'file' {
  if (file.voice) return 'voice';
  if (file.attached) return 'file';
  if (/^image\/(png|jpeg|gif|webp|avif)$/.test(file.mime)) return 'image';
  if (file.mime.startsWith('video/')) return 'video';
  if (file.mime.startsWith('audio/')) return 'audio';
  return 'file';
}

/** What others said after what was read, the oldest first. */
export async function unreadRows(tx: Tx, chat: ChatRow, bound: number): Promise<MessageRow[]> {
  const rows = await tx.all<MessageRow>('messages', { index: 'order', lower: [chat.jid, chat.readTo], lowerOpen: true, upper: [chat.jid, QUEUE], max: bound });
  return rows.filter((row) => !row.mine && row.kind !== 'system');
}

export async function countUnread(tx: Tx, chat: ChatRow, bound: number): Promise<number> {
  return (await unreadRows(tx, chat, bound)).length;
}

/** Whether the reader is named in it. */
export const mentionsMe = (row: MessageRow): boolean => row.mentions.some((mention) => mention.me);

/** The owner has read up to here. */
export function settleRead(chat: ChatRow, order: number): void {
  if (order <= chat.readTo) return;
  chat.readTo = order;
  chat.unread = 0;
  delete chat.unreadMore;
  chat.mentions = 0;
  chat.marked = false;
}
