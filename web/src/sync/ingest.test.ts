import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { readMessage, type MessageFacts } from '../protocol/message.ts';
import { parse } from '../protocol/xml.ts';
import { Db } from '../store/db.ts';
import { prepend, rowsFrom } from '../store/log.ts';
import { CACHE, CACHE_VERSION, type ChatRow, type MessageRow } from '../store/rows.ts';
import { ingest, type Origin, type Self } from './ingest.ts';

const ME = 'juliet@capulet.example';
const HIM = 'romeo@montague.example';
const self: Self = { jid: ME, name: 'Juliet', now: Date.now, occupant: () => undefined, isRoom: () => false };
let db: Db;
let number = 0;

beforeEach(async () => {
  db = await Db.open(`test-${number++}`, CACHE_VERSION, CACHE);
});

const message = (from: string, to: string, id: string, inner: string): MessageFacts =>
  readMessage(parse(`<message xmlns='jabber:client' from='${from}/x' to='${to}' type='chat' id='${id}'>${inner}</message>`));
const take = (facts: MessageFacts, origin: Origin, into = db) => into.write((tx) => ingest(tx, self, facts, origin));
const rows = (into = db): Promise<MessageRow[]> => into.read((tx) => rowsFrom(tx, HIM, -Infinity, 10_000));

interface Entry {
  facts: MessageFacts;
  id: string;
  time: number;
}

/** A conversation with everything in it, as the archive holds it. */
function history(seed: number, length: number): Entry[] {
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const said: { id: string; mine: boolean }[] = [];
  return Array.from({ length }, (_, i) => {
    const mine = next() < 0.4;
    const [from, to] = mine ? [ME, HIM] : [HIM, ME];
    const about = said[Math.floor(next() * said.length)];
    const theirs = about && about.mine !== mine;
    const kind = about ? next() : 0;
    let inner = `<body>text ${i}</body>`;
    if (about && kind > 0.9) inner = `<reactions xmlns='urn:xmpp:reactions:0' id='${about.id}'><reaction>${next() < 0.5 ? '👍' : '🎉'}</reaction></reactions>`;
    else if (about && kind > 0.8 && !theirs) inner = `<body>edit ${i}</body><replace xmlns='urn:xmpp:message-correct:0' id='${about.id}'/>`;
    else if (about && kind > 0.75 && !theirs) inner = `<retract xmlns='urn:xmpp:message-retract:1' id='${about.id}'/>`;
    else if (about && kind > 0.65 && theirs) inner = `<received xmlns='urn:xmpp:receipts' id='${about.id}'/>`;
    else if (about && kind > 0.55 && theirs) inner = `<displayed xmlns='urn:xmpp:chat-markers:0' id='${about.id}'/>`;
    else said.push({ id: `m${i}`, mine });
    return { facts: message(from, to, `m${i}`, inner), id: `a${i}`, time: 1000 + i };
  });
}

/** What the reader would see, without the numbers that only order it. */
async function shown(into: Db): Promise<unknown[]> {
  return (await rows(into)).map(({ order: _o, gapBefore: _g, edited, reads: _r, ...row }) => ({ ...row, edited: edited !== undefined, reactionsBy: row.kind === 'deleted' ? undefined : row.reactionsBy }));
}

const catchUp = async (entries: Entry[], into: Db): Promise<void> => {
  for (const { facts, id, time } of entries) await take(facts, { way: 'catchup', archiveId: id, time }, into);
};

test('a stale state and what happened since give what a fresh reading gives', async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const all = history(seed, 60);
    const fresh = await Db.open(`fresh-${seed}`, CACHE_VERSION, CACHE);
    await catchUp(all, fresh);
    const stale = await Db.open(`stale-${seed}`, CACHE_VERSION, CACHE);
    await catchUp(all.slice(0, 25), stale);
    // Some comes live, some again from the archive, some twice.
    for (const { facts, id, time } of all.slice(25, 40)) await take({ ...facts, stanzaIds: { [ME]: id } }, { way: 'live', time }, stale);
    await catchUp(all.slice(30), stale);
    expect(await shown(stale), `seed ${seed}`).toEqual(await shown(fresh));
  }
});

test('history that is read backwards is the same as history that was lived', async () => {
  for (let seed = 20; seed <= 30; seed++) {
    const all = history(seed, 60);
    const fresh = await Db.open(`fresh-${seed}`, CACHE_VERSION, CACHE);
    await catchUp(all, fresh);
    const back = await Db.open(`back-${seed}`, CACHE_VERSION, CACHE);
    await catchUp(all.slice(45), back);
    for (const page of [all.slice(30, 45), all.slice(15, 30), all.slice(0, 15)]) {
      await back.write(async (tx) => {
        const [first] = await rowsFrom(tx, HIM, -Infinity, 1);
        if (!first) throw new Error('no row');
        const orders = await prepend(tx, first, page.length);
        for (const [i, { facts, id, time }] of [...page.entries()].reverse()) await ingest(tx, self, facts, { way: 'fill', archiveId: id, time, order: orders[i] as number });
      });
    }
    const ticks = (list: unknown[]): unknown[] => list.map((row) => ({ ...(row as object) }));
    expect(ticks(await shown(back)), `seed ${seed}`).toEqual(ticks(await shown(fresh)));
  }
});

