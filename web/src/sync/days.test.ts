import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { parse } from '../protocol/xml.ts';
import { Db } from '../store/db.ts';
import { rowsFrom } from '../store/log.ts';
import { CACHE, CACHE_VERSION } from '../store/rows.ts';
import { Archive, type Entry, type Page } from './archive.ts';
import type { Core } from './core.ts';
import { Days } from './days.ts';

const ME = 'juliet@capulet.example';
const HIM = 'romeo@montague.example';
const DAY = 86_400_000;
/** The archive: a message an hour, for so many hours. */
const LENGTH = 2000;
const timeOf = (i: number): number => 1_000 * DAY + i * 3_600_000;
const entry = (i: number): Entry => ({ id: `a${i}`, time: timeOf(i), message: parse(`<message xmlns='jabber:client' from='${HIM}/x' to='${ME}' type='chat' id='m${i}'><body>text ${i}</body></message>`) });

let db: Db;
let number = 0;
let asked: string[] = [];
let isLive = true;

class Served extends Archive {
  override async query(_to: string | undefined, fields: Record<string, string>, paging: { after?: string; before?: string; max: number }): Promise<Page> {
    asked.push(JSON.stringify({ ...fields, ...paging }));
    let [low, high] = [0, LENGTH];
    if (fields['start']) low = Array.from({ length: LENGTH }, (_, i) => i).findIndex((i) => timeOf(i) >= Date.parse(fields['start'] ?? ''));
    if (low < 0) low = LENGTH;
    if (paging.after) low = Number(paging.after.slice(1)) + 1;
    if (paging.before) high = Number(paging.before.slice(1));
    const all = Array.from({ length: Math.max(0, high - low) }, (_, i) => low + i);
    const page = paging.before === undefined ? all.slice(0, paging.max) : all.slice(-paging.max);
    return { entries: page.map(entry), isComplete: page.length === all.length };
  }
}

const core = (): Core => ({
  db, self: { jid: ME, name: 'Juliet', now: Date.now, occupant: () => undefined, isRoom: () => false }, live: { loading: new Set(), rooms: new Map() },
  bus: { touch: () => undefined }, expires: () => undefined, connection: { get isLive() { return isLive; } },
}) as unknown as Core;
let archive: Served;
let days: Days;
const rows = () => db.read((tx) => rowsFrom(tx, HIM, -Infinity, 10_000));
const numbers = async (): Promise<string> => (await rows()).map((row) => `${row.gapBefore ? '|' : ''}${row.archiveId?.slice(1)}`).join(' ');

beforeEach(async () => {
  db = await Db.open(`days-${number++}`, CACHE_VERSION, CACHE);
  [asked, isLive] = [[], true];
  archive = new Served(core());
  days = new Days(core(), archive);
  // What is known at first: the newest page.
  await archive.fill(HIM);
  asked = [];
});

test('a day that is here is found without asking anybody', async () => {
  expect((await days.find(HIM, timeOf(1990)))?.archiveId).toBe('a1990');
  expect(asked).toEqual([]);
});

test('a day far back is fetched, stands between two gaps, and is in order', async () => {
  expect((await days.find(HIM, timeOf(500) - 1))?.archiveId).toBe('a500');
  expect(asked).toHaveLength(1);
  const all = await rows();
  expect(all.map((row) => row.time)).toEqual([...all.map((row) => row.time)].sort((a, b) => a - b));
  expect(all.filter((row) => row.gapBefore).map((row) => row.archiveId)).toEqual(['a500', 'a1940']);
});

test('the gap behind it is closed from its side, page by page, until it meets what is known', async () => {
  await days.find(HIM, timeOf(1800));
  for (let i = 0; i < 5; i++) {
    const all = await rows();
    const at = all.findIndex((row) => row.archiveId === 'a1940');
    const [before, gap] = [all[at - 1], all[at]];
    if (!gap?.gapBefore || !before) break;
    await days.fillAfter(HIM, before, gap);
  }
  const all = await rows();
  expect(all.map((row) => row.archiveId)).toEqual(Array.from({ length: 200 }, (_, i) => `a${1800 + i}`));
  expect(all.filter((row) => row.gapBefore).map((row) => row.archiveId)).toEqual(['a1800']);
  // And from the other side the one before it.
  await archive.fill(HIM, all[0]);
  expect((await rows())[0]?.archiveId).toBe('a1740');
});

test('a day just before what is known joins it without a gap', async () => {
  await days.find(HIM, timeOf(1900));
  expect(await numbers()).toBe(['|1900', ...Array.from({ length: 99 }, (_, i) => 1901 + i)].join(' '));
});

test('two days in the same gap keep their order, and the second is asked for once', async () => {
  await days.find(HIM, timeOf(800));
  await days.find(HIM, timeOf(300));
  expect((await days.find(HIM, timeOf(1200)))?.archiveId).toBe('a1200');
  expect((await rows()).filter((row) => row.gapBefore).map((row) => row.archiveId)).toEqual(['a300', 'a800', 'a1200', 'a1940']);
  asked = [];
  expect((await days.find(HIM, timeOf(301)))?.archiveId).toBe('a301');
  expect(asked).toEqual([]);
});

test('before everything there is the first message; after everything the newest; without a connection what is here', async () => {
  expect((await days.find(HIM, 0))?.archiveId).toBe('a0');
  expect((await days.find(HIM, timeOf(5000)))?.archiveId).toBe('a1999');
  isLive = false;
  expect((await days.find(HIM, timeOf(1000)))?.archiveId).toBe('a1940');
});
