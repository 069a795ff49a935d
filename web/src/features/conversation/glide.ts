// A window that has moved is mounted a few rows at a time, one portion a frame, so that no frame takes long however
// many rows are new. A window somewhere else begins with the rows that will be looked at, and grows from there.

import type { Message, MessageId, MessageWindow } from '../../store/types.ts';

/** New rows of one frame. */
export const PORTION = 3;
/** Rows of a first look: about a screen. */
export const LOOK = 16;

/** What to mount next on the way from what is mounted to `whole`; at the end `whole` itself. `at`: where one will look. */
export function towards(mounted: MessageWindow | undefined, whole: MessageWindow, at: MessageId | undefined): MessageWindow {
  const { rows } = whole;
  const places = new Map(rows.map((row, i) => [row.id, i]));
  const before = mounted?.chat === whole.chat ? mounted.rows : [];
  const first = before.findIndex((row) => places.has(row.id));
  if (first < 0) return look(whole, places.get(at ?? ''));
  const last = before.findLastIndex((row) => places.has(row.id));
  const from = Math.max(0, (places.get(before[first]?.id ?? '') ?? 0) - PORTION);
  const to = Math.min(rows.length, (places.get(before[last]?.id ?? '') ?? 0) + 1 + PORTION);
  // What the whole has no more goes as slowly.
  const head = before.slice(0, first).slice(PORTION);
  const tail = before.slice(last + 1).slice(0, -PORTION);
  if (from === 0 && to === rows.length && head.length === 0 && tail.length === 0) return whole;
  return part(whole, from, to, head, tail);
}

function look(whole: MessageWindow, at: number | undefined): MessageWindow {
  const { length } = whole.rows;
  if (length <= LOOK) return whole;
  const from = at === undefined ? length - LOOK : Math.max(0, Math.min(length - LOOK, at - LOOK / 2));
  return part(whole, from, from + LOOK, [], []);
}

function part(whole: MessageWindow, from: number, to: number, head: Message[], tail: Message[]): MessageWindow {
  return { ...whole, rows: [...head, ...whole.rows.slice(from, to), ...tail], hasOlder: whole.hasOlder || from > 0, hasNewer: whole.hasNewer || to < whole.rows.length };
}
