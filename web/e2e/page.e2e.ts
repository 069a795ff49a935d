// The client as people use it: by its page, in real browsers, one of them a phone, beside somebody with another
// client.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Foreign } from './foreign.ts';
import { browse, Server, until } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;
let bob: Reader;
let carol: Foreign;

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

beforeAll(async () => {
  server = await new Server('invite').start();
  server.accounts('ann', 'bob', 'carol');
  browser = await browse();
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
  bob = await (await Reader.make(browser, server, 'bob', PHONE)).signIn();
  carol = await Foreign.login(server, 'carol', 'password of carol');
});

// What everybody saw when something failed.
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const reader of [ann, bob]) console.log(await reader.story());
});

afterAll(async () => {
  carol?.leave();
  await browser?.close();
  await server?.end();
});

test('an invitation leads from its page into the client and makes an account', async () => {
  const link = server.command(['invite', 'create']).match(/\/invite\/\S+/)?.[0] ?? '';
  const eve = await Reader.make(browser, server, 'eve', {}, link);
  await eve.page.getByRole('link', { name: 'Continue in this browser' }).click();
  await eve.page.getByLabel(word('entry.name'), { exact: true }).fill('eve');
  await eve.page.getByLabel(word('entry.password'), { exact: true }).fill('password of eve');
  await eve.button(word('entry.create')).click();
  await eve.isIn();
  // The same link makes no second one.
  const mallory = await Reader.make(browser, server, 'mallory', {}, `/#/invitation/${link.split('/').pop()}`);
  await mallory.page.getByText(word('entry.invitationBad')).waitFor();
  expect([...eve.wrongs, ...mallory.wrongs]).toEqual([]);
  await eve.leave();
  await mallory.leave();
});

test('a desk and a phone talk: sent, delivered, read, and each sees it once', async () => {
  await ann.open(bob.jid);
  await ann.say('hello from the desk 你好');
  await ann.ticks('hello from the desk', 'sent');
  await bob.openRequest('hello from the desk');
  await bob.sees('hello from the desk 你好');
  // A stranger is told nothing before the chat is accepted.
  await bob.button(word('talk.accept')).click();
  // Who let somebody in is asked to be let in.
  await ann.page.goto(`${server.origin}/#/contacts`);
  await ann.button(word('contacts.accept')).first().click();
  await ann.open(bob.jid);
  await bob.say('hello from the phone');
  await ann.sees('hello from the phone');
  await bob.ticks('hello from the phone', 'read');
  await ann.say('all is well');
  await ann.ticks('all is well', 'read');
  await ann.count(3, 'sees three messages');
  await bob.count(3, 'sees three messages');
  expect(await bob.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});

test('the Enter of an input method sends nothing', async () => {
  await ann.composer().focus();
  const session = await ann.context.newCDPSession(ann.page);
  await session.send('Input.imeSetComposition', { text: 'ni hao', selectionStart: 6, selectionEnd: 6 });
  // As Chromium tells of keys that belong to the input method.
  await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Process', code: 'Enter', windowsVirtualKeyCode: 229 });
  await ann.composer().dispatchEvent('keydown', { key: 'Enter', code: 'Enter', isComposing: true, bubbles: true, cancelable: true });
  expect(await ann.composer().inputValue()).toBe('ni hao');
  await session.send('Input.insertText', { text: '你好世界' });
  await session.send('Input.dispatchKeyEvent', { type: 'keyUp', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 });
  expect(await ann.composer().inputValue()).toBe('你好世界');
  await ann.composer().press('Enter');
  await bob.sees('你好世界');
  expect(await bob.message('ni hao').count()).toBe(0);
});

test('what somebody with another client edits, takes back and feels is shown', async () => {
  carol.message(ann.jid, 'c1', '<body>a tpyo</body>');
  carol.message(ann.jid, 'c2', '<body>a regret</body>');
  await ann.openRequest('a regret');
  await ann.sees('a regret');
  await ann.button(word('talk.accept')).click();
  carol.message(ann.jid, 'c3', "<body>a typo</body><replace xmlns='urn:xmpp:message-correct:0' id='c1'/>");
  carol.message(ann.jid, 'c4', "<retract xmlns='urn:xmpp:message-retract:1' id='c2'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/><body>taken back</body>");
  await (await ann.sees('a typo')).getByText(word('talk.edited')).waitFor();
  await ann.sees(word('kind.deleted'));
  expect(await ann.message('tpyo').count()).toBe(0);
  await ann.say('an answer for carol');
  const told = await carol.sees('an answer for carol');
  const id = /<message[^>]* id="([^"]+)"/.exec(told)?.[1] ?? '';
  carol.message(ann.jid, 'c5', `<reactions xmlns='urn:xmpp:reactions:0' id='${id}'><reaction>🎉</reaction></reactions>`);
  await (await ann.sees('an answer for carol')).getByRole('button', { name: words('react.by') }).filter({ hasText: '🎉' }).waitFor();
});

