// Signing in with a passkey, by an authenticator that the browser plays.

import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { browse, Server, until } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;
let cdp: CDPSession;
let authenticator: string;

beforeAll(async () => {
  server = await new Server().start();
  server.accounts('ann', 'bob');
  browser = await browse();
  ann = await Reader.make(browser, server, 'ann');
  authenticator = await play(ann);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(await ann.story());
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

/** The device knows its owner, who is there and is let through. */
async function play(reader: Reader): Promise<string> {
  cdp = await reader.context.newCDPSession(reader.page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return authenticatorId;
}

const verified = (isUserVerified: boolean) => cdp.send('WebAuthn.setUserVerified', { authenticatorId: authenticator, isUserVerified });
const held = async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId: authenticator })).credentials.length;

async function signOut(): Promise<void> {
  await ann.page.goto(`${server.origin}/#/settings`);
  await ann.button(word('settings.signOut')).click();
  await ann.button(word('settings.signOut'), ann.page.getByRole('dialog')).click();
  await ann.page.getByLabel(word('entry.password'), { exact: true }).waitFor();
}

test('who signs in with the password is offered a passkey once, and adds one by it', async () => {
  await ann.signIn();
  await ann.page.getByText(word('passkeys.offer')).waitFor();
  await ann.button(word('passkeys.add')).click();
  const dialog = ann.page.getByRole('dialog', { name: word('passkeys.add') });
  const name = dialog.getByLabel(word('passkeys.name'), { exact: true });
  expect(await name.inputValue()).toMatch(/Linux/);
  await name.fill('The desk');
  await dialog.getByLabel(word('entry.password'), { exact: true }).fill('not this');
  await dialog.getByLabel(word('entry.password'), { exact: true }).press('Enter');
  await dialog.getByText(word('passkeys.wrongPassword')).waitFor();
  // The authenticator was not asked.
  expect(await held()).toBe(0);
  await dialog.getByLabel(word('entry.password'), { exact: true }).fill(ann.password);
  await dialog.getByLabel(word('entry.password'), { exact: true }).press('Enter');
  await ann.page.getByText(word('passkeys.added')).waitFor();
  expect(await held()).toBe(1);
  await ann.page.goto(`${server.origin}/#/settings/passkeys`);
  await ann.page.getByText('The desk').waitFor();
  await ann.button(words('passkeys.rename')).click();
  await ann.page.getByRole('dialog').getByLabel(word('passkeys.name'), { exact: true }).fill('My desk');
  await ann.page.keyboard.press('Enter');
  await ann.page.getByText('My desk').waitFor();
});

test('another device hears that one was added, and looks', async () => {
  const phone = await (await Reader.make(browser, server, 'ann', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true })).signIn();
  await ann.button(words('passkeys.removeOne')).click();
  await ann.button(word('passkeys.remove'), ann.page.getByRole('dialog')).click();
  await ann.page.getByText(word('passkeys.none')).waitFor();
  await cdp.send('WebAuthn.clearCredentials', { authenticatorId: authenticator });
  await ann.button(word('passkeys.add')).click();
  const dialog = ann.page.getByRole('dialog', { name: word('passkeys.add') });
  await dialog.getByLabel(word('passkeys.name'), { exact: true }).fill('My desk');
  await dialog.getByLabel(word('entry.password'), { exact: true }).fill(ann.password);
  await ann.button(word('passkeys.go'), dialog).click();
  await ann.page.getByText('My desk').waitFor();
  await phone.page.getByText(words('passkeys.news')).waitFor();
  await phone.button(word('passkeys.look')).click();
  await phone.page.getByText('My desk').waitFor();
  expect(await phone.page.getByText(words('passkeys.news')).count()).toBe(0);
  expect(phone.wrongs).toEqual([]);
  await phone.leave();
});

test('the device has one already, and says so', async () => {
  await ann.button(word('passkeys.add')).click();
  const dialog = ann.page.getByRole('dialog', { name: word('passkeys.add') });
  await ann.button(word('passkeys.byOther'), dialog).click();
  await dialog.getByText(word('passkeys.exists')).waitFor();
  expect(await held()).toBe(1);
  await ann.page.keyboard.press('Escape');
});

test('it signs in without a name, and nobody else who holds the device', async () => {
  await verified(false);
  await signOut();
  const enter = ann.button(word('passkeys.signIn'));
  await enter.click();
  await ann.page.getByRole('alert').filter({ hasText: word('passkeys.cancelled') }).waitFor();
  await verified(true);
  // A browser that has somebody there at once may answer what the name's field offers before anything is pressed.
  await Promise.race([enter.click().catch(() => undefined), ann.isIn()]);
  await ann.isIn();
  await ann.open('bob@localhost');
  await ann.say('without a password');
  await ann.ticks('without a password', 'sent');
  // Its own token lets it in from then on, and the device stands among the others.
  await ann.page.reload();
  await ann.open('bob@localhost');
  await ann.sees('without a password');
  await ann.page.goto(`${server.origin}/#/settings/devices`);
  await ann.page.getByText(word('settings.thisDevice')).waitFor();
  await ann.page.goto(`${server.origin}/#/settings/passkeys`);
  await ann.page.getByText(words('passkeys.used')).waitFor();
  expect(await ann.page.getByText(word('passkeys.offer')).count()).toBe(0);
});

test('one that was removed lets nobody in, and the password still does', async () => {
  await ann.button(words('passkeys.removeOne')).click();
  await ann.button(word('passkeys.remove'), ann.page.getByRole('dialog')).click();
  await ann.page.getByText(word('passkeys.none')).waitFor();
  await signOut();
  await ann.button(word('passkeys.signIn')).click();
  await ann.page.getByRole('alert').filter({ hasText: word('passkeys.unknown') }).waitFor();
  await ann.signIn();
  // It was offered once.
  await ann.page.goto(`${server.origin}/#/settings/passkeys`);
  await ann.page.getByText(word('passkeys.none')).waitFor();
  expect(await ann.page.getByText(word('passkeys.offer')).count()).toBe(0);
  expect(ann.wrongs).toEqual([]);
});

test('where nothing of it is supported it is not offered', async () => {
  const old = await browser.newContext({ locale: 'en-GB' });
  await old.addInitScript(() => void Reflect.deleteProperty(window, 'PublicKeyCredential'));
  const bob = await Reader.within(old, server, 'bob');
  await bob.page.getByLabel(word('entry.password'), { exact: true }).waitFor();
  await bob.signIn();
  await bob.page.goto(`${server.origin}/#/settings/passkeys`);
  await bob.page.getByText(word('passkeys.notHere')).waitFor();
  expect(await bob.button(word('passkeys.add')).count()).toBe(0);
  await until(async () => bob.wrongs.length === 0, 'nothing went wrong');
  await bob.leave();
});
