// Engines without a browser against the started server: what has to hold over many outages, quickly.

import 'fake-indexeddb/auto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Commands } from '../src/sync/api.ts';
import { commands } from '../src/sync/commands/index.ts';
import { Engine } from '../src/sync/engine.ts';
import type { Socket, World } from '../src/protocol/connection.ts';
import type { MessageRow } from '../src/store/rows.ts';
import { parse } from '../src/protocol/xml.ts';
import { Server, until } from './harness.ts';

/** Node 20 has it behind a switch (see vitest.config.ts). */
declare const WebSocket: new (url: string, protocol: string) => Socket;

/** Of the newest socket of each device, what went over it: `>` from here, `<` from the server. */
const wires = new Map<string, { socket: Socket; flow: string[] }>();

/** A socket whose traffic is noted, for the device of this name. */
function noted(name: string, url: string): Socket {
  const raw = new WebSocket(url, 'xmpp');
  const flow: string[] = [];
  const socket: Socket = {
    onopen: null, onmessage: null, onclose: null,
    send: (text) => (flow.push(`> ${text}`), raw.send(text)),
    close: () => raw.close(),
  };
  raw.onopen = () => socket.onopen?.();
  raw.onmessage = (event) => (flow.push(`< ${String(event.data)}`), socket.onmessage?.(event));
  raw.onclose = () => socket.onclose?.();
  wires.set(name, { socket: raw, flow });
  return socket;
}

/** `off`: by how much its clock is wrong. */
const worldOf = (name: string, off: number): World => ({
  socket: (url) => noted(name, url), now: () => Date.now() + off, random: () => Math.random(), nonce: () => crypto.randomUUID(),
  timer: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
});

interface Somebody {
  engine: Engine;
  api: Commands;
}

let server: Server;
let ann: Somebody;
let bob: Somebody;

async function make(name: string, store = name, off = 0): Promise<Somebody> {
  const engine = new Engine({ world: worldOf(store, off), fetch, notice: () => undefined, origin: server.origin, device: 'Node' }, store);
  await engine.open();
  const api = commands(engine);
  await api.signIn({ address: name, password: `password of ${name}` });
  await until(async () => engine.link.state === 'online', `${name} is online`);
  return { engine, api };
}

const texts = async ({ engine }: Somebody, chat: string): Promise<string[]> =>
  (await engine.views.answer('messages', { chat, anchor: 'end', before: 200, after: 0 })).rows.map((row) => row.text);

/** No message fits into this database any more, until what is answered is called. */
function fill(name: string): () => void {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...row: Parameters<typeof put>) {
    if (this.name !== 'messages' || this.transaction.db.name !== name) return put.apply(this, row);
    // As browsers do it: the request is taken, and the whole transaction ends.
    const { transaction } = this;
    Object.defineProperty(transaction, 'error', { value: new DOMException('no room', 'QuotaExceededError') });
    queueMicrotask(() => transaction.abort());
    return put.apply(this, row);
  };
  return () => void (IDBObjectStore.prototype.put = put);
}

beforeAll(async () => {
  server = await new Server('invite').start();
  server.accounts('ann', 'bob', 'cleo', 'dan', 'eve', 'fay');
  [ann, bob] = [await make('ann'), await make('bob')];
  await ann.api.addContact({ jid: 'bob@localhost' });
  await until(async () => bob.engine.live.requests.has('ann@localhost'), 'bob is asked');
  await bob.api.answerRequest({ jid: 'ann@localhost', accept: true });
  for (const [who, other] of [[ann, 'bob@localhost'], [bob, 'ann@localhost']] as const) await until(async () => who.engine.live.contacts.get(other)?.subscription === 'both', 'they are contacts');
});

afterAll(async () => {
  for (const one of [ann, bob]) one?.engine.close();
  await server?.end();
});

