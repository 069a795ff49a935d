// The budgets of the client that have to do with a server some way off, measured in Chromium over a line of 100 ms
// there and back: what is opened or jumped to that is not here, coming back after a sleep, a tab that stays open.
// Printed; what misses its budget is marked.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { Foreign } from '../e2e/foreign.ts';
import { until } from '../e2e/harness.ts';
import type { Reader } from '../e2e/reader.ts';
import { Away } from './away.ts';
import { call, heap } from './engine.ts';
import type { Line } from './line.ts';
import { median, Told } from './told.ts';

const RTT = 100;
const SAID = 600;
const ENGINE = `/assets/${readdirSync(join(import.meta.dirname, '../dist/assets')).find((name) => /^engine-.*\.js$/.test(name))}`;
const told = new Told(`The web client, ${RTT} ms from its server`);
const friends = ['bob', 'cleo', 'dan', 'eve', 'fay'];

let away: Away;
let line: Line;
let ann: Reader;
let all: Foreign[];

beforeAll(async () => {
  away = await Away.make(ENGINE, RTT / 2, friends);
  ({ line, friends: all } = away);
  const said = async (): Promise<void> => {
    for (const friend of friends) await away.ann.line(`line ${SAID - 1} of what ${friend}`).waitFor();
  };
  for (const friend of all) for (let i = 0; i < SAID; i++) friend.message('ann@localhost', `${friend.jid} ${i}`, `<body>line ${i} of what ${friend.jid} has to say</body>`);
  await said();
  await away.device();
  await said();
  ann = away.ann;
});

afterAll(async () => {
  told.print();
  await away?.end();
});

test('chats of which nothing is here are opened', async () => {
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
  told.add('opening a chat that is not here (median of 5)', median(opened), 'ms', 500);
  told.add('opening one that is (median of 5)', median(again), 'ms', 100);
});

test('a time is jumped to of which nothing is here', async () => {
  const jumps: number[] = [];
  for (const friend of friends) {
    const jid = `${friend}@localhost`;
    const begun = performance.now();
    const first = (await call(ann.page, ENGINE, 'findTime', { chat: jid, time: 0 }))?.id;
    if (first === undefined) throw new Error('nothing was said');
    jumps.push(performance.now() - begun + await ann.page.evaluate(async ([chat, message]) => {
      const begun = performance.now();
      location.hash = `#/chat/${encodeURIComponent(chat)}/${encodeURIComponent(message)}`;
      while (!document.querySelector(`li[data-id="${CSS.escape(message)}"]`)) {
        if (performance.now() - begun > 10_000) throw new Error(`it does not come: ${message}`);
        await new Promise(requestAnimationFrame);
      }
      await new Promise(requestAnimationFrame);
      return performance.now() - begun;
    }, [jid, first] as const));
  }
  told.add('jump to a time that is not here (median of 5)', median(jumps), 'ms', 1000);
});

test('back after a sleep', async () => {
  const [bob] = all as [Foreign];
  const back: number[] = [];
  for (let i = 0; i < 7; i++) {
    line.cut();
    await until(async () => line.webSockets.size === 0, 'the line is cut');
    bob.message('ann@localhost', `sleep ${i}`, `<body>while you slept ${i}</body>`);
    line.mend();
    back.push(await ann.page.evaluate(async (text) => {
      const begun = performance.now();
      // What the browser says when the lid is opened.
      dispatchEvent(new Event('online'));
      while (![...document.querySelectorAll('ul a[href^="#/chat/"]')].slice(0, 5).some((row) => row.textContent?.includes(text))) {
        if (performance.now() - begun > 10_000) throw new Error(`not back: ${text}`);
        await new Promise(requestAnimationFrame);
      }
      return performance.now() - begun;
    }, `while you slept ${i}`));
  }
  told.add('from the end of a sleep to what came meanwhile (median of 7)', median(back), 'ms', RTT + 300);
});

/** What a busy account gets in an hour. */
const HOUR = 3600;
/** That many times faster. */
const HASTE = 100;

test('an hour in a tab, told a hundred times faster', async () => {
  const before = await heap(ann.page);
  for (let i = 0; i < HOUR; i += friends.length) {
    for (const [k, friend] of all.entries()) friend.message('ann@localhost', `h${i} ${k}`, `<body>${i} of an hour in which much is said by ${friend.jid} and others, some of it long</body>`);
    await new Promise((done) => setTimeout(done, (3_600_000 / HOUR / HASTE) * friends.length));
  }
  await ann.line(`${HOUR - friends.length} of an hour`).first().waitFor({ timeout: 60_000 });
  const after = await heap(ann.page);
  const growth = (after.page + after.engine - before.page - before.engine) / 1e6;
  told.note(`an hour of ${HOUR} messages, told ${HASTE} times faster: growth of the live heap`, growth, 'MB');
  told.add('live heap of page and engine after it', (after.page + after.engine) / 1e6, 'MB', 200);
  told.add('the same after eight such hours, if it grew on like this', (after.page + after.engine) / 1e6 + 7 * Math.max(0, growth), 'MB', 200);
  told.add('sockets', line.webSockets.size, '', 1);
});
