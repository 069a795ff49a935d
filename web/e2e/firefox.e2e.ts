// One journey in Firefox: in by a password, a talk with somebody in Chromium, an outage, a reload.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Firefox } from './firefox.ts';
import { browse, Server } from './harness.ts';
import { Reader, word } from './reader.ts';

let server: Server;
let browser: Browser;
let firefox: Firefox;
let ann: Reader;

beforeAll(async () => {
  server = await new Server('invite').start();
  server.accounts('ann', 'fox');
  browser = await browse();
  firefox = await Firefox.start();
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
});

afterAll(async () => {
  await firefox?.end();
  await browser?.close();
  await server?.end();
});

const has = (text: string): string => `document.body.innerText.includes(${JSON.stringify(text)})`;

test('somebody in Firefox signs in and talks with somebody in Chromium', async () => {
  await firefox.go(server.origin);
  await firefox.sees(`document.querySelector('input[name=username]') !== null`, 'the way in');
  await firefox.type('input[name=username]', 'fox');
  await firefox.type('input[name=password]', 'password of fox\n');
  await firefox.sees(`${has(word('nav.chats'))} && document.querySelector('input[name=password]') === null`, 'the list');
  await ann.open('fox@localhost');
  await ann.say('hello fox 你好');
  await firefox.sees(has(word('chats.requests')), 'the line of those who ask');
  await firefox.value(`location.hash = '#/chat/ann%40localhost'; 1`);
  await firefox.sees(`[...document.querySelectorAll('button')].some((one) => one.textContent.trim() === ${JSON.stringify(word('talk.accept'))} && (one.click(), true))`, 'the choice to accept');
  await firefox.sees(`document.querySelector('textarea') !== null`, 'where to write');
  await firefox.type('textarea', 'hello ann\n');
  await ann.sees('hello ann');
});

test('in Firefox what is written in an outage is sent after it, and a reload keeps the session', async () => {
  await server.kill();
  await firefox.type('textarea', 'from the dark\n');
  await firefox.sees(has('from the dark'), 'what it wrote');
  await firefox.go(`${server.origin}/#/chat/ann%40localhost`).catch(() => undefined);
  await server.start();
  await firefox.go(server.origin);
  await firefox.sees(`${has('from the dark')} && document.querySelector('input[name=password]') === null`, 'the list without signing in');
  await ann.sees('from the dark');
  expect(await ann.message('from the dark').count()).toBe(1);
  expect(await firefox.value('navigator.serviceWorker.getRegistration().then((one) => one !== undefined)')).toBe(true);
});
