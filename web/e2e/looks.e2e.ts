// What a reader chooses of the looks: seen at once, kept, and reached with the keyboard alone.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { browse, Server, until } from './harness.ts';
import { Reader, word } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;

beforeAll(async () => {
  server = await new Server().start();
  server.accounts('ann', 'bob');
  browser = await browse();
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(await ann.story());
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

const ownBubble = (): Promise<string> => ann.message('how do I look?').locator('.bubble').evaluate((bubble) => getComputedStyle(bubble).backgroundColor);
const isDrawn = (name: string): Promise<boolean> => ann.page.evaluate((wanted) => [...document.querySelectorAll('[aria-hidden]')].some((one) => getComputedStyle(one).maskImage.includes(`/${wanted}`)), name);

test('a colour and a ground are chosen by keys, change the conversation, and stay after a reload', async () => {
  await ann.open('bob@localhost');
  await ann.say('how do I look?');
  const before = await ownBubble();
  expect(await isDrawn('strands')).toBe(true);
  await ann.page.evaluate(() => (location.hash = '#/settings/look'));
  await ann.page.getByRole('radio', { name: word('dye.indigo'), exact: true }).focus();
  for (const _ of ['woad', 'moss']) await ann.page.keyboard.press('ArrowRight');
  await until(() => ann.page.getByRole('radio', { name: word('dye.moss'), exact: true }).isChecked(), 'moss is chosen');
  await ann.page.getByRole('radio', { name: word('ground.strands'), exact: true }).focus();
  await ann.page.keyboard.press('ArrowRight');
  await until(() => ann.page.getByRole('radio', { name: word('ground.waves'), exact: true }).isChecked(), 'waves are chosen');
  await ann.page.reload();
  await ann.open('bob@localhost');
  await ann.sees('how do I look?');
  expect(await ownBubble()).not.toBe(before);
  expect([await isDrawn('waves'), await isDrawn('strands')]).toEqual([true, false]);
  expect(ann.wrongs).toEqual([]);
});
