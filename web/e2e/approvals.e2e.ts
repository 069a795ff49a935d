// Who asks for an account waits until an administrator, told at once, lets them in.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { browse, Person, Server, until } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let server: Server;
let browser: Browser;
let root: Reader;
let asker: Person;

beforeAll(async () => {
  server = await new Server('approval').start();
  server.command(['user', 'add', 'root@localhost', '--admin', '--password-stdin'], 'password of root\n');
  server.accounts('bob');
  browser = await browse();
  root = await (await Reader.make(browser, server, 'root')).signIn();
  await root.page.getByRole('link', { name: word('nav.settings') }).click();
  await root.page.getByRole('link', { name: word('settings.approvals') }).click();
  asker = await Person.make(browser, server, 'nell');
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(await root.story());
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

const ask = (name: string, reason: string) => asker.call('register', { name, password: `password of ${name}`, reason });
const waits = (name: string) => root.page.getByRole('listitem').filter({ hasText: `${name}@localhost` });

test('nobody waits at first, and who asks appears with the reason', async () => {
  await root.page.getByRole('heading', { name: word('approvals.none') }).waitFor();
  expect(await ask('nell', 'I look after the garden.')).toBe('pending');
  await waits('nell').getByText('I look after the garden.').waitFor();
  await root.page.getByRole('navigation', { name: word('nav.label') }).getByRole('link', { name: word('nav.settings') }).getByText('1').waitFor();
});

test('who is let in signs in, and is not on the list any more', async () => {
  await root.button(`${word('approvals.let.do')}: nell`).click();
  await root.page.getByRole('heading', { name: word('approvals.none') }).waitFor();
  await asker.signIn();
});

test('a refusal asks first, and the account is not there', async () => {
  const other = await Person.make(browser, server, 'mallory');
  expect(await other.call('register', { name: 'mallory', password: 'password of mallory', reason: '' })).toBe('pending');
  await root.page.reload();
  await waits('mallory').waitFor();
  await root.button(`${word('ask.refuse')}: mallory`).focus();
  await root.page.keyboard.press('Enter');
  const question = root.page.getByRole('dialog', { name: words('approvals.refuseAsk') });
  await root.button(word('ask.refuse'), question).click();
  await until(async () => (await waits('mallory').count()) === 0, 'mallory waits no more');
  await expect(other.call('signIn', { address: 'mallory@localhost', password: 'password of mallory' })).rejects.toThrow('not-authorized');
});

test('others are not shown that there is such a list', async () => {
  const bob = await (await Reader.make(browser, server, 'bob')).signIn();
  await bob.page.getByRole('link', { name: word('nav.settings') }).click();
  await bob.page.getByRole('link', { name: word('settings.about') }).waitFor();
  expect(await bob.page.getByRole('link', { name: word('settings.approvals') }).count()).toBe(0);
  await bob.leave();
});
