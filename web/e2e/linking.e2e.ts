// A new device comes in by what another shows: an address that is good once, and that no server on the way learns.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { browse, Server, until } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let server: Server;
let browser: Browser;
let desk: Reader;
const asked: string[] = [];

beforeAll(async () => {
  server = await new Server().start();
  server.accounts('ann', 'bob');
  browser = await browse();
  desk = await (await Reader.make(browser, server, 'ann')).signIn();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(await desk.story());
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

async function show(): Promise<string> {
  await desk.page.goto(`${server.origin}/#/settings/devices`);
  await desk.button(word('device.link')).click();
  const dialog = desk.page.getByRole('dialog', { name: word('device.link') });
  await dialog.getByRole('img', { name: word('device.qr') }).waitFor();
  await dialog.getByRole('timer').waitFor();
  return ((await dialog.locator('code').textContent()) ?? '').slice(server.origin.length);
}

test('the address that one device shows signs another in, which keeps a token of its own', async () => {
  await desk.open('bob@localhost');
  await desk.say('written at the desk');
  const address = await show();
  const phone = await Reader.make(browser, server, 'phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }, '/');
  phone.page.on('request', (request) => asked.push(request.url()));
  await phone.page.goto(server.origin + address);
  await phone.page.getByText('ann@localhost').waitFor();
  await phone.button(word('device.enter')).click();
  await phone.isIn();
  await desk.page.getByRole('dialog').getByText(word('device.linkedText')).waitFor();
  await desk.button(word('app.done')).click();
  await phone.line('written at the desk').waitFor();
  expect(phone.page.url()).not.toContain('link');
  // The token is in no request: what stands behind # stays in the browser.
  expect(asked.filter((url) => url.includes(address.split('/').pop() ?? '?'))).toEqual([]);
  // Its own token lets it in again after the server forgot the one that was shown.
  await server.kill();
  await server.start();
  await phone.page.reload();
  await phone.open('bob@localhost');
  await phone.say('written on the phone');
  await phone.ticks('written on the phone', 'sent');
  // The desk is back too.
  await desk.page.reload();
  await desk.open('bob@localhost');
  await desk.line('written on the phone').waitFor();
  expect([...phone.wrongs, ...desk.wrongs]).toEqual([]);
  await phone.leave();
});

test('the address is good once, and for nothing when it is not looked at any more', async () => {
  const address = await show();
  await desk.page.keyboard.press('Escape');
  await until(async () => (await desk.page.getByRole('dialog').count()) === 0, 'the dialog is closed');
  const late = await Reader.make(browser, server, 'late', {}, address);
  await late.button(word('device.enter')).click();
  await late.page.getByRole('alert').filter({ hasText: word('device.over') }).waitFor();
  await late.button(word('device.not')).click();
  await late.page.getByLabel(word('entry.password'), { exact: true }).waitFor();
  await late.leave();
});

test('who is signed in already is not signed out by an address', async () => {
  const address = await show();
  const bob = await (await Reader.make(browser, server, 'bob')).signIn();
  await bob.page.evaluate((hash) => (location.hash = hash), address.slice(address.indexOf('#')));
  await bob.page.getByText(words('device.other')).waitFor();
  await bob.isIn();
  await bob.leave();
});

test('a wrong password is told where it was typed', async () => {
  const eve = await Reader.make(browser, server, 'eve');
  await eve.page.getByLabel(word('entry.name'), { exact: true }).fill('ann');
  await eve.page.getByLabel(word('entry.password'), { exact: true }).fill('not this');
  await eve.button(word('entry.signIn')).click();
  await eve.page.getByText(word('fault.not-authorized')).waitFor();
  expect(await eve.page.getByLabel(word('entry.name'), { exact: true }).inputValue()).toBe('ann');
  await eve.leave();
});
