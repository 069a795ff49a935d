// Somebody who has no mouse: everything from the first page to a conversation, by keys alone.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browse, Person, Server, until } from './harness.ts';
import { word, words } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Person;
let page: Page;

beforeAll(async () => {
  server = await new Server().start();
  browser = await browse();
  ann = await (await Person.make(browser, server, 'ann')).register();
  page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })).newPage();
  await page.goto(server.origin);
  await page.waitForSelector('form');
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

/** Presses Tab until the focus is there, as far as a patient person would. */
async function tabTo(selector: string, back = false): Promise<void> {
  for (let i = 0; i < 60; i += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
  }
  throw new Error(`the Tab key does not lead to ${selector}`);
}
const focusIs = (selector: string): Promise<void> => until(() => page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector), `the focus is on ${selector}`);
const rows = (is: (rows: readonly { text: string; mine: boolean; edited?: number; replyTo?: unknown; reactions: readonly { emoji: string }[] }[]) => boolean, what: string): Promise<unknown> =>
  ann.see('messages', { chat: 'bob@localhost', anchor: 'end', before: 20, after: 0 }, (window) => is(window.rows.filter((row) => row.kind !== 'system')), what);

test('an account is created', async () => {
  await tabTo('form > button:last-of-type');
  await page.keyboard.press('Enter');
  await tabTo('input[name=username]');
  await page.keyboard.type('bob');
  await tabTo('input[name=password]');
  await page.keyboard.type('a sentence that is long enough');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.rail');
});

test('a chat is opened from the list, and written into', async () => {
  await ann.call('addContact', { jid: 'bob@localhost' });
  await ann.call('send', { chat: 'bob@localhost', text: 'hello Bob' });
  // A stranger waits behind a line of its own.
  await page.waitForSelector('.pane .requests button');
  await tabTo('.pane .requests button');
  await page.keyboard.press('Enter');
  await focusIs('.filters [aria-selected=true]');
  await page.waitForSelector('.pane li a');
  await tabTo('.pane li a');
  await page.keyboard.press('Enter');
  // A stranger is answered first.
  await tabTo('.threshold button');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.composer textarea');
  await tabTo('.composer textarea');
  await page.keyboard.type('hello Ann');
  await page.keyboard.press('Enter');
  await rows((all) => all.at(-1)?.text === 'hello Ann', 'gets the answer');
});

test('what was written last is edited', async () => {
  await page.waitForSelector('li.own[data-id]');
  await until(() => page.locator('li.own .tick, li.own svg').count().then((n) => n > 0), 'it has a tick');
  await page.keyboard.press('ArrowUp');
  await page.waitForSelector('.composer.edits');
  await page.keyboard.type(' dear');
  await page.keyboard.press('Enter');
  await rows((all) => all.at(-1)?.text === 'hello Ann dear' && all.at(-1)?.edited !== undefined, 'sees the edit');
});

test('a message is answered and reacted to', async () => {
  await tabTo('li[data-id]', true);
  await page.keyboard.press('Home');
  await focusIs('li[data-id]:not(.own)');
  await page.keyboard.press('r');
  await focusIs('.composer textarea');
  await page.keyboard.type('an answer');
  await page.keyboard.press('Enter');
  await rows((all) => all.at(-1)?.text === 'an answer' && all.at(-1)?.replyTo !== undefined, 'gets the answer');
  await tabTo('li[data-id]', true);
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=menu]');
  await page.keyboard.press('Enter');
  await rows((all) => all[0]?.reactions.length === 1, 'sees the reaction');
});

test('what can be added is found by a slash in the empty field, and words that only begin with one are words', async () => {
  await tabTo('.composer textarea');
  await page.keyboard.type('/po');
  await page.waitForSelector('[role=listbox] [role=option][aria-selected=true]');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open]');
  await page.keyboard.press('Escape');
  await focusIs('.composer textarea');
  expect(await page.locator('.composer textarea').inputValue()).toBe('');
  await page.keyboard.type('/tmp is full');
  await page.keyboard.press('Enter');
  await rows((all) => all.at(-1)?.text === '/tmp is full', 'gets the words');
});

test('one key leads around the places of the page, and back', async () => {
  await tabTo('.composer textarea');
  const places: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    await page.keyboard.press('F6');
    places.push(await page.evaluate(() => document.activeElement?.closest('[data-region]')?.classList[0] ?? document.activeElement?.closest('[data-region]')?.tagName ?? ''));
  }
  expect(places).toEqual(['rail', 'pane', expect.stringMatching(/^(MAIN|svelte-)/), 'box', 'composer']);
  await focusIs('.composer textarea');
  await page.keyboard.press('Shift+F6');
  await focusIs('li[data-id]');
});

test('search, the list of keys and the way back need no mouse either', async () => {
  await page.keyboard.press('Control+k');
  await focusIs('dialog[open] input');
  await page.keyboard.press('Escape');
  await until(() => page.locator('dialog[open]').count().then((n) => n === 0), 'the search is closed');
  await page.keyboard.press('Alt+5');
  await page.waitForFunction(() => location.hash.startsWith('#/settings'));
  // What is fetched only now comes with the first press.
  await page.locator('.pane').getByRole('navigation', { name: word('settings.title') }).waitFor();
  await page.keyboard.press('Alt+1');
  await page.waitForFunction(() => location.hash.startsWith('#/'));
  expect(await page.locator('.pane li a').count()).toBe(1);
});

test('a key that acts by itself is another, none, or as it was; one that another action has is not taken', async () => {
  const key = (name: string, now: string) => page.getByRole('button', { name: new RegExp(`${name}.*: ${now}$`) });
  const reply = word('keys.reply');
  await page.evaluate(() => (location.hash = '#/settings/keys'));
  await key(reply, 'R').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('e');
  await page.getByRole('status').getByText(words('keys.taken')).waitFor();
  await page.keyboard.press('q');
  await key(reply, 'Q').waitFor();
  const onMessage = async (pressed: string): Promise<void> => {
    await page.evaluate(() => (location.hash = '#/chat/ann%40localhost'));
    await page.locator('li[data-id]').last().focus();
    await page.keyboard.press(pressed);

  };
  await onMessage('r');
  await focusIs('li[data-id]');
  await onMessage('q');
  await focusIs('.composer textarea');
  await page.keyboard.press('Escape');
  await page.evaluate(() => (location.hash = '#/settings/keys'));
  await page.getByRole('button', { name: new RegExp(`${word('keys.turnOff').replace('{name}', '')}.*${reply}`) }).click();
  await key(reply, word('keys.off')).waitFor();
  await page.getByRole('button', { name: word('keys.reset'), exact: true }).click();
  await key(reply, 'R').waitFor();
});
