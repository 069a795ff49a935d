// Folders: made and arranged on one device, the same on the other, also what was done without a connection.

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
  server.accounts('bob', 'carol');
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

const tabs = () => desk.page.getByRole('tablist', { name: word('chats.filters') }).getByRole('tab');
const names = (person: Person) => person.see('folders', undefined, () => true, 'has folders').then((folders) => folders.map((one) => one.name));

async function make(name: string, chat: string): Promise<void> {
  await desk.page.getByRole('button', { name: word('folder.title'), exact: true }).click();
  const list = desk.page.getByRole('dialog', { name: word('folder.title') });
  await desk.button(word('folder.new'), list).click();
  const dialog = desk.page.getByRole('dialog', { name: word('folder.new') });
  await dialog.getByLabel(word('folder.name'), { exact: true }).fill(name);
  await dialog.getByText(chat, { exact: true }).click();
  await desk.button(word('app.save'), dialog).click();
  await dialog.waitFor({ state: 'detached' });
  await list.getByRole('button', { name }).first().waitFor();
  await desk.page.keyboard.press('Escape');
  await list.waitFor({ state: 'detached' });
}

test('a folder shows its chats, and the other device has it', async () => {
  await desk.line('bob').waitFor();
  await make('Garden', 'bob');
  await make('Work', 'carol');
  await tabs().filter({ hasText: 'Garden' }).click();
  await until(async () => (await desk.line('carol').count()) === 0, 'the other chat is not in the folder');
  await desk.line('bob').waitFor();
  await other.see('folders', undefined, (rows) => rows.map((one) => `${one.name}: ${one.chats.join()}`).join('; ') === 'Garden: bob@localhost; Work: carol@localhost', 'has both folders');
});

test('the order is changed by keys, and a chat is put in by its menu', async () => {
  await desk.page.getByRole('button', { name: word('folder.title'), exact: true }).click();
  const up = desk.page.getByRole('button', { name: /Move .?Work.? up/ });
  await up.focus();
  await desk.page.keyboard.press('Enter');
  await other.see('folders', undefined, (rows) => rows.map((one) => one.name).join() === 'Work,Garden', 'has the new order');
  await desk.page.keyboard.press('Escape');
  await tabs().filter({ hasText: word('chats.all') }).click();
  await desk.line('carol').click({ button: 'right' });
  await desk.page.getByRole('menuitem', { name: word('folder.add') }).click();
  await desk.page.getByRole('menuitem', { name: 'Garden' }).click();
  await other.see('folders', undefined, (rows) => rows.find((one) => one.name === 'Garden')?.chats.length === 2, 'has both chats in it');
});

/** Takes a folder away while the server is not there, which ends as `leave` says. */
async function removeWithout(name: string, leave: () => Promise<void>): Promise<void> {
  await desk.context.setOffline(true);
  await leave();
  await desk.page.getByRole('button', { name: word('folder.title'), exact: true }).click();
  const list = desk.page.getByRole('dialog', { name: word('folder.title'), exact: true });
  await list.getByRole('button', { name: new RegExp(`Remove .?${name}`) }).click();
  await desk.page.getByRole('dialog', { name: /Remove the folder/ }).getByRole('button', { name: word('app.remove') }).click();
  await until(async () => (await tabs().filter({ hasText: name }).count()) === 0, 'it is gone here');
  await desk.page.keyboard.press('Escape');
  await list.waitFor({ state: 'detached' });
  await server.start();
  await desk.context.setOffline(false);
  await other.call('reconnect');
}

test('what was changed without a connection reaches the others later', async () => {
  await removeWithout('Work', () => server.kill());
  await other.see('folders', undefined, (rows) => rows.map((one) => one.name).join() === 'Garden', 'it is gone there');
  expect(await names(other)).toEqual(['Garden']);
});

test('the same when the session is resumed', async () => {
  await removeWithout('Garden', () => server.stop());
  await other.see('folders', undefined, (rows) => rows.length === 0, 'it is gone there');
});
