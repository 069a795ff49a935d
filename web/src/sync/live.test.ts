import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { readMessage } from '../protocol/message.ts';
import { parse } from '../protocol/xml.ts';
import { Db } from '../store/db.ts';
import { CACHE, CACHE_VERSION, type MessageRow } from '../store/rows.ts';
import { ingest, type Self } from './ingest.ts';

const ME = 'juliet@capulet.example';
const HIM = 'romeo@montague.example';
const self: Self = { jid: ME, name: 'Juliet', occupant: () => undefined, isRoom: () => false, now: () => Date.now() };
let db: Db;
let number = 0;

beforeEach(async () => {
  db = await Db.open(`live-${number++}`, CACHE_VERSION, CACHE);
});
const take = (inner: string, time: number, from = HIM, id = `m${time}`) =>
  db.write((tx) => ingest(tx, self, readMessage(parse(`<message xmlns='jabber:client' from='${from}/x' to='${from === ME ? HIM : ME}' type='chat' id='${id}'>${inner}</message>`)), { way: 'live', time }));
const geo = (lat: number) => `<geoloc xmlns='http://jabber.org/protocol/geoloc'><lat>${lat}</lat><lon>8.5</lon></geoloc>`;
const begin = (until = '2030-01-01T00:00:00Z') => take(`<body>geo:1,8.5</body>${geo(1)}<live xmlns='urn:skein:live:0' until='${until}'/>`, 100, HIM, 'place');
const moved = (lat: number, time: number, more = '', from = HIM) => take(`<moved xmlns='urn:skein:live:0' id='place' ${more}>${geo(lat)}</moved>`, time, from);
const row = async (): Promise<MessageRow> => (await db.read((tx) => tx.all<MessageRow>('messages')))[0] as MessageRow;

test('a place moves as its sender says, and stands where it ended', async () => {
  await begin();
  expect(await row()).toMatchObject({ kind: 'location', place: { lat: 1, lon: 8.5 }, live: { until: Date.parse('2030-01-01T00:00:00Z'), at: 100 } });
  await moved(2, 200);
  expect(await row()).toMatchObject({ place: { lat: 2 }, live: { at: 200 } });
  await moved(3, 300, "ended='true'");
  await moved(4, 400);
  expect(await row()).toMatchObject({ place: { lat: 3 }, live: { at: 300, ended: true } });
});

test('nobody else moves it, what is older does not, and after its time it stands', async () => {
  await begin();
  await moved(9, 200, '', ME);
  await moved(2, 300);
  await moved(9, 250);
  expect((await row()).place?.lat).toBe(2);
  await moved(9, Date.parse('2030-01-02T00:00:00Z'));
  expect((await row()).place?.lat).toBe(2);
  expect(await db.read((tx) => tx.all('messages'))).toHaveLength(1);
});

test('a place that was never to move does not, and one without a sense is none', async () => {
  await take(`<body>geo:1,8.5</body>${geo(1)}<live xmlns='urn:skein:live:0' until='some day'/>`, 100, HIM, 'place');
  await moved(2, 200);
  expect((await row()).place?.lat).toBe(1);
  expect((await row()).live).toBeUndefined();
  await take(`<moved xmlns='urn:skein:live:0' id='place'>${geo(200)}</moved>`, 300);
  expect((await row()).place?.lat).toBe(1);
});
