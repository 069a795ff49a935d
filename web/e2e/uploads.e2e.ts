// Engines without a browser against the started server: files on their way, with a line that can be held and broken.

import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Commands } from '../src/sync/api.ts';
import { commands } from '../src/sync/commands/index.ts';
import { Engine } from '../src/sync/engine.ts';
import { carryBy, type Carry } from '../src/sync/uploads.ts';
import type { Socket } from '../src/protocol/connection.ts';
import type { Message } from '../src/store/types.ts';
import { Server, until } from './harness.ts';

/** Node 20 has it behind a switch (see vitest.config.ts). */
declare const WebSocket: new (url: string, protocol: string) => Socket;

interface Somebody {
  engine: Engine;
  api: Commands;
}

let server: Server;
let bob: Somebody;

async function make(name: string, store: string, carry: Carry): Promise<Somebody> {
  const world = {
    socket: (url: string) => new WebSocket(url, 'xmpp'), now: () => Date.now(), random: () => Math.random(), nonce: () => crypto.randomUUID(),
    timer: (ms: number, run: () => void) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  };
  const engine = new Engine({ world, fetch, carry, notice: () => undefined, origin: server.origin, device: 'Node' }, store);
  await engine.open();
  const api = commands(engine);
  if (engine.account) await until(async () => engine.link.state === 'online', `${name} is online again`);
  else await api.signIn({ address: name, password: `password of ${name}` });
  await until(async () => engine.link.state === 'online', `${name} is online`);
  return { engine, api };
}

const rows = async ({ engine }: Somebody, chat: string): Promise<Message[]> => (await engine.views.answer('messages', { chat, anchor: 'end', before: 50, after: 0 })).rows;
const picture = (name: string, size: number): { blob: Blob; name: string } => ({ name, blob: new Blob([new Uint8Array(size).map((_, i) => (i * 31 + size) % 251)], { type: 'image/png' }) });
const sum = async (blob: Blob): Promise<string> => createHash('sha256').update(Buffer.from(await blob.arrayBuffer())).digest('hex');

beforeAll(async () => {
  server = await new Server('invite').start();
  server.accounts('ann', 'bob', 'cleo', 'dan');
  bob = await make('bob', 'bob', carryBy(fetch));
});

afterAll(async () => {
  bob?.engine.close();
  await server?.end();
});

test('files go up several at once, each tells how far it is, and what is said goes out in order', async () => {
  let open = (): void => undefined;
  const held = new Promise<void>((go) => (open = go));
  let going = 0;
  let most = 0;
  const ann = await make('ann', 'ann', async (url, request) => {
    most = Math.max(most, ++going);
    request.sent?.((request.body?.size ?? 0) / 2);
    await held;
    return carryBy(fetch)(url, request).finally(() => (going -= 1));
  });
  try {
    const chat = 'bob@localhost';
    await ann.api.sendFiles({ chat, files: ['a.png', 'b.png', 'c.png', 'd.png', 'e.png'].map((name) => picture(name, 1000)), caption: 'first' });
    await ann.api.sendFiles({ chat, files: [picture('f.png', 2000)], caption: 'second' });
    await ann.api.send({ chat, text: 'third' });
    await until(async () => most === 3 && (await rows(ann, chat))[0]?.attachments.filter((one) => one.progress === 0.5).length === 3, 'three are half way');
    expect((await rows(bob, 'ann@localhost')).length).toBe(0);
    open();
    await until(async () => (await rows(bob, 'ann@localhost')).map((row) => row.text).join() === 'first,second,third', 'bob has them in order');
    expect((await rows(bob, 'ann@localhost'))[0]?.attachments.map((one) => one.name)).toEqual(['a.png', 'b.png', 'c.png', 'd.png', 'e.png']);
    expect(most).toBe(3);
  } finally {
    ann.engine.close();
  }
});

test('a large file is gone on with after a break of the line and after a reload, where it was', async () => {
  const file = picture('large.png', 13 << 20);
  const seen: string[] = [];
  let breaks = 1;
  const broken: Carry = async (url, request) => {
    if (request.method !== 'PATCH') return carryBy(fetch)(url, request);
    const at = Number(request.headers['Upload-Offset']);
    seen.push(`${at}`);
    if (at === 4 << 20 && breaks-- > 0) throw new TypeError('the line broke');
    // The page is closed here, and comes back.
    if (at === 8 << 20) return new Promise(() => undefined);
    return carryBy(fetch)(url, request);
  };
  let cleo = await make('cleo', 'cleo', broken);
  await cleo.api.sendFiles({ chat: 'bob@localhost', files: [file] });
  await until(async () => seen.length === 4, 'eight of thirteen are there');
  cleo.engine.close();
  const after: string[] = [];
  cleo = await make('cleo', 'cleo', async (url, request) => {
    after.push(`${request.method} ${request.headers['Upload-Offset'] ?? ''}`.trim());
    return carryBy(fetch)(url, request);
  });
  try {
    await until(async () => (await rows(bob, 'cleo@localhost')).length === 1, 'bob has it');
    expect(seen).toEqual([0, 4 << 20, 4 << 20, 8 << 20].map(String));
    expect(after).toEqual(['HEAD', `PATCH ${8 << 20}`, `PATCH ${12 << 20}`]);
    const url = (await rows(bob, 'cleo@localhost'))[0]?.attachments[0]?.url ?? '';
    expect(await sum(await (await fetch(url)).blob())).toBe(await sum(file.blob));
  } finally {
    cleo.engine.close();
  }
});

test('one file of several is taken back while it goes up, and one that was refused goes when it is tried again', async () => {
  let isFull = true;
  const dan = await make('dan', 'dan', async (url, request) => {
    if (request.method === 'PUT' && url.includes('slow.png')) return new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(new Error('given up'))));
    if (isFull && url.includes('bad.png')) return { status: 507, header: () => undefined };
    return carryBy(fetch)(url, request);
  });
  try {
    const chat = 'bob@localhost';
    const [id = ''] = await dan.api.sendFiles({ chat, files: ['one.png', 'slow.png', 'two.png'].map((name) => picture(name, 900)), caption: 'two of three' });
    await until(async () => (await rows(dan, chat))[0]?.attachments.filter((one) => one.progress === undefined).length === 2, 'two are up');
    await dan.api.cancel({ chat, id, file: 1 });
    await until(async () => (await rows(bob, 'dan@localhost')).at(-1)?.text === 'two of three', 'bob has the others');
    expect((await rows(bob, 'dan@localhost')).at(-1)?.attachments.map((one) => one.name)).toEqual(['one.png', 'two.png']);

    const [again = ''] = await dan.api.sendFiles({ chat, files: [picture('good.png', 800), picture('bad.png', 800)], caption: 'both' });
    await until(async () => (await rows(dan, chat)).at(-1)?.ticks === 'failed', 'it is refused');
    expect((await rows(dan, chat)).at(-1)?.attachments.map((one) => one.fault !== undefined)).toEqual([false, true]);
    isFull = false;
    await dan.api.retry({ chat, id: again });
    await until(async () => (await rows(bob, 'dan@localhost')).at(-1)?.text === 'both', 'bob has both');
  } finally {
    dan.engine.close();
  }
});
