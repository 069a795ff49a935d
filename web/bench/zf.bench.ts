// The budgets of the client that have to do with a server some way off, measured in Chromium over a line of 100 ms
// there and back: what is opened or jumped to that is not here, coming back after a sleep, a tab that stays open.
// Printed; what misses its budget is marked.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { Foreign } from '../e2e/foreign.ts';
import { browse, Server, until } from '../e2e/harness.ts';
import { Reader } from '../e2e/reader.ts';
import { call, heap } from './engine.ts';
import { Line } from './line.ts';
import { median, Told } from './told.ts';

const RTT = 100;
const SAID = 600;
const ENGINE = `/assets/${readdirSync(join(import.meta.dirname, '../dist/assets')).find((name) => /^engine-.*\.js$/.test(name))}`;
const told = new Told(`The web client, ${RTT} ms from its server`);
const friends = ['bob', 'cleo', 'dan', 'eve', 'fay'];

let server: Server;
let line: Line;
let browser: Browser;
let ann: Reader;
let all: Foreign[];

beforeAll(async () => {
  server = await new Server('invite').start();
  server.accounts('ann', ...friends);
  line = await new Line(server.http, RTT / 2).start();
  browser = await browse();
  const behind = Object.assign(Object.create(Server.prototype) as Server, { http: line.port });
  all = await Promise.all(friends.map((name) => Foreign.login(server, name, `password of ${name}`)));
  ann = await (await Reader.make(browser, behind, 'ann', { bypassCSP: true })).signIn();
  // Friends of hers: of strangers the server takes less.
  for (const friend of all) await call(ann.page, ENGINE, 'addContact', { jid: friend.jid });
  for (const friend of all) await friend.sees('subscribe');
  for (const friend of all) for (let i = 0; i < SAID; i++) friend.message('ann@localhost', `${friend.jid} ${i}`, `<body>line ${i} of what ${friend.jid} has to say</body>`);
  for (const friend of friends) await ann.line(`line ${SAID - 1} of what ${friend}`).waitFor();
  // A device to which all of it is new.
  await ann.leave();
  ann = await (await Reader.make(browser, behind, 'ann', { bypassCSP: true })).signIn();
  for (const friend of friends) await ann.line(`line ${SAID - 1} of what ${friend}`).waitFor();
});

afterAll(async () => {
  told.print();
  for (const friend of all ?? []) friend.leave();
  await browser?.close();
  line?.end();
  await server?.end();
});

const TRACE = process.env.ZZ_TRACE;
test('chats of which nothing is here are opened', async () => {
  if (TRACE) await browser.startTracing(ann.page, { path: TRACE, categories: ['devtools.timeline', 'toplevel', 'blink.user_timing', 'IndexedDB'] });
  const opened: number[] = [];
  const again: number[] = [];
  for (const times of [opened, again]) {
    for (const friend of friends) {
      times.push(await ann.page.evaluate(async (chat) => {
        const begun = performance.now();
        location.hash = `#/chat/${encodeURIComponent(chat)}`;
        const there = (): number => [...document.querySelectorAll('li[data-id]')].filter((row) => row.textContent?.includes(`of what ${chat}`)).length;
        while (there() < 5) {
          if (performance.now() - begun > 10_000) throw new Error(`nothing of ${chat}`);
          await new Promise(requestAnimationFrame);
        }
        await new Promise(requestAnimationFrame);
        return performance.now() - begun;
      }, `${friend}@localhost`));
    }
  }
  if (TRACE) await browser.stopTracing();
  console.log(opened.map(Math.round), again.map(Math.round));
  told.add('opening a chat that is not here (median of 5)', median(opened), 'ms', 500);
  told.add('opening one that is (median of 5)', median(again), 'ms', 100);
});

