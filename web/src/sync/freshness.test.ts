import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IqError } from '../protocol/connection.ts';
import { NS } from '../protocol/ns.ts';
import { parse, type XmlElement } from '../protocol/xml.ts';
import { Db, StorageError } from '../store/db.ts';
import { rowsFrom } from '../store/log.ts';
import { CACHE, CACHE_VERSION, type ChatRow, type MetaRow } from '../store/rows.ts';
import type { Notice } from '../store/types.ts';
import type { Page } from './archive.ts';
import { Engine } from './engine.ts';

const ME = 'juliet@capulet.example';
const HIM = 'romeo@montague.example';
const ROOM = 'balcony@rooms.capulet.example';
let engine: Engine;
/** What the archives of the server have, the oldest first. */
let log: { archive: string | undefined; id: string; stanza: XmlElement }[];
let isFull: boolean;
let fails: Error | undefined;
let asked: number;
let timers: { ms: number; run: () => void }[];
let notices: Notice[];
let number = 0;

beforeEach(async () => {
  [log, isFull, fails, asked, timers, notices] = [[], false, undefined, 0, [], []];
  let ids = 0;
  const timer = (ms: number, run: () => void): (() => void) => {
    const entry = { ms, run };
    timers.push(entry);
    return () => void (timers = timers.filter((one) => one !== entry));
  };
  const world = { socket: () => { throw new Error('none'); }, now: () => 1_000_000, random: () => 0.5, nonce: () => `n${ids++}`, timer };
  engine = new Engine({ world, fetch: () => Promise.reject(new Error('none')), notice: (notice) => void notices.push(notice), origin: 'https://capulet.example', device: 'test' });
  engine.db = await Db.open(`fresh-${number++}`, CACHE_VERSION, CACHE);
  const write = engine.db.write.bind(engine.db);
  engine.db.write = (work) => (isFull ? Promise.reject(new StorageError(new DOMException('no room', 'QuotaExceededError'))) : write(work));
  engine.account = { key: 'account', jid: ME, user: 'juliet', domain: 'capulet.example', url: '', agent: 'a' };
  Object.defineProperty(engine.connection, 'isLive', { get: () => true });
  engine.live.contacts.set(HIM, { jid: HIM, name: 'Romeo', subscription: 'both', asked: false, groups: [] });
  engine.rooms.known(ROOM).state = 'joined';
  engine.archive.query = (to, _, { after, before, max }): Promise<Page> => {
    asked += 1;
    if (fails) return Promise.reject(fails);
    const all = log.filter((one) => one.archive === to);
    const from = after === undefined ? Math.max(0, all.length - max) : all.findIndex((one) => one.id === after) + 1;
    const entries = all.slice(from, from + max).map(({ id, stanza }) => ({ id, message: stanza, time: 1_000_000 }));
    return Promise.resolve({ entries, isComplete: before !== undefined || from + entries.length >= all.length });
  };
});
afterEach(() => engine.db.close());

/** Kept by the server; comes live if `take` gets it. */
function sent(text: string, room?: string): XmlElement {
  const id = `a-${text}`;
  const stanza = parse(`<message xmlns='jabber:client' from='${room === undefined ? `${HIM}/x` : `${room}/romeo`}' to='${ME}' type='${room === undefined ? 'chat' : 'groupchat'}' id='${text}'><body>${text}</body><stanza-id xmlns='urn:xmpp:sid:0' by='${room ?? ME}' id='${id}'/></message>`);
  log.push({ archive: room, id, stanza });
  return stanza;
}
const take = async (stanza: XmlElement): Promise<void> => void (await engine.inbound.take(stanza));
const texts = async (chat = HIM): Promise<string> => (await engine.db.read((tx) => rowsFrom(tx, chat, -Infinity, 100))).map((row) => row.text).join(' ');
const cursor = async (key = 'cursor'): Promise<unknown> => (await engine.db.read((tx) => tx.get<MetaRow>('meta', key)))?.value;
/** All that was put off for a while is done now. */
const later = async (): Promise<void> => {
  for (const { run } of timers.splice(0).filter((one) => one.ms > 1000)) run();
  await engine.inOrder(async () => undefined);
};

test('what could not be kept is fetched before what comes after it, and counts and rings as it should', async () => {
  await take(sent('one'));
  isFull = true;
  await take(sent('two'));
  await take(sent('three'));
  expect([await texts(), await cursor()]).toEqual(['one', 'a-one']);
  isFull = false;
  await later();
  expect(await texts()).toBe('one two three');
  await take(sent('four'));
  expect(await texts()).toBe('one two three four');
  expect((await engine.db.read((tx) => tx.get<ChatRow>('chats', HIM)))?.unread).toBe(4);
  expect(notices.map((notice) => notice.text)).toEqual(['one', 'four']);
  expect(await cursor()).toBe('a-four');
});

test('the cursor stands while something is missing, whatever comes, and an archive is not asked for every message', async () => {
  await take(sent('one'));
  isFull = true;
  await take(sent('two'));
  isFull = false;
  for (const text of ['three', 'four', 'five']) await take(sent(text));
  expect([await texts(), await cursor(), asked]).toEqual(['one', 'a-one', 0]);
  await later();
  expect([await texts(), await cursor()]).toEqual(['one two three four five', 'a-five']);
});