test('over many crashes of the server what was written comes once and in order, live or from the archive', async () => {
  const wanted: string[] = [];
  for (let round = 0; round < 8; round++) {
    await server.kill();
    await until(async () => ['waiting', 'connecting'].includes(ann.engine.link.state), 'ann is offline');
    for (const word of ['one', 'two', 'three']) {
      wanted.push(`${round} ${word}`);
      await ann.api.send({ chat: 'bob@localhost', text: `${round} ${word}` });
    }
    await server.start();
    await Promise.all([ann.api.reconnect(), bob.api.reconnect()]);
    await until(async () => {
      // As somebody presses the button who sees that nothing happens.
      await Promise.all([ann.api.reconnect(), bob.api.reconnect()]);
      return (await texts(bob, 'ann@localhost')).length >= wanted.length;
    }, 'bob has them');
    await until(async () => ann.engine.link.state === 'online' && bob.engine.link.state === 'online' && (await ann.engine.outbox.count()) === 0, 'all is calm');
    expect(await texts(bob, 'ann@localhost')).toEqual(wanted);
    expect(await texts(ann, 'bob@localhost')).toEqual(wanted);
  }
  const [chat] = await bob.engine.views.answer('chats', undefined);
  expect(chat?.unread).toBe(wanted.length);
});

test('what was read, starred and pinned without a connection is so on the other device later', async () => {
  const phone = await make('bob', 'phone');
  await until(async () => (await texts(phone, 'ann@localhost')).length > 5, 'the phone has the history');
  await server.kill();
  await until(async () => bob.engine.link.state !== 'online', 'bob is offline');
  const { rows } = await bob.engine.views.answer('messages', { chat: 'ann@localhost', anchor: 'end', before: 10, after: 0 });
  const last = rows[rows.length - 1];
  await bob.api.read({ chat: 'ann@localhost', upTo: last?.id ?? '' });
  await bob.api.star({ chat: 'ann@localhost', ids: [last?.id ?? ''], on: true });
  await bob.api.pinMessage({ chat: 'ann@localhost', id: last?.id ?? '', on: true });
  await bob.api.pin({ chat: 'ann@localhost', on: true });
  await bob.api.saveDraft({ chat: 'ann@localhost', text: 'half a thought' });
  await server.start();
  await Promise.all([bob.api.reconnect(), phone.api.reconnect()]);
  await until(async () => {
    const [chat] = await phone.engine.views.answer('chats', undefined);
    const starred = await phone.engine.views.answer('starred', undefined);
    const pins = await phone.engine.views.answer('pins', { chat: 'ann@localhost' });
    return pins.map((one) => one.text).join() === last?.text && chat?.pinned === true && chat.unread === 0 && chat.draft?.text === 'half a thought' && starred[0]?.message.text === last?.text;
  }, 'the phone is in step');
  phone.engine.close();
});

test('a new device shows that messages are missing, and fills what is looked at, in order and once', async () => {
  const wanted = await texts(bob, 'ann@localhost');
  for (let i = 0; i < 150; i++) await ann.api.send({ chat: 'bob@localhost', text: `page ${i}` });
  wanted.push(...Array.from({ length: 150 }, (_, i) => `page ${i}`));
  await until(async () => (await texts(bob, 'ann@localhost')).at(-1) === 'page 149', 'bob has them');
  const tablet = await make('bob', 'tablet');
  const look = () => tablet.engine.views.answer('messages', { chat: 'ann@localhost', anchor: 'end', before: 400, after: 0 });
  const first = await look();
  expect(first.rows.length).toBeLessThan(20);
  expect(first.rows[0]?.gapBefore || first.hasOlder).toBe(true);
  // As the page does it: to look is enough for the newest, the rest is asked for from the top.
  await until(async () => {
    const window = await look();
    const [top] = window.rows;
    if (window.hasOlder && !window.loadingOlder && top) await tablet.api.loadOlder({ chat: 'ann@localhost', before: top.id });
    return !window.hasOlder;
  }, 'all of it is here');
  const { rows } = await look();
  expect(rows.map((row) => row.text)).toEqual(wanted);
  expect(rows.some((row) => row.gapBefore)).toBe(false);
  tablet.engine.close();
});

