import { expect, test } from 'vitest';
import type { Chat, Me, Message, MessageWindow } from '../store/types.ts';
import { FirstScreen } from './first.ts';

function storage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & { all: Map<string, string> } {
  const all = new Map<string, string>();
  return { all, getItem: (key) => all.get(key) ?? null, setItem: (key, value) => void all.set(key, value), removeItem: (key) => void all.delete(key) };
}
const me: Me = { jid: 'ann@x', name: 'Ann', show: 'available', avatar: { hash: 'h', url: 'blob:gone' } };
const chat = (i: number): Chat => ({ jid: `u${i}@x`, kind: 'person', name: `u${i}`, time: i, unread: 0, mentions: 0, marked: false, typing: [{ name: 'u', doing: 'composing' }], pinned: false, mutedUntil: 0, archived: false, request: false, blocked: false, show: 'available', complete: false, avatar: { hash: 'h', url: 'blob:gone' } });

test('the next start shows who was signed in and the first of the list, nothing that died with the engine', () => {
  const kept = storage();
  const one = new FirstScreen(kept);
  expect(one.row('me')).toBeUndefined();
  one.note('me', me);
  one.note('chats', Array.from({ length: 300 }, (_, i) => chat(i)));
  one.keep();
  const next = new FirstScreen(kept);
  expect(next.row('me')).toEqual({ jid: 'ann@x', name: 'Ann', show: 'available' });
  const list = next.row('chats') as Chat[];
  expect(list).toHaveLength(40);
  expect(list[0]).toMatchObject({ jid: 'u0@x', typing: [], show: 'offline' });
  expect(JSON.stringify(list)).not.toContain('blob:');
  expect(next.row('contacts')).toBeUndefined();
});

const open: MessageWindow = {
  chat: 'u1@x', hasOlder: false, hasNewer: false, loadingOlder: true, loadingNewer: false, firstUnread: 'm3',
  rows: Array.from({ length: 50 }, (_, i) => ({ id: `m${i}`, text: `text ${i}`, attachments: i === 49 ? [{ kind: 'image', name: 'p', mime: 'image/png', size: 1, url: 'blob:gone' }] : [], ...(i === 48 && { timer: 60, text: 'vanishes' }) }) as unknown as Message),
};
function looked(window: MessageWindow): ReturnType<typeof storage> {
  const kept = storage();
  const one = new FirstScreen(kept);
  one.note('me', me);
  one.note('chats', [chat(0)]);
  one.look('u1@x');
  one.note('chat', chat(1));
  one.note('messages', window);
  one.keep();
  return kept;
}

test('the end of the chat that was open is shown first, but for what goes by itself', () => {
  const next = new FirstScreen(looked(open));
  const shown = next.row('messages', { chat: 'u1@x', anchor: 'unread' }) as MessageWindow;
  expect(shown).toMatchObject({ chat: 'u1@x', hasOlder: true, loadingOlder: false, kept: true });
  expect(shown.firstUnread).toBeUndefined();
  expect(shown.rows.map((row) => row.id)).toEqual(Array.from({ length: 31 }, (_, i) => `m${19 + i}`).filter((id) => id !== 'm48'));
  expect(JSON.stringify(shown)).not.toContain('blob:');
  expect(next.row('chat', { chat: 'u1@x' })).toMatchObject({ jid: 'u1@x' });
  expect(next.row('messages', { chat: 'u2@x', anchor: 'unread' })).toBeUndefined();
  expect(next.row('messages', { chat: 'u1@x', anchor: { message: 'm4' } })).toBeUndefined();
});

test('of a chat that is not open any more, or was left far from its end, nothing is kept', () => {
  expect(new FirstScreen(looked({ ...open, hasNewer: true })).row('messages', { chat: 'u1@x', anchor: 'unread' })).toBeUndefined();
  const kept = looked(open);
  const one = new FirstScreen(kept);
  one.note('me', me);
  one.note('chats', [chat(0)]);
  one.look(undefined);
  one.keep();
  expect(JSON.stringify([...kept.all])).not.toContain('text 49');
});

test('who signs out leaves nothing, and nothing is brought back by a late list', () => {
  const kept = storage();
  const one = new FirstScreen(kept);
  one.note('me', me);
  one.note('chats', [chat(1)]);
  one.keep();
  one.note('me', undefined);
  one.note('chats', [chat(1)]);
  one.keep();
  expect(kept.all.size).toBe(0);
});

test('what cannot be read, or is of another shape, is nothing', () => {
  for (const text of ['{', '[]', '{"me":3,"chats":[]}', 'null', '{"me":{"jid":"a@x"}}']) {
    const kept = storage();
    kept.all.set('skein.first', text);
    expect(new FirstScreen(kept).row('me')).toBeUndefined();
  }
});
