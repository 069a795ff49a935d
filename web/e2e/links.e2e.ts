// Links, answers and hits that lead to messages which this device does not hold: they are fetched with what was said
// around them, stand in the middle, and one reads on from there in both directions.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Foreign } from './foreign.ts';
import { browse, Person, Server, until } from './harness.ts';
import { Reader, word } from './reader.ts';

const LONG = 700;
const EVE = 'eve@localhost';

let server: Server;
let browser: Browser;
let eve: Foreign;
let ann: Reader;
/** What the archive calls some of the lines. */
const names = new Map<number, string>();

const line = (i: number): string => `line ${i} of the long talk`;
const at = (message: string): string => `/#/chat/${encodeURIComponent(EVE)}/${encodeURIComponent(message)}`;

beforeAll(async () => {
  server = await new Server('invite').start();
  server.accounts('ann', 'eve');
  browser = await browse();
  const first = await (await Person.make(browser, server, 'ann')).signIn();
  eve = await Foreign.login(server, 'eve', 'password of eve');
  for (let i = 0; i < LONG; i++) eve.message('ann@localhost', `e${i}`, `<body>${line(i)}${i % 7 === 0 ? ' and more of it'.repeat(20) : ''}</body>`);
  eve.message('ann@localhost', 'answer', `<body>as I said at first</body><reply xmlns='urn:xmpp:reply:0' to='${EVE}' id='e5'/>`);
  eve.message('ann@localhost', 'last', '<body>the end of the talk</body>');
  await first.see('chats', undefined, (chats) => chats[0]?.last?.text === 'the end of the talk', 'has the talk');
  await first.call('answerRequest', { jid: EVE, accept: true });
  for (const i of [120, 333, 400]) {
    const [hit] = await first.call('search', { text: `"${line(i)}"` });
    if (hit) names.set(i, hit.message.id);
  }
  await first.context.close();
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(await ann.story());
});
afterAll(async () => {
  eve?.leave();
  await browser?.close();
  await server?.end();
});

/** It is here, has the focus, flashes, and stands in the middle of the view. */
async function landed(text: string, reader = ann): Promise<void> {
  const row = await reader.sees(text);
  await until(() => row.evaluate((one) => one === document.activeElement), `the focus is on “${text}”`);
  await until(() => row.evaluate((one) => {
    const box = one.closest('[data-region]')?.getBoundingClientRect();
    const { top, bottom } = one.getBoundingClientRect();
    return box !== undefined && Math.abs((top + bottom) / 2 - (box.top + box.bottom) / 2) < box.height / 6;
  }), `“${text}” stands in the middle`);
}

/** Which lines are mounted, in their order; a gap between them is -1. */
const numbers = (): Promise<number[]> => ann.page.evaluate(() => [...document.querySelectorAll('ol > li')].filter((row) => !row.textContent?.includes('as I said')).flatMap((row) => (row.classList.contains('gap') ? [-1] : [...(/line (\d+) of/.exec(row.textContent ?? '')?.slice(1) ?? [])].map(Number))));

/** Scrolls until the line is mounted; what is mounted never has a hole. */
async function readTo(wanted: number, up: boolean): Promise<void> {
  await until(async () => {
    const all = await numbers();
    const settled = !all.includes(-1);
    if (settled) expect(all).toEqual(all.map((_, i) => (all[0] ?? 0) + i));
    if (settled && all.includes(wanted)) return true;
    await ann.page.evaluate((isUp) => document.querySelector('ol')?.closest('[data-region]')?.scrollBy(0, isUp ? -3000 : 3000), up);
    return false;
  }, `reads to line ${wanted}`, 40_000);
}

