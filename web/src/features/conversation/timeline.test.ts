import { expect, test } from 'vitest';
import type { Message } from '../../store/types.ts';
import { copyText, Items, items, type Item } from './timeline.ts';

const noon = new Date(2026, 10, 24, 12).getTime();
let order = 0;
const row = (id: string, more: Partial<Message> = {}): Message => ({
  id, chat: 'c', from: { name: 'Ann', jid: 'ann@x', me: false }, order: ++order, time: noon, kind: 'text', text: id, mine: false, reactions: [],
  attachments: [], starred: false, pinned: false, mentions: [], gapBefore: false, ...more,
});
const shape = (rows: Message[], unread?: string): string[] =>
  items(rows, unread).map((item) => (item.kind === 'message' ? `${item.first ? '(' : ''}${item.message.id}${item.last ? ')' : ''}` : item.kind === 'events' ? `events ${item.rows.length}` : item.kind));

test('messages of one person within five minutes stand together', () => {
  expect(shape([row('a'), row('b', { time: noon + 60_000 }), row('c', { time: noon + 600_000 })])).toEqual(['day', '(a', 'b)', '(c)']);
});

test('another person, a whisper and the unread divider begin a new group', () => {
  const rows = [row('a'), row('b', { from: { name: 'Bo', jid: 'bo@x', me: false } }), row('c', { from: { name: 'Bo', jid: 'bo@x', me: false }, whisper: ['me'] }), row('d', { from: { name: 'Bo', jid: 'bo@x', me: false }, whisper: ['me'] })];
  expect(shape(rows, 'd')).toEqual(['day', '(a)', '(b)', '(c)', 'unread', '(d)']);
});

test('two people of one name are two people', () => {
  expect(shape([row('a', { from: { name: 'Ann', occupantId: '1', me: false } }), row('b', { from: { name: 'Ann', occupantId: '2', me: false } })])).toEqual(['day', '(a)', '(b)']);
});

test('days are divided, gaps are shown, events fold', () => {
  const rows = [row('a'), row('s1', { kind: 'system' }), row('s2', { kind: 'system' }), row('b', { time: noon + 86_400_000, gapBefore: true })];
  expect(shape(rows)).toEqual(['day', '(a)', 'events 2', 'gap', 'day', '(b)']);
});

test('a clock that goes back makes no second line for a day that was', () => {
  expect(shape([row('a'), row('b', { time: noon - 86_400_000 })]).filter((kind) => kind === 'day')).toHaveLength(1);
});

test('one message is copied as its text, several with who and when', () => {
  expect(copyText([row('a')], (m) => m.text, () => '12:00')).toBe('a');
  expect(copyText([row('a'), row('b')], (m) => m.text, () => '12:00')).toBe('[12:00] Ann: a\n[12:00] Ann: b');
});

test('what is as it was stays the same item when a window moves, and what changed does not', () => {
  const list = new Items();
  const [one, two, three, four] = [row('1'), row('2'), row('3'), row('4')];
  const before = list.of([one, two, three], undefined);
  const edited = { ...two, text: 'other' };
  const after = list.of([one, edited, three], undefined);
  const at = (all: Item[], id: string): Item | undefined => all.find((item) => item.key === id);
  expect(at(after, '1')).toBe(at(before, '1'));
  expect(at(after, '3')).toBe(at(before, '3'));
  expect(at(after, '2')).not.toBe(at(before, '2'));
  // The next of the same author ends a group: how the last is drawn changes.
  const longer = list.of([one, edited, three, four], undefined);
  expect(at(longer, '2')).toBe(at(after, '2'));
  expect(at(longer, '3')).not.toBe(at(after, '3'));
});

test('where a message went at its time a line says so while something beside it is shown; what else goes leaves none', () => {
  const made = new Items();
  const kinds = (rows: Message[], time: number): string[] => made.of(rows, undefined, time).map((one) => (one.kind === 'message' ? one.message.id : one.kind === 'expired' ? `expired ${one.count}` : one.kind));
  const [a, b, c, d] = [row('a'), row('b', { expires: 50 }), row('c', { expires: 60 }), row('d')];
  expect(kinds([a, b, c, d], 0)).toEqual(['day', 'a', 'b', 'c', 'd']);
  expect(kinds([a, c, d], 55)).toEqual(['day', 'a', 'expired 1', 'c', 'd']);
  expect(kinds([a, d], 65)).toEqual(['day', 'a', 'expired 2', 'd']);
  // A row that was hidden, and a window that has moved away.
  expect(kinds([d], 70)).toEqual(['expired 2', 'day', 'd']);
  expect(kinds([row('x'), row('y')], 70)).toEqual(['day', 'x', 'y']);
});