test('a first device counts what waited for it once, and shows it in its order', async () => {
  // Nobody has read this account's archive yet: the server gives all of it as what came meanwhile, too.
  server.accounts('gil');
  const many = Array.from({ length: 80 }, (_, i) => `before you came ${i}`);
  for (const text of many) await bob.api.send({ chat: 'gil@localhost', text });
  await until(async () => (await bob.engine.outbox.count()) === 0, 'they are sent');
  const gil = await make('gil');
  await bob.api.send({ chat: 'gil@localhost', text: 'after you came' });
  const wanted = [...many, 'after you came'];
  await until(async () => (await gil.engine.views.answer('chats', undefined))[0]?.last?.text === 'after you came', 'the newest has come');
  expect((await gil.engine.views.answer('chats', undefined))[0]?.unread).toBe(wanted.length);
  await until(async () => (await texts(gil, 'bob@localhost')).length === wanted.length, 'all are shown');
  expect(await texts(gil, 'bob@localhost')).toEqual(wanted);
  gil.engine.close();
});

test('a new device learns what was said about the last message after it, with one question', async () => {
  // Two rows: what lies before them may be receipts alone, for more than a page.
  const look = ({ engine }: Somebody, chat: string) => engine.views.answer('messages', { chat, anchor: 'end', before: 2, after: 0 });
  const last = async (who: Somebody, chat: string) => (await look(who, chat)).rows.at(-1);
  for (let i = 0; i < 3; i++) await ann.api.send({ chat: 'bob@localhost', text: `before the end ${i}` });
  await ann.api.send({ chat: 'bob@localhost', text: 'what do you feel?' });
  await until(async () => (await last(bob, 'ann@localhost'))?.text === 'what do you feel?', 'bob has it');
  const felt = await last(bob, 'ann@localhost');
  const [earlier] = (await look(bob, 'ann@localhost')).rows.slice(-2);
  await bob.api.react({ chat: 'ann@localhost', id: felt?.id ?? '', emojis: ['👍'] });
  await bob.api.react({ chat: 'ann@localhost', id: felt?.id ?? '', emojis: ['🎉'] });
  await bob.api.react({ chat: 'ann@localhost', id: earlier?.id ?? '', emojis: ['🧵'] });
  const place = await ann.api.sendPlace({ chat: 'fay@localhost', place: { lat: 1, lon: 2 }, live: 3600 });
  await until(async () => (await last(ann, 'fay@localhost'))?.ticks === 'sent', 'the place is with the server');
  await ann.api.endLive({ chat: 'fay@localhost', id: place });
  await until(async () => (await ann.engine.outbox.count()) === 0 && (await last(ann, 'bob@localhost'))?.reactions[0]?.emoji === '🎉', 'all of it is on the server');
  const tablet = await make('ann', 'tablet of ann');
  try {
    const asked = (wires.get('tablet of ann')?.flow ?? []).length;
    await look(tablet, 'bob@localhost');
    await until(async () => (await last(tablet, 'bob@localhost'))?.reactions.map((one) => one.emoji).join() === '🎉', 'the reaction is there');
    await until(async () => !(await look(tablet, 'bob@localhost')).loadingOlder, 'nothing is on its way');
    const { rows } = await look(tablet, 'bob@localhost');
    expect(rows.slice(-2)[0]?.reactions.map((one) => one.emoji)).toEqual(['🧵']);
    expect(rows.map((row) => row.text)).toEqual((await look(ann, 'bob@localhost')).rows.map((row) => row.text));
    expect(rows.some((row) => row.gapBefore)).toBe(false);
    const flow = (wires.get('tablet of ann')?.flow ?? []).slice(asked);
    expect(flow.filter((line) => line.startsWith('>') && line.includes('urn:xmpp:mam:2')).length).toBe(1);
    await look(tablet, 'fay@localhost');
    await until(async () => (await last(tablet, 'fay@localhost'))?.live?.ended === true, 'the place is at its end');
  } finally {
    tablet.engine.close();
  }
});

