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

/** The forms of the data that clients out there have, as their versions made them. */
const RELEASED: Record<number, Record<string, { key: string | string[]; indexes?: Record<string, string | string[]> }>> = {
  1: {
    meta: { key: 'key' }, chats: { key: 'jid' }, strays: { key: ['chat', 'target', 'kind', 'author'] }, contacts: { key: 'jid' }, people: { key: 'jid' }, pictures: { key: 'hash', indexes: { used: 'used' } },
    messages: { key: ['chat', 'id'], indexes: { order: ['chat', 'order'], archive: ['chat', 'archiveId'], stanza: ['chat', 'stanzaId'], queue: 'queued', starred: 'star', media: ['chat', 'media', 'order'], due: 'expires' } },
  },
  2: {
    meta: { key: 'key' }, chats: { key: 'jid' }, strays: { key: ['chat', 'target', 'kind', 'author'] }, contacts: { key: 'jid' }, people: { key: 'jid' }, pictures: { key: 'hash', indexes: { used: 'used' } },
    messages: { key: ['chat', 'id'], indexes: { order: ['chat', 'order'], archive: ['chat', 'archiveId'], stanza: ['chat', 'stanzaId'], queue: 'queued', starred: 'star', media: ['chat', 'media', 'order'], due: 'expires', once: ['chat', 'onceId'] } },
  },
};

test.each(Object.keys(RELEASED).map(Number))('of version %i nothing is lost that nobody else has: uploads and refused messages, drafts, stanzas that wait', async (version) => {
  const name = `released ${version}`;
  const old = await Db.open(name, version, RELEASED[version] ?? {});
  const file = new Blob(['what goes up'], { type: 'text/plain' });
  await old.write(async (tx) => {
    await tx.put('messages', row(1, 1, { text: 'sent' }));
    await tx.put('messages', row(2, 2, { text: 'goes up', queued: 7, attachments: [{ kind: 'file', name: 'a.txt', mime: 'text/plain', size: file.size }], uploads: [file] }));
    await tx.put('messages', row(3, 3, { text: 'refused', mine: true, ticks: 'failed' }));
    await tx.put('chats', { ...newChat('a@x', 'room'), tail: 3072, readTo: 3072, complete: true, draft: { text: 'half a', time: 5 } });
    await tx.put('chats', newChat('b@x', 'person'));
    await tx.put('meta', { key: 'send 1', value: 'stanza' });
  });
  old.close();
  const fresh = await Db.open(name, CACHE_VERSION, CACHE);
  const { rows, meta, chats } = await fresh.read(async (tx) => ({ rows: await tx.all<MessageRow>('messages', { index: 'order', lower: ['a@x', -Infinity], upper: ['a@x', Infinity] }), meta: await tx.all<{ key: string }>('meta'), chats: await tx.all('chats') }));
  expect(rows.map((one) => one.text)).toEqual(['goes up', 'refused']);
  expect(await (rows[0]?.uploads?.[0] as Blob).text()).toBe('what goes up');
  expect(rows[1]?.order).toBeGreaterThan(2 ** 52);
  expect(meta.map((one) => one.key)).toEqual(['send 1']);
  // Where its log stood is forgotten with the log.
  expect(chats).toEqual([{ ...newChat('a@x', 'room'), draft: { text: 'half a', time: 5 } }]);
  fresh.close();
});

test('an older client that lets go late loses nothing: the newer one waits', async () => {
  const old = await Db.open('slow', 1, { meta: { key: 'key' } });
  await old.write((tx) => tx.put('meta', { key: 'send 1', value: 'stanza' }));
  const opening = Db.open('slow', CACHE_VERSION, CACHE);
  old.close();
  const fresh = await opening;
  expect((await fresh.read((tx) => tx.all<{ key: string }>('meta'))).map((one) => one.key)).toEqual(['send 1']);
  fresh.close();
});

test('of what cannot be read as a whole, what can is saved', async () => {
  const db = await Db.open('broken', CACHE_VERSION, CACHE);
  await db.write(async (tx) => {
    for (let i = 0; i < 1200; i++) await tx.put('messages', row(i, i, { ...(i % 100 === 5 && { queued: i }) }));
  });
  const read = IDBObjectStore.prototype.get;
  const readAll = IDBObjectStore.prototype.getAll;
  // One value of the second batch is broken.
  const breaks = new DOMException('Failed to read large IndexedDB value', 'DataError');
  const failing = (): IDBRequest => {
    const request = { error: breaks } as unknown as { onerror?: () => void };
    queueMicrotask(() => request.onerror?.());
    return request as unknown as IDBRequest;
  };
  IDBObjectStore.prototype.getAll = function (this: IDBObjectStore, query?: IDBKeyRange | null, ...more: []) {
    return this.name === 'messages' && (query?.includes(['a@x', 'm705']) ?? true) ? failing() : readAll.call(this, query, ...more);
  } as typeof readAll;
  IDBObjectStore.prototype.get = function (this: IDBObjectStore, key: IDBValidKey) {
    return this.name === 'messages' && (key as string[])[1] === 'm705' ? failing() : read.call(this, key as never);
  } as typeof read;
  try {
    await expect(db.read((tx) => tx.all('messages'))).rejects.toMatchObject({ isUnreadable: true });
    const kept = (await db.salvage(CACHE)).get('messages') as MessageRow[];
    expect(kept.map((one) => one.queued).sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual([5, 105, 205, 305, 405, 505, 605, 805, 905, 1005, 1105]);
  } finally {
    IDBObjectStore.prototype.get = read;
    IDBObjectStore.prototype.getAll = readAll;
    db.close();
  }
});
