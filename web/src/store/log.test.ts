import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { Db } from './db.ts';
import { newChat, rowAt } from './log.ts';
import { CACHE, CACHE_VERSION, type MessageRow } from './rows.ts';

const row = (order: number, time: number, more: Partial<MessageRow> = {}): MessageRow =>
  ({ id: `m${order}`, chat: 'a@x', author: 'a@x', from: { name: '', me: false }, order, time, kind: 'text', text: 'x', mine: false, attachments: [], mentions: [], starred: false, pinned: false, gapBefore: false, ...more });

test('a date is found among many rows, gaps and all', async () => {
  const db = await Db.open('dates', CACHE_VERSION, CACHE);
  await db.write(async (tx) => {
    for (let i = 0; i < 300; i++) await tx.put('messages', row(i * 1024 + (i > 150 ? 2 ** 40 : 0), 1000 + i * 10));
  });
  for (const time of [0, 1000, 1005, 1500, 2511, 3990]) {
    const found = await db.read((tx) => rowAt(tx, 'a@x', time));
    expect(found?.time, String(time)).toBe(Math.max(1000, Math.ceil(time / 10) * 10));
  }
  expect(await db.read((tx) => rowAt(tx, 'a@x', 4000))).toBeUndefined();
  expect(await db.read((tx) => rowAt(tx, 'b@x', 0))).toBeUndefined();
});

test('another form of the data starts empty, but for what is not sent yet and what was decided here', async () => {
  const name = 'upgrade';
  const old = await Db.open(name, 1, { meta: CACHE['meta']!, chats: CACHE['chats']!, messages: { key: ['chat', 'id'], indexes: { queue: 'queued' } } });
  await old.write(async (tx) => {
    await tx.put('messages', row(1, 1, { text: 'sent' }));
    await tx.put('messages', row(2, 2, { text: 'waits', queued: 7 }));
    await tx.put('chats', newChat('a@x', 'person'));
    await tx.put('meta', { key: 'cursor', value: 'c' });
    await tx.put('meta', { key: 'send 1', value: 'stanza' });
    await tx.put('meta', { key: 'settings', value: {} });
  });
  old.close();
  const fresh = await Db.open(name, CACHE_VERSION, CACHE);
  const { rows, meta, chats } = await fresh.read(async (tx) => ({ rows: await tx.all<MessageRow>('messages'), meta: await tx.all<{ key: string }>('meta'), chats: await tx.all('chats') }));
  expect(rows.map((one) => one.text)).toEqual(['waits']);
  expect(meta.map((one) => one.key)).toEqual(['send 1', 'settings']);
  expect(chats).toEqual([]);
});