test('a new device lists a talk that ended with a correction or a retraction where it belongs', async () => {
  await bob.api.send({ chat: 'eve@localhost', text: 'wrogn' });
  await bob.api.send({ chat: 'fay@localhost', text: 'said' });
  const own = async (chat: string) => (await bob.engine.views.answer('messages', { chat, anchor: 'end', before: 20, after: 0 })).rows.at(-1);
  await until(async () => (await bob.engine.outbox.count()) === 0, 'both are sent');
  await bob.api.edit({ chat: 'eve@localhost', id: (await own('eve@localhost'))?.id ?? '', text: 'right' });
  await bob.api.remove({ chat: 'fay@localhost', ids: [(await own('fay@localhost'))?.id ?? ''], everyone: true });
  await until(async () => (await bob.engine.outbox.count()) === 0, 'both are mended');
  const desk = await make('bob', 'desk of bob');
  try {
    const chat = async (jid: string) => (await desk.engine.views.answer('chats', undefined)).find((one) => one.jid === jid);
    await until(async () => (await chat('eve@localhost'))?.last?.text === 'right', 'the corrected words are in the list');
    await until(async () => (await chat('fay@localhost'))?.last?.kind === 'deleted', 'the list knows that it is gone');
    for (const jid of ['eve@localhost', 'fay@localhost']) expect(Math.abs(((await chat(jid))?.time ?? 0) - Date.now())).toBeLessThan(600_000);
    const rows = async (jid: string) => (await desk.engine.views.answer('messages', { chat: jid, anchor: 'end', before: 20, after: 0 })).rows;
    await until(async () => (await rows('eve@localhost')).at(-1)?.text === 'right', 'it is so in the talk');
    await until(async () => (await rows('fay@localhost')).at(-1)?.kind === 'deleted', 'it is gone in the talk');
  } finally {
    desk.engine.close();
  }
});

test('after a loss or a sleep the session is resumed in one exchange, and what was said meanwhile comes', async () => {
  const before = wires.get('bob');
  before?.socket.close();
  await until(async () => bob.engine.link.state !== 'online', 'bob has lost it');
  await ann.api.send({ chat: 'bob@localhost', text: 'while you slept' });
  await bob.api.reconnect();
  await until(async () => (await texts(bob, 'ann@localhost')).at(-1) === 'while you slept', 'bob hears of it');
  await until(async () => bob.engine.link.state === 'online', 'bob is online');
  const flow = wires.get('bob')?.flow ?? [];
  const resumed = flow.findIndex((line) => line.startsWith('<') && line.includes('<resumed'));
  expect(resumed, flow.slice(0, 8).join('\n')).toBeGreaterThan(0);
  // All that goes from here until then goes before the first answer.
  const answer = flow.findIndex((line) => line.startsWith('<'));
  expect(flow.slice(answer, resumed).filter((line) => line.startsWith('>'))).toEqual([]);
});

test('one device signs another out, which then is nobody’s', async () => {
  const phone = await make('bob', 'lost-phone');
  await until(async () => {
    const devices = await bob.engine.views.answer('devices', undefined);
    return devices.some((one) => one.id === phone.engine.account?.agent && one.online) && devices.filter((one) => one.current).length === 1;
  }, 'the list has both', 20_000);
  await bob.api.endDevice({ id: phone.engine.account?.agent ?? '' });
  await until(async () => phone.engine.link.state === 'refused' || phone.engine.link.state === 'signed-out', 'the phone is out');
  phone.engine.close();
});

