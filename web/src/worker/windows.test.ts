import { expect, test } from 'vitest';
import type { Message, MessageWindow } from '../store/types.ts';
import { WindowReceiver, WindowSender } from './windows.ts';

const message = (id: number, text: string): Message => ({ id: `m${id}`, text, order: id }) as unknown as Message;
const window = (chat: string, rows: Message[]): MessageWindow => ({ chat, rows, hasOlder: false, hasNewer: false, loadingOlder: false, loadingNewer: false });
const clone = <T>(value: T): T => structuredClone(value);

test('a tab sees the windows of the engine, however they move, and unchanged rows are the same objects', () => {
  const sender = new WindowSender();
  const receiver = new WindowReceiver();
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
  const texts = new Map<number, string>();
  let last: MessageWindow | undefined;
  for (let i = 0; i < 400; i++) {
    const from = random(30);
    if (i % 3 === 0) texts.set(from + random(10), `edit ${i}`);
    // More chats than either side remembers.
    const chat = `chat ${random(12)}`;
    const shown = window(chat, Array.from({ length: 10 }, (_, k) => message(from + k, `${chat} ${texts.get(from + k) ?? ''}`)));
    const got = receiver.unpack(clone(sender.pack(shown)));
    expect(got).toEqual(shown);
    if (last?.chat === chat) for (const row of got.rows) {
      const before = last.rows.find((one) => one.id === row.id);
      if (before?.text === row.text) expect(row).toBe(before);
    }
    last = got;
  }
});

test('what did not change does not go again', () => {
  const sender = new WindowSender();
  sender.pack(window('a', [message(1, 'x'), message(2, 'y')]));
  expect(sender.pack(window('a', [message(1, 'x'), message(2, 'z'), message(3, 'w')])).put.map((row) => row.id)).toEqual(['m2', 'm3']);
});

test('an engine that took over sends all of it', () => {
  const receiver = new WindowReceiver();
  receiver.unpack(new WindowSender().pack(window('a', [message(1, 'x')])));
  expect(receiver.unpack(new WindowSender().pack(window('a', [message(1, 'y'), message(2, 'z')]))).rows.map((row) => row.text)).toEqual(['y', 'z']);
});
