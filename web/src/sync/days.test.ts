import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { IqError } from '../protocol/connection.ts';
import { NS } from '../protocol/ns.ts';
import { parse } from '../protocol/xml.ts';
import { Db } from '../store/db.ts';
import { rowsFrom } from '../store/log.ts';
import { CACHE, CACHE_VERSION } from '../store/rows.ts';
import { Archive, type Entry, type Page } from './archive.ts';
import type { Core } from './core.ts';
import { Days } from './days.ts';
import { Finding } from './finding.ts';
import { Islands } from './islands.ts';

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
    const [id, name] = [fields['ids'], fields[`{${NS.archive}}message-id`]];
    if (id ?? name) {
      const at = Number((id ?? name)?.slice(1));
      if (at < LENGTH) return { entries: [entry(at)], isComplete: true };
      if (id) throw new IqError('item-not-found');
      return { entries: [], isComplete: true };
    }
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
let islands: Islands;
let finding: Finding;
const rows = () => db.read((tx) => rowsFrom(tx, HIM, -Infinity, 10_000));
const numbers = async (): Promise<string> => (await rows()).map((row) => `${row.gapBefore ? '|' : ''}${row.archiveId?.slice(1)}`).join(' ');

beforeEach(async () => {
  db = await Db.open(`days-${number++}`, CACHE_VERSION, CACHE);
  [asked, isLive] = [[], true];
  archive = new Served(core());
  islands = new Islands(core(), archive);
  days = new Days(core(), archive, islands);
  finding = new Finding(core(), archive, islands);
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
    await islands.fillAfter(HIM, before, gap);
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

/** The numbers of the messages that stand here, and which of them have a gap before them. */
const stretches = async (): Promise<string> => {
  const all = await rows();
  expect(all.map((row) => row.order)).toEqual([...new Set(all.map((row) => row.order))].sort((a, b) => a - b));
  const runs: number[][] = [];
  for (const row of all) {
    const at = Number(row.archiveId?.slice(1));
    const last = runs.at(-1);
    if (!row.gapBefore && last && last.at(-1) === at - 1) last.push(at);
    else if (row.gapBefore || !last) runs.push([at]);
    else throw new Error(`a hole before ${at} that nobody would see`);
  }
  return runs.map((run) => `${run[0]}-${run.at(-1)}`).join(' ');
};

test('a message far back is fetched with what was said before and after it, and stands between two gaps', async () => {
  expect((await finding.fetch(HIM, 'a:a700'))?.archiveId).toBe('a700');
  expect(asked).toHaveLength(3);
  expect(await stretches()).toBe('640-760 1940-1999');
});

test('a message that an answer names by its sender’s id is found too', async () => {
  expect((await finding.fetch(HIM, 'r:m700'))?.archiveId).toBe('a700');
  expect(await db.read((tx) => finding.held(tx, HIM, 'r:m700'))).toMatchObject({ archiveId: 'a700' });
  expect(await db.read((tx) => finding.held(tx, HIM, 'o:m700'))).toBeUndefined();
});

test('a message that does not exist is not found, and nothing changes', async () => {
  const before = await stretches();
  expect(await finding.fetch(HIM, 'a:a9999')).toBeUndefined();
  expect(await finding.fetch(HIM, 'r:m9999')).toBeUndefined();
  expect(await finding.fetch(HIM, 'nonsense')).toBeUndefined();
  expect(await stretches()).toBe(before);
});

test('an island joins what it meets, on either side', async () => {
  await finding.fetch(HIM, 'a:a700');
  await finding.fetch(HIM, 'a:a800');
  expect(await stretches()).toBe('640-860 1940-1999');
  await finding.fetch(HIM, 'a:a600');
  expect(await stretches()).toBe('540-860 1940-1999');
  await finding.fetch(HIM, 'a:a1000');
  expect(await stretches()).toBe('540-860 940-1060 1940-1999');
  await finding.fetch(HIM, 'a:a900');
  expect(await stretches()).toBe('540-1060 1940-1999');
  await finding.fetch(HIM, 'a:a1900');
  expect(await stretches()).toBe('540-1060 1840-1999');
});

test('at the begin of everything there is no gap, and the chat is known to begin there', async () => {
  await finding.fetch(HIM, 'a:a5');
  expect(await stretches()).toBe('0-65 1940-1999');
  expect((await rows())[0]?.gapBefore).toBe(false);
  expect(await db.read((tx) => tx.get('chats', HIM))).toMatchObject({ complete: true });
});

test('single messages that a search found stand for themselves until somebody reads around them', async () => {
  for (const at of [300, 1200, 301, 900]) await islands.put(HIM, { entries: [entry(at)] });
  expect(await stretches()).toBe('300-300 301-301 900-900 1200-1200 1940-1999');
  await finding.fetch(HIM, 'a:a350');
  expect(await stretches()).toBe('290-410 900-900 1200-1200 1940-1999');
  // One of them itself is gone to.
  await finding.fetch(HIM, 'a:a900');
  expect(await stretches()).toBe('290-410 840-960 1200-1200 1940-1999');
});

test('a page that meets single messages is woven with all of them at once', async () => {
  for (let at = 1900; at < 1940; at += 3) await islands.put(HIM, { entries: [entry(at)] });
  asked = [];
  await archive.fill(HIM, (await rows()).find((row) => row.archiveId === 'a1940'));
  expect(asked).toHaveLength(1);
  expect(await stretches()).toBe('1880-1999');
});

test('where nothing of a chat is here its end is fetched first, so that a gap is seen behind what was found', async () => {
  db = await Db.open(`days-${number++}`, CACHE_VERSION, CACHE);
  archive = new Served(core());
  islands = new Islands(core(), archive);
  await new Finding(core(), archive, islands).fetch(HIM, 'a:a700');
  expect(await stretches()).toBe('640-760 1940-1999');
});

test('from an island one reads on in both directions until nothing is missing', async () => {
  await finding.fetch(HIM, 'a:a1700');
  for (let i = 0; i < 60; i++) {
    const all = await rows();
    const at = all.findIndex((row, i) => row.gapBefore && i > 0);
    const [before, gap] = [all[at - 1], all[at]];
    if (before && gap) await islands.fillAfter(HIM, before, gap);
    else if (all[0]?.gapBefore) await archive.fill(HIM, all[0]);
    else break;
  }
  expect(await stretches()).toBe('0-1999');
});
