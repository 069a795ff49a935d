import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { readMessage } from '../protocol/message.ts';
import { parse } from '../protocol/xml.ts';
import { Db } from '../store/db.ts';
import { chatRow, rowsFrom } from '../store/log.ts';
import { CACHE, CACHE_VERSION, type MessageRow } from '../store/rows.ts';
import { Archive } from './archive.ts';
import type { Core } from './core.ts';
import { Expiry } from './expiry.ts';
import { ingest, type Self } from './ingest.ts';

const ME = 'juliet@capulet.example';
const HIM = 'romeo@montague.example';
const ROOM = 'hut@rooms.capulet.example';
const self: Self = { jid: ME, name: 'Juliet', now: Date.now, occupant: (room) => (room === ROOM ? { nick: 'Juliet', id: 'me-id' } : undefined), isRoom: (jid) => jid === ROOM };
let db: Db;
let number = 0;
beforeEach(async () => {
  db = await Db.open(`special-${number++}`, CACHE_VERSION, CACHE);
});

const hear = (from: string, inner: string, attributes = "type='chat'", time = Date.now()) =>
  db.write((tx) => ingest(tx, self, readMessage(parse(`<message xmlns='jabber:client' from='${from}' to='${ME}/x' ${attributes}>${inner}</message>`)), { way: 'live', time }));
const rows = (chat: string): Promise<MessageRow[]> => db.read((tx) => rowsFrom(tx, chat, -Infinity, 100));

test('a whisper names everybody who has it but the reader', async () => {
  await hear(`${ROOM}/Ben`, "<body>shh</body><whisper xmlns='urn:skein:whisper:0'><to nick='Cleo' id='c'/><to nick='Juliet' id='me-id'/></whisper>", "type='chat' id='w1'");
  expect((await rows(ROOM)).map((row) => [row.text, row.whisper])).toEqual([['shh', ['Ben', 'Cleo']]]);
});

test('a message without <whisper/> from a room is for all', async () => {
  await hear(`${ROOM}/Ben`, '<body>hello</body>', "type='groupchat' id='g1'");
  expect((await rows(ROOM))[0]?.whisper).toBeUndefined();
});

test('the sentence that a timer brings for other clients is not shown, and the server says when the message goes', async () => {
  const at = Date.now() + 60_000;
  await hear(`${HIM}/x`, `<body>code 4711\n⏱ gone soon</body><ephemeral xmlns='urn:xmpp:ephemeral:0' timer='10'/><expires xmlns='urn:skein:expires:0' at='${new Date(at).toISOString()}'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:ephemeral:0'><body start='10' end='21'/></fallback>`, "type='chat' id='t1'");
  expect((await rows(HIM)).map((row) => [row.text, row.expires])).toEqual([['code 4711', at]]);
});

test('a timer without content is a setting of the chat; the last one in the log counts, whatever clocks say', async () => {
  const setting = (seconds: number): string => `<ephemeral xmlns='urn:xmpp:ephemeral:0' timer='${seconds}'/>`;
  await hear(`${HIM}/x`, setting(3600), "type='chat' id='s1'", 2000);
  await hear(`${HIM}/x`, setting(30), "type='chat' id='s0'", 1000);
  const chat = await db.read((tx) => chatRow(tx, HIM, 'person'));
  expect(chat.timing?.seconds).toBe(30);
  expect((await rows(HIM)).map((row) => [row.kind, row.event?.kind])).toEqual([['system', 'timer'], ['system', 'timer']]);
});

test('what is over by the time it comes is never kept', async () => {
  await hear(`${HIM}/x`, `<body>late</body><ephemeral xmlns='urn:xmpp:ephemeral:0' timer='10'/>`, "type='chat' id='o1'", Date.now() - 11_000);
  expect(await rows(HIM)).toEqual([]);
});

