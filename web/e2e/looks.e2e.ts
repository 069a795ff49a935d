// What a reader chooses of the looks: seen at once, kept, and reached with the keyboard alone.

import type { Browser, Page } from 'playwright-core';
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
const isDrawn = (name: string, who = ann): Promise<boolean> => who.page.evaluate((wanted) => [...document.querySelectorAll('[aria-hidden]')].some((one) => getComputedStyle(one).maskImage.includes(`/${wanted}`)), name);

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

test('what is chosen is so on the other device, unless that has a look of its own', async () => {
  const other = await (await Reader.make(browser, server, 'ann')).signIn();
  const theme = (): Promise<string | undefined> => other.page.evaluate(() => document.documentElement.dataset['theme']);
  const dye = (page = other.page): Promise<string | undefined> => page.evaluate(() => document.documentElement.dataset['dye']);
  await until(async () => (await dye()) === 'moss', 'a new device has the colour that was chosen before');
  await ann.page.evaluate(() => (location.hash = '#/settings/look'));
  await ann.page.getByText(word('settings.dark'), { exact: true }).click();
  await until(async () => (await theme()) === 'dark', 'the other device is dark');
  await other.page.evaluate(() => (location.hash = '#/settings/look'));
  await other.page.getByRole('switch', { name: word('settings.ownLooks') }).click();
  await other.page.getByText(word('dye.plum'), { exact: true }).click();
  await until(async () => (await dye()) === 'plum', 'the other device has its own colour');
  await ann.page.getByText(word('dye.slate'), { exact: true }).click();
  await ann.page.getByText(word('settings.system'), { exact: true }).first().click();
  await other.page.getByRole('switch', { name: word('settings.ownLooks') }).click();
  await until(async () => (await dye()) === 'slate' && (await theme()) === undefined, 'it follows again');
  expect(await dye(ann.page)).toBe('slate');
  expect([...ann.wrongs, ...other.wrongs]).toEqual([]);
  await other.leave();
});

test('a key that was chosen is so on the other device, whatever that looks like', async () => {
  const other = await (await Reader.make(browser, server, 'ann')).signIn();
  for (const one of [ann, other]) await one.page.evaluate(() => (location.hash = '#/settings/keys'));
  const key = (page: Page, now: string) => page.getByRole('button', { name: new RegExp(`${word('keys.reply')}.*: ${now}$`) });
  await key(other.page, 'R').waitFor();
  await key(ann.page, 'R').click();
  await ann.page.keyboard.press('q');
  await key(other.page, 'Q').waitFor();
  await ann.page.getByRole('button', { name: word('keys.reset'), exact: true }).click();
  await key(other.page, 'R').waitFor();
  await ann.page.getByRole('switch', { name: word('settings.single') }).click();
  await until(async () => !(await other.page.getByRole('switch', { name: word('settings.single') }).isChecked()), 'single keys are off there too');
  await ann.page.getByRole('switch', { name: word('settings.single') }).click();
  expect([...ann.wrongs, ...other.wrongs]).toEqual([]);
  await other.leave();
});

test('a conversation has a ground of its own on all devices, and the others keep theirs', async () => {
  const other = await (await Reader.make(browser, server, 'ann')).signIn();
  await ann.page.evaluate(() => (location.hash = '#/chat/bob%40localhost/info'));
  await ann.button(new RegExp(word('chatGround.title'))).click();
  await ann.page.getByRole('dialog').getByText(word('ground.leaves'), { exact: true }).click();
  await ann.page.keyboard.press('Escape');
  await until(() => isDrawn('leaves'), 'leaves are behind it');
  await other.open('bob@localhost');
  await until(() => isDrawn('leaves', other), 'and on the other device');
  await other.open('ann@localhost');
  await until(() => isDrawn('waves', other), 'another conversation has what all have');
  await ann.button(new RegExp(word('chatGround.title'))).click();
  await ann.page.getByRole('dialog').getByText(word('chatGround.usual'), { exact: true }).click();
  await ann.page.keyboard.press('Escape');
  await other.open('bob@localhost');
  await until(() => isDrawn('waves', other), 'it is as all again');
  await other.leave();
});