test('a date is found in what only the server has, and both directions load from there', async () => {
  const before = (await texts(ann, 'bob@localhost')).length;
  for (let i = 0; i < 150; i++) await bob.api.send({ chat: 'ann@localhost', text: `day ${i}` });
  await until(async () => (await texts(ann, 'bob@localhost')).at(-1) === 'day 149', 'ann has them all');
  const all = (await ann.engine.views.answer('messages', { chat: 'bob@localhost', anchor: 'end', before: 400, after: 0 })).rows;
  expect(all.length).toBeGreaterThanOrEqual(before + 150);
  // By the archive's times: those of what came live are the times at which it came.
  const { entries } = await ann.engine.archive.query(undefined, { with: 'bob@localhost' }, { before: '', max: 250 });
  const said = entries.map(({ message, time }) => ({ text: message.child('body')?.text ?? '', time })).filter(({ text }) => text.startsWith('day '));
  const first = said.find((one) => one.time >= (said[5]?.time ?? NaN));
  const other = await make('ann', 'ann elsewhere');
  try {
    expect(await texts(other, 'bob@localhost')).not.toContain(first?.text);
    const id = (await other.api.findTime({ chat: 'bob@localhost', time: first?.time ?? NaN }))?.id;
    const around = () => other.engine.views.answer('messages', { chat: 'bob@localhost', anchor: { message: id ?? '' }, before: 20, after: 20 });
    expect((await around()).rows.find((row) => row.id === id)?.text).toBe(first?.text);
    expect((await around()).hasOlder).toBe(true);
    // Nothing is doubled or out of order when the gaps close, from where one stands to both ends.
    await until(async () => {
      const shown = (await other.engine.views.answer('messages', { chat: 'bob@localhost', anchor: 'end', before: 400, after: 0 })).rows;
      const gap = shown.findLast((row) => row.gapBefore);
      await other.api.loadOlder({ chat: 'bob@localhost', ...(gap && { before: gap.id }) });
      const days = (rows: { text: string }[]): string => rows.filter((row) => row.text.startsWith('day ')).map((row) => row.text).join('|');
      return gap === undefined && days(shown) === days(all);
    }, 'all is there');
    expect((await other.api.findTime({ chat: 'bob@localhost', time: first?.time ?? NaN }))?.id).toBe(id);
  } finally {
    other.engine.close();
  }
});

test('a clock that is a day off reorders nothing and lets nothing vanish too soon', async () => {
  for (const [who, off] of [['cleo', 86_400_000], ['dan', -86_400_000]] as const) {
    const skewed = await make(who, who, off);
    try {
      const chat = `${who}@localhost`;
      await bob.api.send({ chat, text: 'one' });
      await until(async () => (await texts(skewed, 'bob@localhost')).at(-1) === 'one', 'it comes');
      await skewed.api.send({ chat: 'bob@localhost', text: 'two' });
      await until(async () => (await texts(bob, chat)).at(-1) === 'two', 'it arrives');
      await bob.api.send({ chat, text: 'three', timer: 3600 });
      await until(async () => (await texts(skewed, 'bob@localhost')).join() === 'one,two,three', 'all stand in order');
      const times = (await skewed.engine.views.answer('messages', { chat: 'bob@localhost', anchor: 'end', before: 9, after: 0 })).rows.map((row) => row.time);
      expect(times.every((time) => Math.abs(time - Date.now()) < 60_000)).toBe(true);
      // What is written to others counts as now too: the list stays in the order of what was said.
      await ann.api.send({ chat, text: 'last of all' });
      await until(async () => (await skewed.engine.views.answer('chats', undefined))[0]?.jid === 'ann@localhost', 'who wrote last is on top');
    } finally {
      skewed.engine.close();
    }
  }
});

test('what came while there was no room is there once there is some, in its place, and so is what comes next', async () => {
  const restore = fill('ann-cache');
  try {
    await bob.api.send({ chat: 'ann@localhost', text: 'no room, one' });
    await bob.api.send({ chat: 'ann@localhost', text: 'no room, two' });
    await until(async () => ann.engine.link.full === true, 'ann has no room');
  } finally {
    restore();
  }
  await bob.api.send({ chat: 'ann@localhost', text: 'room again' });
  await until(async () => (await texts(bob, 'ann@localhost')).includes('room again') && bob.engine.link.queued === 0, 'all is sent');
  ann.engine.mending.relieved();
  await until(async () => (await texts(ann, 'bob@localhost')).includes('room again'), 'ann has the last');
  expect((await texts(ann, 'bob@localhost')).slice(-3)).toEqual(['no room, one', 'no room, two', 'room again']);
  await until(async () => ann.engine.link.full === undefined, 'nothing is said of it any more');
});