test('a picture and a voice message arrive and can be seen and played', async () => {
  await ann.open(bob.jid);
  await ann.page.locator('.composer input[type=file]').setInputFiles(await ann.pictures([320, 200], '#c36'));
  await ann.button(word('compose.send'), ann.page.getByRole('dialog')).click();
  await bob.open(ann.jid);
  const image = bob.messages().last().getByRole('img', { name: 'p0.png' }).or(bob.messages().last().locator('img')).first();
  await until(async () => (await image.count()) > 0 && (await image.evaluate((one: HTMLImageElement) => one.naturalWidth === 320)), 'bob sees the picture');
  await ann.button(word('compose.voice')).click();
  const timer = ann.page.getByRole('timer');
  await until(async () => /[1-9]$/.test((await timer.textContent()) ?? ''), 'a second is recorded');
  await ann.button(word('compose.send'), ann.page.getByRole('group', { name: word('compose.recording') })).click();
  const player = bob.messages().last();
  await player.getByRole('button', { name: word('voice.play') }).waitFor();
  await player.getByRole('button', { name: word('voice.play') }).click();
  await player.getByRole('button', { name: word('voice.pause') }).or(player.getByRole('button', { name: word('voice.play') })).first().waitFor();
  expect([...ann.wrongs, ...bob.wrongs]).toEqual([]);
});

test('three talk in a group, one of them with another client', async () => {
  await ann.page.keyboard.press('Escape');
  await ann.button(word('chats.new')).first().click();
  await ann.page.getByRole('menuitem', { name: word('group.new') }).click();
  const dialog = ann.page.getByRole('dialog');
  await dialog.getByLabel(word('group.name'), { exact: true }).fill('Three of us');
  for (const name of ['bob', 'carol']) await dialog.getByText(name, { exact: true }).first().click();
  await ann.button(word('group.create'), dialog).click();
  await ann.composer().waitFor();
  const room = decodeURIComponent((await ann.page.evaluate(() => location.hash)).split('/')[2] ?? '');
  await carol.sees('muc#user', room);
  carol.raw(`<presence to='${room}/carol'><x xmlns='http://jabber.org/protocol/muc'/></presence>`);
  await bob.page.goto(`${server.origin}/#/`);
  await bob.line('Three of us').click();
  await ann.say('is everybody here?');
  await bob.sees('is everybody here?');
  await carol.sees('is everybody here?');
  await bob.say('bob is');
  carol.message(room, 'g1', '<body>carol is too</body>', 'groupchat');
  for (const reader of [ann, bob]) {
    await reader.sees('bob is');
    await reader.sees('carol is too');
  }
});