test('a link to a message far back that this device does not hold lands on it, and nothing moves afterwards', async () => {
  await ann.leave();
  ann = await Reader.make(browser, server, 'ann', {}, at(names.get(120) ?? ''));
  await ann.signIn();
  await landed(line(120));
  expect(await ann.message('the end of the talk').count()).toBe(0);
  // It is told apart for a while.
  expect(await ann.messages().evaluateAll((rows) => rows.filter((row) => row.classList.contains('flash')).length)).toBe(1);
  let mounted = 0;
  await until(async () => {
    const before = mounted;
    mounted = await ann.messages().count();
    return mounted > 100 && mounted === before;
  }, 'what is around it is mounted, and no more comes');
  await ann.page.evaluate(() => {
    const list = document.querySelector('li[data-id]')?.parentElement as HTMLElement;
    const noted = window as unknown as { made: number };
    noted.made = 0;
    new MutationObserver((changes) => changes.forEach((change) => (noted.made += change.addedNodes.length))).observe(list, { childList: true });
  });
  eve.message(ann.jid, 'sentinel', '<body>said meanwhile</body>');
  await ann.line('said meanwhile').waitFor();
  expect(await ann.page.evaluate(() => (window as unknown as { made: number }).made)).toBe(0);
  await landed(line(120));
});

test('from there one reads on in both directions without a hole, to the first word and to the last', async () => {
  await readTo(0, true);
  await readTo(LONG - 1, false);
  await ann.sees('said meanwhile');
});

test('the message that is answered is gone to, though it is not here: the answer names it by its sender’s id', async () => {
  await ann.leave();
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
  await ann.open(EVE);
  const answer = await ann.sees('as I said at first');
  await answer.getByRole('button', { name: new RegExp(word('talk.goTo')) }).press('Enter');
  await landed(line(5));
  // It begins here: there is no gap above it.
  await readTo(0, true);
  await ann.page.getByText(word('talk.begin')).waitFor();
});

test('a hit of the search far back is gone to by the keyboard', async () => {
  await ann.page.keyboard.press('Control+k');
  await ann.page.getByRole('combobox').fill(line(333));
  const option = ann.page.getByRole('option').filter({ hasText: line(333) });
  await option.waitFor();
  await until(async () => (await option.getAttribute('aria-selected')) === 'true' || (await ann.page.keyboard.press('ArrowDown'), false), 'the hit is chosen');
  await ann.page.keyboard.press('Enter');
  await landed(line(333));
  await readTo(300, true);
});

test('the link of a message is copied, and leads to it in a message, in place', async () => {
  await ann.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await ann.act(line(333), 'act.copyLink');
  await ann.page.getByText(word('app.copied')).waitFor();
  const link = await ann.page.evaluate(() => navigator.clipboard.readText());
  expect(link).toBe(server.origin + at(names.get(333) ?? ''));
  await ann.open(ann.jid);
  await ann.say(`see ${link}`);
  const written = await ann.sees('see ');
  await written.getByRole('link').click();
  await landed(line(333));
  expect(ann.context.pages()).toHaveLength(1);
});

test('a link to a message that does not exist says so, and the conversation opens at its end', async () => {
  await ann.leave();
  ann = await Reader.make(browser, server, 'ann', {}, at('a:0123456789abcdef0123456789abcdef'));
  await ann.signIn();
  await ann.page.getByText(word('talk.notFound')).waitFor();
  await ann.sees('said meanwhile');
  // In an open conversation the reader stays where they read.
  await ann.page.evaluate((hash) => (location.hash = hash), at('a:0123456789abcdef0123456789abcde0').slice(1));
  await until(async () => (await ann.page.getByText(word('talk.notFound')).count()) === 2, 'it is said again');
  await ann.sees('said meanwhile');
});

test('on a phone a link lands in the middle too; without a connection it is said that the message is not here', async () => {
  const phone = await (await Reader.make(browser, server, 'ann', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true })).signIn();
  await phone.page.evaluate((hash) => (location.hash = hash), at(names.get(400) ?? '').slice(1));
  await landed(line(400), phone);
  await server.kill();
  await phone.page.evaluate((hash) => (location.hash = hash), at(names.get(120) ?? '').slice(1));
  await phone.page.getByRole('status').filter({ hasText: word('fault.offline') }).waitFor();
  await phone.sees(line(400));
  await phone.leave();
  expect(ann.wrongs).toEqual([]);
});
