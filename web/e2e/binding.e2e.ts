// What goes over the connection: the compact binding where the server offers it, XML where it does not. A proxy
// between the browser and the server looks on.

import { connect, createServer, type Server as Listener } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { befriend, browse, Person, Server } from './harness.ts';

let server: Server;
let browser: Browser;
const listeners: Listener[] = [];

beforeAll(async () => {
  server = await new Server().start();
  browser = await browse();
});
afterAll(async () => {
  await browser?.close();
  listeners.forEach((listener) => listener.close());
  await server?.end();
});

/** The same server at another address; `said` is what it answers, and requests go through `change`. */
async function through(change: (request: string) => string): Promise<{ server: Server; said: () => string }> {
  let said = '';
  const listener = createServer((client) => {
    const upstream = connect(server.http, '127.0.0.1');
    let isHead = true;
    client.on('data', (data) => {
      // The browser sends a request in one piece.
      upstream.write(isHead ? Buffer.from(change(data.toString('latin1')), 'latin1') : data);
      isHead = false;
    });
    upstream.on('data', (data) => {
      said += data.toString('latin1');
      client.write(data);
    });
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
  });
  listeners.push(listener);
  const port = await new Promise<number>((done) => listener.listen(0, '127.0.0.1', () => done((listener.address() as { port: number }).port)));
  const same = Object.create(server, { origin: { get: () => `http://localhost:${port}` } }) as Server;
  return { server: same, said: () => said };
}

async function talk(name: string, at: Server): Promise<void> {
  const one = await (await Person.make(browser, at, name)).register();
  const other = await (await Person.make(browser, server, `${name}-friend`)).register();
  await befriend(one, other);
  for (const [from, to, text] of [[one, other, '今天下午三点见'], [other, one, 'See you at the station <3']] as const) {
    await from.call('send', { chat: to.jid, text });
    await to.see('messages', { chat: from.jid, anchor: 'end', before: 30, after: 0 }, ({ rows }) => rows.some((row) => row.text === text), `hears ${text}`);
  }
}

test('the client speaks the compact binding, and nothing of XML is on the connection', async () => {
  const { server: at, said } = await through((request) => request);
  await talk('wilma', at);
  expect(said()).toMatch(/sec-websocket-protocol: skein-wire-1\r\n/i);
  expect(said()).not.toContain("xmlns='jabber:client'");
});

test('it speaks XML to a server that knows nothing else', async () => {
  const { server: at, said } = await through((request) => request.replace(/(sec-websocket-protocol: )skein-wire-1, xmpp/i, '$1xmpp'));
  await talk('fred', at);
  expect(said()).toMatch(/sec-websocket-protocol: xmpp\r\n/i);
  expect(said()).toContain("xmlns='jabber:client'");
});
