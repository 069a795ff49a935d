import { expect, test } from 'vitest';
import type { Message, MessageWindow } from '../store/types.ts';
import { Echoes } from './echo.ts';

const me = { jid: 'ann@x', name: 'Ann' };
const row = (id: string): Message => ({ id, text: id, kind: 'text', mine: false, from: { name: 'Bob', me: false } }) as unknown as Message;
const window = (ids: string[], more: Partial<MessageWindow> = {}): MessageWindow => ({ chat: 'bob@x', rows: ids.map(row), hasOlder: false, hasNewer: false, loadingOlder: false, loadingNewer: false, ...more });
const seen = (echoes: Echoes, one: MessageWindow): string[] => echoes.with(one).rows.map((shown) => shown.id);

test('what is sent stands at the end until the engine shows it, and then once', () => {
  const echoes = new Echoes();
  expect(echoes.begin('1', { chat: 'bob@x', text: 'hello' }, me, window(['a']), 5)).toBe(true);
  expect(echoes.with(window(['a'])).rows.at(-1)).toMatchObject({ id: 'o:1', text: 'hello', mine: true, ticks: 'queued', time: 5 });
  // Something else changes before the engine has taken it.
  echoes.told(window(['a', 'b']));
  expect(seen(echoes, window(['a', 'b']))).toEqual(['a', 'b', 'o:1']);
  echoes.end('1', true);
  echoes.told(window(['a', 'b', 'o:1']));
  expect(seen(echoes, window(['a', 'b', 'o:1']))).toEqual(['a', 'b', 'o:1']);
  // Taken back since: it does not come again.
  echoes.told(window(['a', 'b']));
  expect(seen(echoes, window(['a', 'b']))).toEqual(['a', 'b']);
});

test('what was refused is gone', () => {
  const echoes = new Echoes();
  echoes.begin('1', { chat: 'bob@x', text: 'hello' }, me, window([]), 5);
  echoes.end('1', false);
  expect(seen(echoes, window([]))).toEqual([]);
});

test('it is shown in its own chat alone, and where the end is', () => {
  const echoes = new Echoes();
  echoes.begin('1', { chat: 'bob@x', text: 'hello' }, me, window([]), 5);
  expect(seen(echoes, window(['a'], { hasNewer: true }))).toEqual(['a']);
  expect(seen(echoes, window(['a'], { chat: 'cleo@x' }))).toEqual(['a']);
});

test('an answer quotes what is at hand; to what is not, the engine is waited for', () => {
  const echoes = new Echoes();
  expect(echoes.begin('1', { chat: 'bob@x', text: 'yes', replyTo: 'far' }, me, window(['a']), 5)).toBe(false);
  expect(echoes.begin('2', { chat: 'bob@x', text: 'yes', replyTo: 'a' }, me, window(['a']), 5)).toBe(true);
  expect(echoes.with(window(['a'])).rows.at(-1)?.replyTo).toEqual({ id: 'a', name: 'Bob', mine: false, kind: 'text', text: 'a' });
  expect(echoes.begin('3', { chat: 'cleo@x', text: 'yes' }, me, window(['a']), 5)).toBe(false);
});
