import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { readMessage } from '../protocol/message.ts';
import { parse } from '../protocol/xml.ts';
import { Db } from '../store/db.ts';
import { CACHE, CACHE_VERSION } from '../store/rows.ts';
import { ingest, type Self } from './ingest.ts';
import { forgetViewers, viewers } from './viewers.ts';

const ME = 'juliet@capulet.example';
const self: Self = { jid: ME, name: 'Juliet', now: Date.now, occupant: () => undefined, isRoom: () => false };
let db: Db;
let number = 0;

beforeEach(async () => {
  db = await Db.open(`viewers-${number++}`, CACHE_VERSION, CACHE);
  await db.write(async (tx) => {
    await tx.put('stories', { owner: ME, id: 's1', time: 1, expires: 9e15, url: 'https://x.example/a', mime: 'image/png', text: '', drawn: false });
    for (const [jid, subscription] of [['romeo@a.example', 'both'], ['paris@a.example', 'from'], ['tybalt@a.example', 'to']]) await tx.put('contacts', { jid, name: '', subscription, asked: false, groups: [] });
  });
});
const saw = (who: string, id: string, time: number) =>
  db.write((tx) => ingest(tx, self, readMessage(parse(`<message xmlns='jabber:client' from='${who}/x' to='${ME}' type='chat' id='v${time}'><seen xmlns='urn:skein:stories:0' id='${id}'/></message>`)), { way: 'live', time }));
const all = (id = 's1') => db.read((tx) => viewers(tx, id));

test('who may see a story and says so is known, the newest first, once, and nothing else comes of it', async () => {
  expect(await saw('romeo@a.example', 's1', 100)).toBeUndefined();
  await saw('paris@a.example', 's1', 200);
  await saw('romeo@a.example', 's1', 300);
  expect(await all()).toEqual([{ jid: 'paris@a.example', time: 200 }, { jid: 'romeo@a.example', time: 100 }]);
  expect(await db.read((tx) => tx.all('messages'))).toEqual([]);
  expect(await db.read((tx) => tx.all('chats'))).toEqual([]);
});

test('strangers, those who may not see it, and stories that are not there count for nothing', async () => {
  await saw('mercutio@a.example', 's1', 100);
  await saw('tybalt@a.example', 's1', 100);
  await saw('romeo@a.example', 's2', 100);
  expect([...(await all()), ...(await all('s2'))]).toEqual([]);
});

test('with the story goes who saw it', async () => {
  await saw('romeo@a.example', 's1', 100);
  await db.write((tx) => forgetViewers(tx, 's1'));
  expect(await all()).toEqual([]);
});
