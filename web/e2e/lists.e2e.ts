// Filters of the list of chats: favourites that all devices share, and strangers who wait in a place of their own.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { browse, Person, Server, until } from './harness.ts';
import { Reader, word } from './reader.ts';

let server: Server;
let browser: Browser;
let desk: Reader;
let other: Person;

beforeAll(async () => {
  server = await new Server().start();
  server.accounts('bob', 'carol', 'dora');
  browser = await browse();
  other = await (await Person.make(browser, server, 'ann')).register();
  await other.call('send', { chat: 'bob@localhost', text: 'to bob' });
  await other.call('send', { chat: 'carol@localhost', text: 'to carol' });
  desk = await (await Reader.make(browser, server, 'ann')).signIn();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(await desk.story());
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

const filters = () => desk.page.getByRole('tablist', { name: word('chats.filters') });
const tab = (name: string) => filters().getByRole('tab', { name });
const isFavourite = (on: boolean) => other.see('chats', undefined, (rows) => rows.some((row) => row.jid === 'bob@localhost' && (row.favourite ?? false) === on), on ? 'has the favourite' : 'has none any more');

test('an empty filter says what will be there', async () => {
  await desk.line('bob').waitFor();
  await tab(word('chats.all')).focus();
  await desk.page.keyboard.press('ArrowRight');
  await desk.page.getByRole('heading', { name: word('chats.emptyUnread') }).waitFor();
  await desk.page.keyboard.press('ArrowRight');
  await desk.page.getByRole('heading', { name: word('chats.emptyFavourites') }).waitFor();
  await desk.page.keyboard.press('ArrowRight');
  await desk.page.getByRole('heading', { name: word('chats.emptyGroups') }).waitFor();
});

test('a favourite is marked in the menu of a chat, and is one on the other device too', async () => {
  await tab(word('chats.all')).click();
  await desk.line('bob').focus();
  await desk.page.keyboard.press('Shift+F10');
  await desk.page.getByRole('menuitem', { name: word('chats.favour'), exact: true }).click();
  await isFavourite(true);
  await tab(word('chats.favourites')).click();
  await until(async () => (await desk.line('carol').count()) === 0, 'the other chat is no favourite');
  await desk.line('bob').waitFor();
  await other.call('favour', { chat: 'bob@localhost', on: false });
  await desk.page.getByRole('heading', { name: word('chats.emptyFavourites') }).waitFor();
});

test('a favourite that was marked without a connection is told later', async () => {
  await tab(word('chats.all')).click();
  await server.stop();
  await desk.line('bob').click({ button: 'right' });
  await desk.page.getByRole('menuitem', { name: word('chats.favour'), exact: true }).click();
  await server.start();
  await other.call('reconnect');
  await isFavourite(true);
});

test('a stranger waits apart, disturbs nobody, and stands among the others once accepted', async () => {
  const dora = await (await Person.make(browser, server, 'dora')).signIn();
  await dora.call('send', { chat: 'ann@localhost', text: 'do you sell seeds?' });
  const entry = desk.page.getByRole('button', { name: word('chats.requests') });
  await entry.filter({ hasText: 'dora' }).waitFor();
  expect(await desk.line('dora').count()).toBe(0);
  expect(await other.see('badge', undefined, () => true, 'has a badge')).toBe(0);
  await entry.click();
  expect(await tab(word('chats.requests')).getAttribute('aria-selected')).toBe('true');
  await desk.line('dora').click();
  await desk.button(word('talk.accept')).click();
  await desk.composer().waitFor();
  await desk.line('dora').waitFor();
  await until(async () => (await entry.count()) === 0, 'nobody waits any more');
});

test('a chat that is cleared is empty on the other device too, and its undo brings it back to both', async () => {
  await desk.open('bob@localhost');
  await desk.sees('to bob');
  const clear = async () => {
    await desk.button(word('talk.menu')).click();
    await desk.page.getByRole('menuitem', { name: word('chats.clear'), exact: true }).click();
    await desk.button(word('chats.clear'), desk.page.getByRole('dialog')).click();
    await desk.count(0, 'sees nothing any more');
    await other.texts('bob@localhost', [], 'sees nothing there either');
  };
  await clear();
  await desk.button(word('app.undo')).click();
  await desk.sees('to bob');
  await other.texts('bob@localhost', ['to bob'], 'sees it again');
  await clear();
  await desk.say('a new beginning');
  await other.texts('bob@localhost', ['a new beginning'], 'sees what is new alone');
});

test('a device that signs in later is not shown what was cleared', async () => {
  const late = await (await Person.make(browser, server, 'ann')).signIn();
  await late.texts('bob@localhost', ['a new beginning'], 'sees what is new alone');
  expect((await late.see('messages', { chat: 'bob@localhost', anchor: 'end', before: 200, after: 0 }, (window) => !window.loadingOlder && !window.hasOlder, 'has everything')).rows.length).toBe(1);
});