test('that a message was refused is told also if there was no room to note it when the refusal came', async () => {
  const id = await ann.api.send({ chat: 'fay@localhost', text: 'to be refused' });
  const row = async () => (await ann.engine.views.answer('messages', { chat: 'fay@localhost', anchor: 'end', before: 5, after: 0 })).rows.find((one) => one.id === id);
  await until(async () => (await row())?.ticks === 'sent', 'it is with the server');
  const restore = fill('ann-cache');
  try {
    await ann.engine.inbound.take(parse(`<message xmlns='jabber:client' type='error' from='fay@localhost' to='ann@localhost' id='${id.slice(2)}'><error type='cancel'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`));
  } finally {
    restore();
  }
  expect((await row())?.ticks).toBe('sent');
  ann.engine.mending.relieved();
  await until(async () => (await row())?.ticks === 'failed', 'it is told');
  expect((await row())?.fault?.code).toBe('forbidden');
});

test('what is hidden or starred before its place in the archive is known is hidden and starred on the other device too', async () => {
  const other = await make('bob', 'bob-other');
  await other.api.loadOlder({ chat: 'ann@localhost' });
  for (const text of ['hide me', 'star me']) await bob.api.send({ chat: 'ann@localhost', text });
  await until(async () => (await texts(other, 'ann@localhost')).includes('star me') && bob.engine.link.queued === 0, 'all have it');
  const row = async (who: Somebody, text: string) => (await who.engine.db.read((tx) => tx.all<MessageRow>('messages'))).find((one) => one.stanzaId === text);
  const said = async (text: string) => (await bob.engine.db.read((tx) => tx.all<MessageRow>('messages'))).find((one) => one.text === text);
  const [hidden, starred] = [await said('hide me'), await said('star me')];
  expect([hidden?.archiveId, starred?.archiveId]).toEqual([undefined, undefined]);
  await bob.api.remove({ chat: 'ann@localhost', ids: [hidden?.id ?? ''], everyone: false });
  await bob.api.star({ chat: 'ann@localhost', ids: [starred?.id ?? ''], on: true });
  await until(async () => (await row(other, starred?.stanzaId ?? ''))?.starred === true, 'the star is on the other device');
  expect((await row(other, hidden?.stanzaId ?? ''))?.kind).toBe('deleted');
  expect((await row(bob, hidden?.stanzaId ?? ''))?.kind).toBe('deleted');
  other.engine.close();
});

test('where there is no room it is told, what was written is not taken, and room can be made', async () => {
  const restore = fill('ann-cache');
  const link = async (): Promise<boolean> => (await ann.engine.views.answer('link', undefined)).full === true;
  try {
    await expect(ann.api.send({ chat: 'bob@localhost', text: 'no room for this' }).catch((error: unknown) => {
      ann.engine.mending.look(error);
      throw error;
    })).rejects.toThrow('no room');
    expect(await link()).toBe(true);
    expect(await texts(ann, 'bob@localhost')).not.toContain('no room for this');
  } finally {
    restore();
  }
  const before = (await ann.engine.views.answer('messages', { chat: 'bob@localhost', anchor: 'end', before: 400, after: 0 })).rows.map((row) => row.text);
  expect(before.length).toBeGreaterThan(250);
  await ann.api.clearCache();
  expect(await link()).toBe(false);
  const after = (await ann.engine.db.read((tx) => tx.all<{ chat: string; text: string; archiveId?: string }>('messages'))).filter((row) => row.chat === 'bob@localhost');
  expect(after.length).toBeLessThan(before.length);
  // What went is the server's to give again.
  await until(async () => {
    const { rows, hasOlder } = await ann.engine.views.answer('messages', { chat: 'bob@localhost', anchor: 'end', before: 400, after: 0 });
    const gap = rows.findLast((row) => row.gapBefore);
    if (hasOlder) await ann.api.loadOlder({ chat: 'bob@localhost', ...(gap && { before: gap.id }) });
    return rows.map((row) => row.text).join('|') === before.join('|');
  }, 'all is back');
});