test('a message goes from the rows and from the list when its time has come', async () => {
  await hear(`${HIM}/x`, '<body>stays</body>', "type='chat' id='k1'");
  await hear(`${HIM}/x`, "<body>goes</body><ephemeral xmlns='urn:xmpp:ephemeral:0' timer='10'/>", "type='chat' id='k2'");
  let now = Date.now();
  let wake: (() => void) | undefined;
  const core = { db, now: () => now, timer: (_: number, run: () => void) => ((wake = run), () => (wake = undefined)), bus: { touch: () => undefined } } as unknown as Core;
  const expiry = new Expiry(core, () => undefined);
  await expiry.run();
  expect((await rows(HIM)).map((row) => row.text)).toEqual(['stays', 'goes']);
  expect(wake).toBeDefined();
  now += 10_001;
  await expiry.run();
  expect((await rows(HIM)).map((row) => row.text)).toEqual(['stays']);
  expect((await db.read((tx) => chatRow(tx, HIM, 'person'))).last?.text).toBe('stays');
});

const POLL = "<body>📊 When?\n1. Sat\n2. Sun</body><poll xmlns='urn:skein:poll:0'><question>When?</question><option>Sat</option><option>Sun</option></poll><fallback xmlns='urn:xmpp:fallback:0' for='urn:skein:poll:0'/>";
const vote = (...choices: number[]): string => `<vote xmlns='urn:skein:poll:0' id='p1'>${choices.map((choice) => `<choice>${choice}</choice>`).join('')}</vote>`;

test('the newest vote of a person counts, only the first choice where one is allowed, and none after the end', async () => {
  await hear(`${HIM}/x`, POLL, "type='chat' id='p1'");
  await hear(`${HIM}/x`, vote(0), "type='chat' id='v1'");
  await hear(`${HIM}/x`, vote(1, 0, 7), "type='chat' id='v2'");
  const [poll] = await rows(HIM);
  expect([poll?.kind, poll?.text, poll?.poll?.options, poll?.votesBy?.[HIM]?.choices]).toEqual(['poll', '', ['Sat', 'Sun'], [1]]);
  await hear('tybalt@capulet.example/x', "<close xmlns='urn:skein:poll:0' id='p1'/>", "type='chat' id='c0'");
  await hear(`${HIM}/x`, "<close xmlns='urn:skein:poll:0' id='p1'/>", "type='chat' id='c1'");
  await hear(`${HIM}/x`, vote(0), "type='chat' id='v3'");
  expect((await rows(HIM))[0]?.votesBy?.[HIM]?.choices).toEqual([1]);
});

test('a vote that comes before its poll is counted when the poll comes', async () => {
  await hear(`${HIM}/x`, vote(1), "type='chat' id='v1'");
  await hear(`${HIM}/x`, POLL, "type='chat' id='p1'");
  expect((await rows(HIM))[0]?.votesBy?.[HIM]?.choices).toEqual([1]);
});

test('a poll with fewer than two answers is the text that it says', async () => {
  await hear(`${HIM}/x`, "<body>odd</body><poll xmlns='urn:skein:poll:0'><question>?</question><option>one</option></poll>", "type='chat' id='p2'");
  expect((await rows(HIM)).map((row) => [row.kind, row.text])).toEqual([['text', 'odd']]);
});

test('what is newer than a message that was just sent is never put before it', async () => {
  await db.write(async (tx) => {
    const chat = await chatRow(tx, HIM, 'person');
    chat.tail = 1024;
    await tx.put('chats', chat);
    await tx.put('messages', { id: 'o:m1', chat: HIM, author: ME, from: { name: 'Juliet', jid: ME, me: true }, order: 1024, time: 2000, kind: 'text', text: 'mine', mine: true, ticks: 'sent', attachments: [], mentions: [], starred: false, pinned: false, gapBefore: false, stanzaId: 'm1' } satisfies MessageRow);
  });
  const entry = (id: string, from: string, stanza: string, time: number) => ({ id, time, message: parse(`<message xmlns='jabber:client' from='${from}' to='${from === ME ? HIM : ME}' type='chat' id='${stanza}'><body>${stanza}</body></message>`) });
  const core = { db, self, live: { loading: new Set<string>() }, bus: { touch: () => undefined }, expires: () => undefined } as unknown as Core;
  const archive = new Archive(core);
  archive.query = () => Promise.resolve({ entries: [entry('1', HIM, 'older', 1000), entry('2', ME, 'm1', 2000), entry('3', HIM, 'newer', 3000)], isComplete: true });
  const [mine] = await rows(HIM);
  await archive.fill(HIM, mine);
  expect((await rows(HIM)).map((row) => row.text)).toEqual(['older', 'mine']);
});
