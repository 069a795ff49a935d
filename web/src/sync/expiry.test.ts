import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { readMessage } from '../protocol/message.ts';
import { parse } from '../protocol/xml.ts';
import { Db } from '../store/db.ts';
import { CACHE, CACHE_VERSION, type ChatRow, type MessageRow } from '../store/rows.ts';
import type { Core } from './core.ts';
import { Expiry } from './expiry.ts';
import { ingest, type Self } from './ingest.ts';

const ME = 'juliet@capulet.example';
const HIM = 'romeo@montague.example';
const ROOM = 'garden@rooms.example';
const self: Self = { jid: ME, name: 'Juliet', now: Date.now, occupant: (room) => (room === ROOM ? { nick: 'Juliet', id: 'me' } : undefined), isRoom: (jid) => jid === ROOM };
let db: Db;
let number = 0;
const BEGIN = Date.now();
let now = BEGIN;
let timers: { at: number; run: () => void }[] = [];
const gone: string[] = [];

beforeEach(async () => {
  db = await Db.open(`expiry-${number++}`, CACHE_VERSION, CACHE);
  [now, timers] = [BEGIN, []];
  gone.length = 0;
});

const core = (): Core => ({ db, now: () => now, timer: (ms: number, run: () => void) => {
  const entry = { at: now + ms, run };
  timers.push(entry);
  return () => void (timers = timers.filter((one) => one !== entry));
}, bus: { touch: () => undefined } }) as unknown as Core;
const take = (xml: string, time = now) => db.write((tx) => ingest(tx, self, readMessage(parse(xml)), { way: 'live', time }));
const from = (who: string, id: string, inner: string, type = 'chat', to = ME) => `<message xmlns='jabber:client' from='${who}' to='${to}' type='${type}' id='${id}'>${inner}</message>`;
const timed = (seconds: number) => `<ephemeral xmlns='urn:xmpp:ephemeral:0' timer='${seconds}'/>`;
const rows = (chat = HIM) => db.read((tx) => tx.all<MessageRow>('messages', { index: 'order', lower: [chat, -Infinity], upper: [chat, Infinity] }));
const chat = (jid = HIM) => db.read((tx) => tx.get<ChatRow>('chats', jid));

test('at its time nothing of a message is left: no row, no last line, no unread count', async () => {
  const expiry = new Expiry(core(), (row) => void gone.push(row.id));
  await take(from(`${HIM}/x`, 'm1', '<body>stays</body>'));
  expiry.note((await take(from(`${HIM}/x`, 'm2', `<body>goes</body>${timed(10)}`)))?.expires);
  expect((await chat())?.unread).toBe(2);
  now = BEGIN + 9_999;
  await expiry.run();
  expect(await rows()).toHaveLength(2);
  now = BEGIN + 10_000;
  await expiry.run();
  expect((await rows()).map((row) => row.text)).toEqual(['stays']);
  expect(await chat()).toMatchObject({ unread: 1, last: { text: 'stays' } });
  expect(gone).toHaveLength(1);
});

test('one timer stands for the message that goes first', async () => {
  const expiry = new Expiry(core(), () => undefined);
  for (const seconds of [30, 10, 20]) expiry.note(BEGIN + seconds * 1000);
  expect(timers.map((timer) => timer.at)).toEqual([BEGIN + 10_000]);
});

test('a timer alone is a setting of the chat, and the newest counts whenever it is read', async () => {
  await take(from(`${HIM}/x`, 's1', timed(60)));
  expect((await chat())?.timing?.seconds).toBe(60);
  await take(from(`${ME}/y`, 's2', timed(0), 'chat', HIM));
  expect((await chat())?.timing?.seconds).toBe(0);
  await db.write((tx) => ingest(tx, self, readMessage(parse(from(`${HIM}/x`, 's0', timed(5)))), { way: 'fill', archiveId: 'old', time: 0, order: -5 }));
  expect((await chat())?.timing?.seconds).toBe(0);
  expect((await rows()).every((row) => row.kind === 'system' && row.expires === undefined)).toBe(true);
  expect((await chat())?.unread).toBe(0);
});

test('a message for one look shows no content, and who opened it is noted', async () => {
  await take(from(`${ME}/y`, 'o1', "<view-once xmlns='urn:skein:view-once:0' id='abc'/><body>view me</body><fallback xmlns='urn:xmpp:fallback:0' for='urn:skein:view-once:0'/>", 'chat', HIM));
  expect((await rows())[0]).toMatchObject({ text: '', once: { opened: false } });
  await take(from(`${ME}/z`, 'o2', "<opened xmlns='urn:skein:view-once:0' id='abc'/>", 'chat', HIM));
  expect((await rows())[0]?.once?.opened).toBe(false);
  await take(from(`${HIM}/x`, 'o3', "<opened xmlns='urn:skein:view-once:0' id='abc'/>"));
  expect((await rows())[0]?.once?.opened).toBe(true);
});

test('a whisper names the others who have it, and an answer goes to them and its sender', async () => {
  await take(from(`${ROOM}/Ann`, 'w1', "<body>psst</body><whisper xmlns='urn:skein:whisper:0'><to nick='Cleo' id='c'/><to nick='Juliet' id='me'/></whisper><occupant-id xmlns='urn:xmpp:occupant-id:0' id='a'/>"));
  expect((await rows(ROOM))[0]).toMatchObject({ text: 'psst', whisper: ['Ann', 'Cleo'], whisperTo: [{ id: 'a', nick: 'Ann' }, { id: 'c', nick: 'Cleo' }], author: 'a' });
  // Only who whispered it takes it back.
  await take(from(`${ROOM}/Cleo`, 'w2', "<retract xmlns='urn:xmpp:message-retract:1' id='w1'/><whisper xmlns='urn:skein:whisper:0'><to nick='Juliet' id='me'/></whisper><occupant-id xmlns='urn:xmpp:occupant-id:0' id='c'/>"));
  expect((await rows(ROOM))[0]?.kind).toBe('text');
  await take(from(`${ROOM}/Ann2`, 'w3', "<retract xmlns='urn:xmpp:message-retract:1' id='w1'/><whisper xmlns='urn:skein:whisper:0'><to nick='Juliet' id='me'/></whisper><occupant-id xmlns='urn:xmpp:occupant-id:0' id='a'/>"));
  expect((await rows(ROOM))[0]?.kind).toBe('deleted');
});
