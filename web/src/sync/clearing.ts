// A chat that is cleared: what was said up to a point is shown on none of one's devices any more. The others keep theirs,
// and so does the archive, so that it can be taken back. The point is kept with the chat's other states (chats.ts).

import type { Tx } from '../store/db.ts';
import { preview, QUEUE } from '../store/log.ts';
import type { ChatRow, Cleared, MessageRow } from '../store/rows.ts';
import type { Archive } from './archive.ts';
import type { Chats } from './chats.ts';
import type { Core } from './core.ts';

/** How long what was cleared is held, in case it is taken back: longer than the words that offer it stand. */
const HELD_MS = 15_000;
/** More rows are not held; the server gives them again. */
const MAX_HELD = 5000;

interface Held {
  rows: MessageRow[];
  isAll: boolean;
  before: ChatRow;
}

export class Clearing {
  private held = new Map<string, Held>();

  constructor(private readonly core: Core, private readonly chats: Chats, private readonly archive: Archive) {}

  async clear(jid: string): Promise<void> {
    const end = this.core.connection.isLive ? await this.archive.end(jid).catch(() => undefined) : undefined;
    await this.chats.set(jid, async (chat, tx) => {
      const before = structuredClone(chat);
      const rows = await allRows(tx, jid);
      // Without the server's word: as late as the newest that is here.
      const newest = rows.findLast((row) => row.order < QUEUE && row.archiveId !== undefined);
      const time = end?.time ?? rows.reduce((latest, row) => (row.order < QUEUE ? Math.max(latest, row.time) : latest), chat.cleared?.time ?? 0);
      const id = end?.id ?? newest?.archiveId;
      chat.cleared = { time, ...(id !== undefined && { id }) };
      const gone = await drop(tx, chat, rows, (row) => row.queued === undefined);
      this.held.set(jid, { rows: gone.slice(-MAX_HELD), isAll: gone.length <= MAX_HELD, before });
    });
    this.core.timer(HELD_MS, () => this.held.delete(jid));
    this.core.bus.touch('starred');
  }

  /** Everything is shown again. False: that was too long ago. */
  async undo(jid: string): Promise<boolean> {
    const held = this.held.get(jid);
    if (!held) return false;
    this.held.delete(jid);
    await this.chats.set(jid, async (chat, tx) => {
      const { cleared, last, pins, complete } = held.before;
      move(chat, cleared);
      for (const [i, row] of held.rows.entries()) await tx.put('messages', i === 0 && !held.isAll ? { ...row, gapBefore: true } : row);
      chat.complete = held.isAll && complete;
      if (pins) chat.pins = pins;
      if (last && (!chat.last || chat.last.order < last.order)) chat.last = last;
    });
    this.core.bus.touch('starred');
    return true;
  }
}

/** What another device has cleared, or taken back, is so here too. */
export async function clearAs(tx: Tx, chat: ChatRow, cleared: Cleared | undefined): Promise<void> {
  if (cleared?.time === chat.cleared?.time && cleared?.id === chat.cleared?.id) return;
  const isMore = (cleared?.time ?? 0) > (chat.cleared?.time ?? 0);
  move(chat, cleared);
  if (!cleared || !isMore) {
    // What lies before is fetched where it is looked at.
    chat.complete = false;
    return;
  }
  const rows = await allRows(tx, chat.jid);
  const named = rows.find((row) => row.archiveId !== undefined && row.archiveId === cleared.id);
  // What came live has the time of its arrival: where the last one is known the order decides.
  await drop(tx, chat, rows, (row) => row.order < QUEUE && (row.time <= cleared.time || (named !== undefined && row.order <= named.order)));
}

function move(chat: ChatRow, cleared: Cleared | undefined): void {
  if (cleared) chat.cleared = cleared;
  else delete chat.cleared;
}

function allRows(tx: Tx, jid: string): Promise<MessageRow[]> {
  return tx.all<MessageRow>('messages', { index: 'order', lower: [jid, -Infinity], upper: [jid, Infinity] });
}

/** Takes rows away. The chat's row is written by the caller. */
async function drop(tx: Tx, chat: ChatRow, rows: MessageRow[], isGone: (row: MessageRow) => boolean): Promise<MessageRow[]> {
  const gone = rows.filter(isGone);
  const ids = new Set(gone.map((row) => row.id));
  tx.left.push(...gone);
  for (const id of ids) await tx.delete('messages', [chat.jid, id]);
  const rest = rows.filter((row) => !ids.has(row.id));
  const last = rest.at(-1);
  if (last) chat.last = preview(last);
  else delete chat.last;
  if (chat.pins) chat.pins = chat.pins.filter((id) => !ids.has(id));
  chat.unread = rest.filter((row) => !row.mine && row.kind !== 'system' && row.order > chat.readTo).length;
  if (chat.unread === 0) {
    chat.mentions = 0;
    delete chat.unreadMore;
  }
  chat.complete = true;
  return gone;
}
