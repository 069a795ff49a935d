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

const world: World = {
  socket: (url) => new WebSocket(url, 'xmpp'), now: () => Date.now(), random: () => Math.random(), nonce: () => crypto.randomUUID(),
  timer: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

interface Somebody {
  engine: Engine;
  api: Commands;
}

let server: Server;
let ann: Somebody;
let bob: Somebody;

async function make(name: string, store = name): Promise<Somebody> {
  const engine = new Engine({ world, fetch, notice: () => undefined, origin: server.origin, device: 'Node' }, store);
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
  await bob.api.pin({ chat: 'ann@localhost', on: true });
  await bob.api.saveDraft({ chat: 'ann@localhost', text: 'half a thought' });
  await server.start();
  await Promise.all([bob.api.reconnect(), phone.api.reconnect()]);
  await until(async () => {
    const [chat] = await phone.engine.views.answer('chats', undefined);
    const starred = await phone.engine.views.answer('starred', undefined);
    return chat?.pinned === true && chat.unread === 0 && chat.draft?.text === 'half a thought' && starred[0]?.message.text === last?.text;
  }, 'the phone is in step');
  phone.engine.close();
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
