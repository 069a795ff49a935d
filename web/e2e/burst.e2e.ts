// Many messages at once while the machine has little time for the page: who is at the end of a conversation stays
// there, who reads further up stays where they read.

import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Foreign } from './foreign.ts';
import { browse, Server, until } from './harness.ts';
import { Reader, word } from './reader.ts';

const SLOW = 6;
const MANY = 140;

let server: Server;
let browser: Browser;
let ann: Reader;
let eve: Foreign;
let devtools: CDPSession;
let round = 0;

beforeAll(async () => {
  server = await new Server('invite').start();
  server.accounts('ann', 'eve');
  browser = await browse();
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
  eve = await Foreign.login(server, 'eve', 'password of eve');
  eve.message(ann.jid, 'first', '<body>the first</body>');
  await ann.openRequest('the first');
  await ann.button(word('talk.accept')).click();
  await ann.say('go on');
  await ann.ticks('go on', 'delivered');
  devtools = await ann.context.newCDPSession(ann.page);
});

beforeEach(async () => {
  round += 1;
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOW });
});

afterEach(async ({ task }) => {
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  if (task.result?.state === 'fail') console.log(await ann.story());
});

afterAll(async () => {
  eve?.leave();
  await browser?.close();
  await server?.end();
});

/** Lines of many heights, now and then with what grows a bubble after it was made. */
function burst(count = MANY): string {
  const last = `round ${round} is over`;
  for (let i = 0; i < count; i++) {
    const id = `r${round}m${i}`;
    eve.message(ann.jid, id, `<body>${`${i} of round ${round}, `.repeat(1 + ((i * 7) % 19))}</body>`);
    if (i % 5 === 0) eve.message(ann.jid, `x${id}`, `<reactions xmlns='urn:xmpp:reactions:0' id='${id}'><reaction>👍</reaction></reactions>`);
  }
  eve.message(ann.jid, `r${round}`, `<body>${last}</body>`);
  return last;
}

/** How far the view is from the end of what is mounted. */
const rest = (): Promise<number> => ann.page.evaluate(() => {
  const box = document.querySelector('ol')?.closest<HTMLElement>('[data-region]');
  return box ? box.scrollHeight - box.scrollTop - box.clientHeight : Infinity;
});

async function isAtEndWith(text: string): Promise<void> {
  await ann.sees(text);
  await until(async () => (await rest()) < 3, 'the view stands at the end');
  expect(await ann.messages().last().textContent()).toContain(text);
  // It stays: what is asked later stands behind it.
  eve.message(ann.jid, `after${round}`, `<body>and after round ${round}</body>`);
  await ann.sees(`and after round ${round}`);
  await until(async () => (await rest()) < 3, 'the view stands at the end still');
}

test('who is at the end follows a burst to its end', async () => {
  await isAtEndWith(burst());
});

test('a burst that comes while the view glides to the end takes it along', async () => {
  await ann.page.evaluate(() => document.querySelector('ol')?.closest('[data-region]')?.scrollBy(0, -900));
  await ann.button(word('talk.toEnd')).waitFor();
  const last = burst();
  await ann.button(new RegExp(word('talk.toEnd'))).click();
  await isAtEndWith(last);
});

test('who reads further up keeps the line under the eyes, whatever comes', async () => {
  await ann.page.evaluate(() => document.querySelector('ol')?.closest('[data-region]')?.scrollBy(0, -1400));
  await ann.button(word('talk.toEnd')).waitFor();
  const where = (id?: string): Promise<{ id: string; top: number }> => ann.page.evaluate((known) => {
    const box = document.querySelector('ol')?.closest<HTMLElement>('[data-region]');
    const rows = [...document.querySelectorAll<HTMLElement>('li[data-id]')];
    const top = box?.getBoundingClientRect().top ?? 0;
    const row = rows.find((one) => (known === undefined ? one.getBoundingClientRect().top > top + 40 : one.dataset['id'] === known));
    return { id: row?.dataset['id'] ?? '', top: Math.round(row?.getBoundingClientRect().top ?? -1) };
  }, id);
  const before = await where();
  const last = burst();
  await ann.line(last).waitFor();
  const after = await where(before.id);
  expect(after.id).toBe(before.id);
  expect(Math.abs(after.top - before.top)).toBeLessThan(3);
  await ann.button(new RegExp(word('talk.toEnd'))).click();
  await isAtEndWith(last);
});

test('what is said in the middle of a burst is seen, and so is its end', async () => {
  const last = burst();
  await ann.say(`I am here in round ${round}`);
  await ann.sees(`I am here in round ${round}`);
  await ann.sees(last);
  await until(async () => (await rest()) < 3, 'the view stands at the end');
  const order = await ann.page.evaluate(() => [...document.querySelectorAll<HTMLElement>('li[data-id]')].map((row) => row.textContent ?? ''));
  expect(order.findIndex((text) => text.includes(last))).toBeGreaterThan(0);
  expect(order.findIndex((text) => text.includes('I am here'))).toBeGreaterThan(0);
});