test('when there is room again what is missing is fetched at once, and nobody says any more that there is none', async () => {
  await take(sent('one'));
  isFull = true;
  await take(sent('two'));
  expect(engine.link.full).toBe(true);
  isFull = false;
  engine.mending.relieved();
  await engine.inOrder(async () => undefined);
  expect(await texts()).toBe('one two');
  expect(engine.link.full).toBeUndefined();
  const before = asked;
  await take(sent('three'));
  expect([await texts(), asked]).toEqual(['one two three', before]);
});

test('what a room said is kept apart from what others said', async () => {
  await take(sent('one'));
  await take(sent('here', ROOM));
  isFull = true;
  await take(sent('there', ROOM));
  isFull = false;
  await take(sent('two'));
  expect([await texts(), await cursor()]).toEqual(['one two', 'a-two']);
  await take(sent('everywhere', ROOM));
  expect([await texts(ROOM), await cursor(`cursor ${ROOM}`)]).toEqual(['here', 'a-here']);
  await later();
  expect(await texts(ROOM)).toBe('here there everywhere');
});

test('a reading of the archive that fails at a login leaves no hole before what comes next', async () => {
  await take(sent('one'));
  sent('two');
  engine.freshness.hold();
  fails = new IqError('remote-server-timeout');
  await engine.inOrder(() => engine.freshness.catchUp()).catch(() => undefined);
  await take(sent('three'));
  expect(await texts()).toBe('one');
  fails = undefined;
  await later();
  await take(sent('four'));
  expect(await texts()).toBe('one two three four');
});

test('what a room says before its archive was read stands behind what was said before', async () => {
  await take(sent('here', ROOM));
  sent('meanwhile', ROOM);
  engine.freshness.hold(ROOM);
  await take(sent('now', ROOM));
  expect(await texts(ROOM)).toBe('here meanwhile now');
});

test('an archive that refuses keeps nobody from reading what comes', async () => {
  await take(sent('one'));
  engine.freshness.hold();
  fails = new IqError('forbidden');
  await take(sent('two'));
  expect(await texts()).toBe('one two');
});

test('of lists and settings that could not be kept the whole is read again', async () => {
  const read: string[] = [];
  engine.iq = (_, payload) => {
    read.push(payload.child('items')?.attr('node') ?? payload.ns);
    return Promise.resolve(parse("<iq xmlns='jabber:client'/>"));
  };
  isFull = true;
  await take(parse(`<message xmlns='jabber:client' from='${ME}' type='headline'><event xmlns='${NS.pubsubEvent}'><items node='${NS.chats}'><item id='${HIM}'><chat xmlns='${NS.chats}'/></item></items></event></message>`));
  isFull = false;
  await engine.freshness.settle();
  expect(read).toEqual(expect.arrayContaining([NS.roster, NS.chats, NS.bookmarks, NS.marks, NS.folders]));
});

/** A list of conversations with one line, of a correction that was said last; it fails while `isDown`. */
function listing(): { isDown: boolean } {
  const state = { isDown: false };
  sent('wrogn');
  const correction = parse(`<message xmlns='jabber:client' from='${HIM}/x' to='${ME}' type='chat' id='c'><body>right</body><replace xmlns='${NS.correct}' id='wrogn'/></message>`);
  log.push({ archive: undefined, id: 'a-c', stanza: correction });
  engine.abilities.inbox = true;
  engine.iq = () => (state.isDown ? Promise.reject(new IqError('remote-server-timeout')) : Promise.resolve(parse(`<iq xmlns='jabber:client'><inbox xmlns='${NS.inbox}'><conversation jid='${HIM}' id='a-c' unread='1'><forwarded xmlns='${NS.forward}'><delay xmlns='${NS.delay}' stamp='1970-01-01T00:16:40Z'/>${correction.toString()}</forwarded></conversation></inbox></iq>`)));
  return state;
}
const chat = (): Promise<ChatRow | undefined> => engine.db.read((tx) => tx.get<ChatRow>('chats', HIM));

test('what a new device could not look up of a talk that ended with a correction is looked up again, and keeps nothing from coming', async () => {
  listing();
  const query = engine.archive.query;
  let lookups = 0;
  engine.archive.query = (to, fields, paging) => (fields['with'] === HIM && lookups++ === 0 ? Promise.reject(new IqError('remote-server-timeout')) : query(to, fields, paging));
  await engine.inOrder(() => engine.freshness.catchUp());
  expect([(await chat())?.last, await engine.freshness.isNext('a-later'), lookups]).toEqual([undefined, true, 1]);
  await later();
  expect(await chat()).toMatchObject({ last: { text: 'right' }, unread: 1 });
  expect(timers.filter((one) => one.ms > 1000)).toEqual([]);
});

test('a list of conversations that broke off after the archive’s end was noted is read when it can be', async () => {
  const list = listing();
  list.isDown = true;
  engine.freshness.hold();
  await engine.inOrder(() => engine.freshness.catchUp()).catch(() => undefined);
  expect([await cursor(), await chat()]).toEqual(['a-c', undefined]);
  list.isDown = false;
  await later();
  expect(await chat()).toMatchObject({ last: { text: 'right' }, unread: 1 });
  expect(await engine.archive.isUntold()).toBe(false);
});
