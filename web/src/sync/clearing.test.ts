import 'fake-indexeddb/auto';
import { beforeEach, expect, test, vi } from 'vitest';
import { readMessage } from '../protocol/message.ts';
import { parse, x, type XmlElement } from '../protocol/xml.ts';
import { NS } from '../protocol/ns.ts';
import { Db } from '../store/db.ts';
import { QUEUE, rowsFrom } from '../store/log.ts';
import { CACHE, CACHE_VERSION, type ChatRow, type MessageRow } from '../store/rows.ts';
import type { Archive, Entry } from './archive.ts';
import { Chats } from './chats.ts';
import { Clearing } from './clearing.ts';
import type { Core } from './core.ts';
import { Debts } from './debts.ts';
import { ingest, type Self } from './ingest.ts';
import type { Pep } from './pep.ts';

const ME = 'juliet@capulet.example';
const HIM = 'romeo@montague.example';
const self: Self = { jid: ME, name: 'Juliet', now: Date.now, occupant: () => undefined, isRoom: () => false };
let number = 0;
let published: XmlElement[];

interface Device {
  db: Db;
  chats: Chats;
  clearing: Clearing;
  later: (() => void)[];
}

/** `end`: the newest entry of the chat, as the server says. */
async function device(end?: Pick<Entry, 'id' | 'time'>): Promise<Device> {
  const db = await Db.open(`clearing-${number++}`, CACHE_VERSION, CACHE);
  const later: (() => void)[] = [];
  const core = { db, self, now: () => 99_000, id: () => crypto.randomUUID(), bus: { touch: () => undefined }, connection: { isLive: true }, timer: (_: number, run: () => void) => (later.push(run), () => undefined) } as unknown as Core;
  core.debts = new Debts(core);
  const pep = { publish: async (_node: string, _id: string, payload: XmlElement) => void published.push(payload) } as unknown as Pep;
  const chats = new Chats(core, pep);
  return { db, chats, clearing: new Clearing(core, chats, { end: async () => end } as unknown as Archive), later };
}
beforeEach(() => void (published = []));

const take = ({ db }: Device, id: string, time: number, way: 'live' | 'catchup' = 'catchup') =>
  db.write((tx) => ingest(tx, self, readMessage(parse(`<message xmlns='jabber:client' from='${HIM}/x' to='${ME}' type='chat' id='m${id}'><body>${id}</body>${way === 'live' ? `<stanza-id xmlns='urn:xmpp:sid:0' by='${ME}' id='${id}'/>` : ''}</message>`)), { way, ...(way === 'catchup' && { archiveId: id }), time }));
const texts = async ({ db }: Device): Promise<string> => (await db.read((tx) => rowsFrom(tx, HIM, -Infinity, 100))).map((row) => row.text).join(' ');
const chat = ({ db }: Device): Promise<ChatRow | undefined> => db.read((tx) => tx.get<ChatRow>('chats', HIM));
/** What the other devices hear, the `n`th time. */
const told = async (n: number): Promise<XmlElement> => {
  await vi.waitFor(() => expect(published.length).toBe(n));
  return x('event', NS.pubsubEvent, {}, x('items', NS.pubsubEvent, { node: NS.chats }, x('item', NS.pubsubEvent, { id: HIM }, published.at(-1))));
};

test('what was cleared is gone on the other device too, whatever its clock said when it came', async () => {
  const [here, there] = [await device({ id: 'b', time: 2000 }), await device()];
  for (const one of [here, there]) await take(one, 'a', 1000);
  await take(here, 'b', 2000);
  await take(there, 'b', 7000, 'live');
  await here.clearing.clear(HIM);
  expect(await texts(here)).toBe('');
  await there.chats.stateEvent(await told(1));
  expect(await texts(there)).toBe('');
  expect(await chat(there)).toMatchObject({ unread: 0, complete: true, cleared: { time: 2000, id: 'b' } });
  // The archive shows it again, and something new comes.
  for (const one of [here, there]) {
    await take(one, 'b', 2000);
    await take(one, 'c', 1500, 'live');
    await take(one, 'd', 3000);
    expect(await texts(one)).toBe('c d');
  }
});

test('it can be taken back for a while, on both devices', async () => {
  const [here, there] = [await device({ id: 'b', time: 2000 }), await device()];
  for (const one of [here, there]) for (const [id, time] of [['a', 1000], ['b', 2000]] as const) await take(one, id, time);
  const before = await chat(here);
  await here.clearing.clear(HIM);
  await there.chats.stateEvent(await told(1));
  await take(here, 'c', 3000);
  expect(await here.clearing.undo(HIM)).toBe(true);
  expect(await texts(here)).toBe('a b c');
  expect((await chat(here))?.cleared).toBeUndefined();
  expect((await chat(here))?.complete).toBe(before?.complete);
  await there.chats.stateEvent(await told(2));
  expect(await chat(there)).toMatchObject({ complete: false });
  expect((await chat(there))?.cleared).toBeUndefined();
  await here.clearing.clear(HIM);
  here.later.forEach((run) => run());
  expect(await here.clearing.undo(HIM)).toBe(false);
});

test('what is not sent yet stays', async () => {
  const here = await device();
  await take(here, 'a', 1000);
  await here.db.write(async (tx) => tx.put('messages', { ...(await tx.get<MessageRow>('messages', [HIM, 'ma']) ?? (await rowsFrom(tx, HIM, -Infinity, 1))[0]), id: 'q', text: 'waits', mine: true, queued: 1, order: QUEUE + 1, archiveId: undefined, stanzaId: 'q' } as unknown as MessageRow));
  await here.clearing.clear(HIM);
  expect(await texts(here)).toBe('waits');
  expect((await chat(here))?.cleared).toEqual({ time: 1000, id: 'a' });
});