test('tabs share one engine, and both show what comes', async () => {
  const second = await ann.tab(`/#/chat/${encodeURIComponent(carol.jid)}`);
  carol.message(ann.jid, 'c6', '<body>for both tabs</body>');
  await ann.open(carol.jid);
  await ann.sees('for both tabs', second);
  await ann.sees('for both tabs');
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send('Target.getTargets');
  const page = targetInfos.find((target) => target.type === 'page' && target.url.startsWith(server.origin));
  const contexts = new Map<string, number>();
  for (const target of targetInfos) if (target.type === 'shared_worker') contexts.set(target.browserContextId ?? '', (contexts.get(target.browserContextId ?? '') ?? 0) + 1);
  expect(page).toBeDefined();
  expect([...contexts.values()].every((count) => count === 1)).toBe(true);
  await second.close();
});

test('what is written while the server is away survives a killed tab and is sent once', async () => {
  await ann.open(bob.jid);
  await bob.open(ann.jid);
  await server.kill();
  await ann.say('written in the dark');
  await ann.ticks('written in the dark', 'queued');
  await ann.page.close();
  // Without a server the page opens from what is kept, with everything that was there.
  ann.page = await ann.tab();
  await ann.line('written in the dark').click();
  await ann.ticks('written in the dark', 'queued');
  await ann.page.getByText(/1 message waits/).first().waitFor();
  await server.start();
  for (const reader of [ann, bob]) await reader.button(word('link.now')).click({ timeout: 3000 }).catch(() => undefined);
  await bob.sees('written in the dark');
  await ann.message('written in the dark').last().getByRole('img', { name: new RegExp(`^(${word('ticks.delivered')}|${word('ticks.read')})$`) }).waitFor();
  expect(await bob.message('written in the dark').count()).toBe(1);
});

test('a notification is shown for a chat that nobody looks at, and goes when it is read elsewhere', async () => {
  await bob.context.grantPermissions(['notifications'], { origin: server.origin });
  await bob.page.goto(`${server.origin}/#/contacts`);
  // Within the same page nothing waits for what it shows: until then he still looks at what she says.
  await bob.composer().waitFor({ state: 'detached' });
  const shown = (): Promise<string[]> => bob.page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((one) => `${one.title}: ${one.body}`));
  await ann.say('look here');
  await until(async () => (await shown()).join() === 'ann: look here', 'bob is notified');
  await until(async () => /^\(\d+\) /.test(await bob.page.title()), 'the title counts');
  const desk = await (await Reader.make(browser, server, 'bob')).signIn();
  await desk.line('look here').click();
  await until(async () => (await shown()).length === 0, 'the notification goes');
  await desk.leave();
});

test('a new version waits until it is wanted, and loses no draft', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-dist-'));
  cpSync(join(import.meta.dirname, '../dist'), folder, { recursive: true });
  const { front } = await import('./front.ts');
  const door = await front(folder, 0, server.inner);
  const { port } = door.address() as { port: number };
  const at = Object.assign(Object.create(Server.prototype) as Server, { http: port });
  const dan = await (await Reader.make(browser, at, 'bob')).signIn();
  await until(() => dan.page.evaluate(() => navigator.serviceWorker.controller !== null), 'the service worker is in charge');
  rmSync(join(folder, 'service.js.br'), { force: true });
  writeFileSync(join(folder, 'service.js'), `${readFileSync(join(folder, 'service.js'), 'utf8')}\n// newer`);
  await dan.open(ann.jid);
  await dan.composer().pressSequentially('half a thou');
  await dan.page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
  await dan.page.getByText(word('app.update')).waitFor();
  await dan.composer().pressSequentially('ght');
  await dan.page.evaluate(() => ((window as { isOld?: boolean }).isOld = true));
  await dan.button(word('app.updateNow')).click();
  await until(() => dan.page.evaluate(() => (window as { isOld?: boolean }).isOld === undefined && document.querySelector('textarea')?.value === 'half a thought').catch(() => false), 'the page is new and the draft is there');
  await dan.leave();
  door.closeAllConnections();
  door.close();
  rmSync(folder, { recursive: true, force: true });
});

test('nobody met an error, a breach of the policy, or a request to somewhere else', () => {
  expect([...ann.wrongs, ...bob.wrongs]).toEqual([]);
});
