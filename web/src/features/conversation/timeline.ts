// From the rows of a window to what a conversation shows: days, the unread divider, gaps, folded events, groups of bubbles.

import { daysBetween } from '../../frame/format.ts';
import type { Message, MessageId } from '../../store/types.ts';

export type Item =
  | { kind: 'day'; key: string; time: number }
  | { kind: 'unread'; key: string }
  | { kind: 'gap'; key: string; before: MessageId }
  | { kind: 'events'; key: string; rows: Message[] }
  /** Where messages stood until a moment ago, whose time came under the reader's eyes. */
  | { kind: 'expired'; key: string; count: number }
  | { kind: 'message'; key: string; message: Message; first: boolean; last: boolean };

/** Where an item stands in the whole, for screen readers (WAI-ARIA: -1 where nobody knows how many there are). */
export interface Placed {
  'aria-setsize'?: number | undefined;
  'aria-posinset'?: number | undefined;
}

/** Messages of one author within this time stand together. */
const GROUP_MS = 5 * 60_000;

const author = (message: Message): string => (message.mine ? 'me' : message.from.occupantId ?? message.from.jid ?? message.from.name);

function together(a: Message, b: Message): boolean {
  return author(a) === author(b) && Math.abs(b.time - a.time) < GROUP_MS && (a.whisper ?? []).join() === (b.whisper ?? []).join();
}

export function items(rows: readonly Message[], firstUnread: MessageId | undefined): Item[] {
  const out: Item[] = [];
  let before: Message | undefined;
  for (const row of rows) {
    if (row.gapBefore) out.push({ kind: 'gap', key: `gap ${row.id}`, before: row.id });
    // The times of the log never go back for one's own server, but those of others may.
    if (!before || daysBetween(before.time, row.time) > 0) out.push({ kind: 'day', key: `day ${row.id}`, time: row.time });
    if (row.id === firstUnread) out.push({ kind: 'unread', key: 'unread' });
    const last = out.at(-1);
    if (row.kind === 'system') {
      if (last?.kind === 'events') last.rows.push(row);
      else out.push({ kind: 'events', key: row.id, rows: [row] });
    } else {
      const first = !(last?.kind === 'message' && together(last.message, row));
      if (!first && last?.kind === 'message') last.last = false;
      out.push({ kind: 'message', key: row.id, message: row, first, last: true });
    }
    before = row;
  }
  return out;
}

/** The items of a window that moves: one that is as it was is the same object, so that nothing of it is made anew. */
export class Items {
  #before = new Map<string, Item>();

  /** `time`: now. Nothing of what expired is kept anywhere: that it stood here is known only as long as the conversation is open. */
  of(rows: readonly Message[], firstUnread: MessageId | undefined, time = 0): Item[] {
    const fresh = items(rows, firstUnread).map((item) => {
      const before = this.#before.get(item.key);
      return before && isSame(before, item) ? before : item;
    });
    const now = withExpired([...this.#before.values()], fresh, time);
    this.#before = new Map(now.map((item) => [item.key, item]));
    return now;
  }
}

/** What was shown and is over stands as one line in its place, as long as something beside it is shown. */
function withExpired(before: readonly Item[], now: readonly Item[], time: number): Item[] {
  const here = new Set(now.map((item) => item.key));
  const out = [...now];
  if (now.length > 0 && !before.some((item) => here.has(item.key))) return out;
  let at = -1;
  for (const item of before) {
    if (here.has(item.key)) at = out.findIndex((one) => one.key === item.key);
    else if (item.kind === 'expired' || (item.kind === 'message' && (item.message.expires ?? Infinity) <= time)) {
      const count = item.kind === 'expired' ? item.count : 1;
      const last = out[at];
      if (last?.kind === 'expired') out[at] = { ...last, count: last.count + count };
      else out.splice((at += 1), 0, item.kind === 'expired' ? item : { kind: 'expired', key: `expired ${item.key}`, count });
    }
  }
  return out;
}

function isSame(a: Item, b: Item): boolean {
  if (a.kind === 'message') return b.kind === 'message' && a.message === b.message && a.first === b.first && a.last === b.last;
  if (a.kind === 'events') return b.kind === 'events' && a.rows.length === b.rows.length && a.rows.every((row, i) => row === b.rows[i]);
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What "copy" of several messages gives: "[time] name: text" a line, or the text alone of a single one. */
export function copyText(messages: readonly Message[], line: (message: Message) => string, stamp: (time: number) => string): string {
  const [only] = messages;
  if (only && messages.length === 1) return only.text;
  return messages.map((message) => `[${stamp(message.time)}] ${message.from.name}: ${line(message)}`).join('\n');
}