test('nobody edits, retracts or acknowledges the messages of somebody else', async () => {
  await take(message(HIM, ME, 'm1', '<body>mine</body>'), { way: 'live', time: 1 });
  await take(message(ME, HIM, 'm2', '<body>hers</body>'), { way: 'carbon', time: 2 });
  await take(message(ME, HIM, 'x1', "<body>forged</body><replace xmlns='urn:xmpp:message-correct:0' id='m1'/>"), { way: 'live', time: 3 });
  await take(message(HIM, ME, 'x2', "<retract xmlns='urn:xmpp:message-retract:1' id='m2'/>"), { way: 'live', time: 4 });
  await take(message(ME, HIM, 'x3', "<displayed xmlns='urn:xmpp:chat-markers:0' id='m2'/>"), { way: 'live', time: 5 });
  expect((await rows()).map(({ text, ticks, kind }) => [text, ticks, kind])).toEqual([['mine', undefined, 'text'], ['hers', 'sent', 'text']]);
});

test('two messages with one id by a careless author both stand', async () => {
  await take(message(HIM, ME, 'same', '<body>one</body>'), { way: 'catchup', archiveId: 'a1', time: 1 });
  await take(message(HIM, ME, 'same', '<body>two</body>'), { way: 'catchup', archiveId: 'a2', time: 2 });
  expect((await rows()).map((row) => row.text)).toEqual(['one', 'two']);
});

test('clocks that are wrong move no message', async () => {
  await take(message(HIM, ME, 'm1', '<body>one</body>'), { way: 'catchup', archiveId: 'a1', time: 90_000_000 });
  await take(message(HIM, ME, 'm2', '<body>two</body>'), { way: 'catchup', archiveId: 'a2', time: 1 });
  expect((await rows()).map((row) => row.text)).toEqual(['one', 'two']);
});

test('who answers has read', async () => {
  await take(message(HIM, ME, 'm1', '<body>one</body>'), { way: 'live', time: 1 });
  const chat = (): Promise<ChatRow | undefined> => db.read((tx) => tx.get<ChatRow>('chats', HIM));
  expect((await chat())?.unread).toBe(1);
  await take(message(ME, HIM, 'm2', '<body>two</body>'), { way: 'carbon', time: 2 });
  expect((await chat())?.unread).toBe(0);
});

test('a card is shown only for an address that stands in the text', async () => {
  const told = (url: string): string => `<Description xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' rdf:about='${url}'><title xmlns='https://ogp.me/ns#'>T</title></Description>`;
  const facts = (body: string, url: string) => readMessage(parse(`<message xmlns='jabber:client' from='${HIM}/x' to='${ME}' type='chat' id='${Math.random()}'><body>${body}</body>${told(url)}</message>`));
  await db.write((tx) => ingest(tx, self, facts('see https://a.example/x', 'https://a.example/x'), { way: 'live', time: 1 }));
  await db.write((tx) => ingest(tx, self, facts('see https://bank.example/', 'https://evil.example/'), { way: 'live', time: 2 }));
  expect((await rows()).map((row) => row.link?.title)).toEqual(['T', undefined]);
});

test('what the end of the archive showed just before it came live is new when it comes, once', async () => {
  const facts = message(HIM, ME, 'm1', '<body>hello</body>');
  const unread = (): Promise<number | undefined> => db.read(async (tx) => (await tx.get<ChatRow>('chats', HIM))?.unread);
  await take(facts, { way: 'fill', archiveId: 'a1', time: 1000, order: 1024, isEnd: true });
  expect(await unread()).toBe(0);
  const live = await take(facts, { way: 'live', archiveId: 'a1', time: 1000 });
  expect(live?.fresh?.text).toBe('hello');
  expect(await unread()).toBe(1);
  // The same once more, by another way or after a break, changes nothing.
  await take(facts, { way: 'catchup', archiveId: 'a1', time: 1000 });
  expect((await take(facts, { way: 'live', archiveId: 'a1', time: 1000 }))?.fresh).toBeUndefined();
  expect(await unread()).toBe(1);
  expect(await rows()).toHaveLength(1);
});

test('what somebody felt of one\'s own message is news if it was missed, and none if it is read out of the depth or one\'s own', async () => {
  const reacted = (): Promise<string | undefined> => db.read(async (tx) => (await tx.get<ChatRow>('chats', HIM))?.reacted);
  const feels = (from: string, to: string, about: string, more: Partial<Origin>) => take(message(from, to, crypto.randomUUID(), `<reactions xmlns='urn:xmpp:reactions:0' id='${about}'><reaction>🎉</reaction></reactions>`), { way: 'catchup', time: 3, ...more });
  await take(message(ME, HIM, 'm1', '<body>mine</body>'), { way: 'carbon', archiveId: 'a1', time: 1 });
  await take(message(HIM, ME, 'm2', '<body>his</body>'), { way: 'live', archiveId: 'a2', time: 2 });
  await feels(HIM, ME, 'm1', {});
  await feels(HIM, ME, 'm1', { way: 'fill' });
  await feels(ME, HIM, 'm2', { isMissed: true });
  expect(await reacted()).toBeUndefined();
  await feels(HIM, ME, 'm1', { isMissed: true });
  expect(await reacted()).toBe((await rows()).find((row) => row.mine)?.id);
});
