// Engines without a browser against the started server: what has to hold over many outages, quickly.

import 'fake-indexeddb/auto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Commands } from '../src/sync/api.ts';
import { commands } from '../src/sync/commands/index.ts';
import { Engine } from '../src/sync/engine.ts';
import type { Socket, World } from '../src/protocol/connection.ts';
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

const worldOf = (name: string): World => ({
  socket: (url) => noted(name, url), now: () => Date.now(), random: () => Math.random(), nonce: () => crypto.randomUUID(),
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

async function make(name: string, store = name): Promise<Somebody> {
  const engine = new Engine({ world: worldOf(store), fetch, notice: () => undefined, origin: server.origin, device: 'Node' }, store);
  await engine.open();
  const api = commands(engine);
  await api.signIn({ address: name, password: `password of ${name}` });
  await until(async () => engine.link.state === 'online', `${name} is online`);
  return { engine, api };
}

const texts = async ({ engine }: Somebody, chat: string): Promise<string[]> =>
  (await engine.views.answer('messages', { chat, anchor: 'end', before: 200, after: 0 })).rows.map((row) => row.text);

beforeAll(async () => {
  server = await new Server('invite').start();
  server.accounts('ann', 'bob');
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
