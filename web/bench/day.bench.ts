// A tab that stays open for a day's work, told in two minutes: what comes in, chats that are opened and left by the
// hundred, lines that break. What lives in the page and in the engine after each hour must not grow with the hours.
// Printed; what misses its budget is marked.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { Foreign } from '../e2e/foreign.ts';
import { until } from '../e2e/harness.ts';
import type { Reader } from '../e2e/reader.ts';
import { Away } from './away.ts';
import { call, held, type Held } from './engine.ts';
import type { Line } from './line.ts';
import { Told } from './told.ts';

const HOURS = 8;
/** Of one hour. */
const COMES = 600;
const OPENED = 120;
const BREAKS = 4;
/** The first is when everything is met for the first time. */
const WARM = 2;
const ENGINE = `/assets/${readdirSync(join(import.meta.dirname, '../dist/assets')).find((name) => /^engine-.*\.js$/.test(name))}`;
const told = new Told(`The web client, ${HOURS} hours in a tab: ${HOURS * COMES} messages, ${HOURS * OPENED} chats opened, ${HOURS * BREAKS} breaks`);
const friends = ['bob', 'cleo', 'dan', 'eve'];
const quiet = Array.from({ length: 20 }, (_, i) => `quiet${i}`);
const chats = [...friends, ...quiet].map((name) => `${name}@localhost`);

let away: Away;
let line: Line;
let ann: Reader;
let all: Foreign[];

beforeAll(async () => {
  away = await Away.make(ENGINE, 0, friends, quiet);
  ({ line, ann, friends: all } = away);
  for (const chat of chats) await call(ann.page, ENGINE, 'send', { chat, text: `good morning, ${chat}` });
});

afterAll(async () => {
  told.print();
  await away?.end();
});

/** Chats are opened as one does it, some looked up again at once, and what is not a chat in between. */
async function wander(hour: number): Promise<void> {
  await ann.page.evaluate(async ([chats, count, hour]) => {
    const shows = async (selector: string): Promise<void> => {
      const end = performance.now() + 20_000;
      while (!document.querySelector(selector)) {
        if (performance.now() > end) throw new Error(`nothing at ${location.hash}`);
        await new Promise(requestAnimationFrame);
      }
      await new Promise(requestAnimationFrame);
    };
    for (let i = 0; i < count; i++) {
      const chat = chats[(i * 7 + hour) % chats.length] ?? '';
      location.hash = `#/chat/${encodeURIComponent(chat)}`;
      await shows(`[data-chat="${chat}"] li[data-id], ol li[data-id]`);
      const box = document.querySelector('ol')?.closest<HTMLElement>('[data-region]');
      box?.scrollBy(0, -900);
      await new Promise(requestAnimationFrame);
      document.querySelector<HTMLElement>('li[data-id]')?.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: 300, clientY: 300 }));
      await new Promise(requestAnimationFrame);
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
      if (i % 10 !== 0) continue;
      location.hash = ['#/settings', '#/contacts', '#/starred', '#/chats'][(i / 10) % 4] ?? '';
      await new Promise((done) => setTimeout(done, 50));
    }
  }, [chats, OPENED, hour] as const);
}

async function hour(number: number): Promise<void> {
  for (let i = 0; i < COMES; i += friends.length) {
    for (const [k, friend] of all.entries()) friend.message('ann@localhost', `h${number} ${i} ${k}`, `<body>${i} in hour ${number}: much is said by ${friend.jid}, and some of it is long enough to fill more than a line</body>`);
  }
  await wander(number);
  for (let i = 0; i < BREAKS; i++) {
    line.cut();
    await until(async () => line.webSockets.size === 0, 'the line is cut');
    line.mend();
    await ann.page.evaluate(() => dispatchEvent(new Event('online')));
    await until(async () => line.webSockets.size === 1, 'there is a line again');
  }
  for (const friend of all) friend.message('ann@localhost', `end ${number} ${friend.jid}`, `<body>end of hour ${number}</body>`);
  for (const name of friends) await ann.line(name).filter({ hasText: `end of hour ${number}` }).waitFor({ timeout: 60_000 });
  await ann.page.evaluate(() => (location.hash = '#/chats'));
}

test('eight hours', async () => {
  const after: Held[] = [];
  for (let number = 0; number < HOURS; number++) {
    await hour(number);
    after.push(await held(ann.page));
  }
  const [from, to] = [after[WARM - 1] as Held, after.at(-1) as Held];
  told.add('live heap of page and engine after the last hour', (to.page + to.engine) / 1e6, 'MB', 200);
  told.add('its growth from the second hour on: the page', (to.page - from.page) / 1e6, 'MB', 2);
  told.add('the engine', (to.engine - from.engine) / 1e6, 'MB', 4);
  told.add('nodes more than after the second hour', to.nodes - from.nodes, '', 1000);
  told.add('listeners more', to.listeners - from.listeners, '', 50);
  told.add('sockets', line.webSockets.size, '', 1);
}, 600_000);
