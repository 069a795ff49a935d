// Pictures and recordings that were looked at are here without a network, until their message goes or their owner does.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { acquaint, browse, Person, Server, until } from './harness.ts';
import { Reader, word } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;
let bob: Reader;

beforeAll(async () => {
  server = await new Server().start();
  browser = await browse();
  await acquaint(browser, server, 'ann', 'bob');
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
  bob = await (await Reader.make(browser, server, 'bob')).signIn();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const reader of [ann, bob]) console.log(await reader.story());
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

const kept = (): Promise<string[]> => bob.page.evaluate(async () => ((await caches.has('media')) ? (await (await caches.open('media')).keys()).map((one) => decodeURIComponent(new URL(one.url).pathname.split('/').pop() ?? '')) : []));
const shown = (text: string): Promise<number> => bob.message(text).last().locator('img[loading]').evaluateAll((all) => (all as HTMLImageElement[]).filter((one) => one.complete && one.naturalWidth === 30).length);

async function show(text: string, name: string, colour: string): Promise<void> {
  const [picture] = await ann.pictures([30, 20], colour);
  if (!picture) throw new Error('no picture');
  await ann.page.locator('.composer input[type=file]').setInputFiles({ ...picture, name });
  const dialog = ann.page.locator('dialog[open]').last();
  await dialog.getByLabel(word('compose.caption')).fill(text);
  await ann.button(word('compose.send'), dialog).click();
  await bob.sees(text);
  await until(async () => (await shown(text)) === 1, `${name} is seen`);
}

/** A hum of so many seconds. */
function hum(seconds: number): Buffer {
  const count = 8000 * seconds;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0), head.writeUInt32LE(36 + count, 4), head.write('WAVEfmt ', 8), head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20), head.writeUInt16LE(1, 22), head.writeUInt32LE(8000, 24), head.writeUInt32LE(8000, 28);
  head.writeUInt16LE(1, 32), head.writeUInt16LE(8, 34), head.write('data', 36), head.writeUInt32LE(count, 40);
  return Buffer.concat([head, Buffer.from(Array.from({ length: count }, (_, i) => 128 + Math.round(40 * Math.sin(i / 5))))]);
}

/** Plays the recording of this message, until it is heard to go on. */
async function play(text: string): Promise<void> {
  const voice = bob.message(text).last().locator('.voice');
  await bob.button(word('voice.play'), voice).click();
  await until(async () => Number(await voice.getByRole('slider').inputValue()) > 0, `${text} is heard`);
  await bob.button(word('voice.pause'), voice).click();
}

test('what was seen and heard is seen and heard again while the server is away, and what is timed goes at its time', async () => {
  await bob.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await until(() => bob.page.evaluate(() => navigator.serviceWorker.controller !== null), 'the service worker is in charge');
  await ann.open(bob.jid);
  await bob.open(ann.jid);
  await show('first light', 'first.png', 'red');
  await show('second light', 'second.png', 'blue');
  await ann.page.locator('.composer input[type=file]').setInputFiles({ name: 'tune.wav', mimeType: 'audio/wav', buffer: hum(20) });
  const dialog = ann.page.locator('dialog[open]').last();
  await dialog.getByLabel(word('compose.caption')).fill('a tune');
  await ann.button(word('compose.send'), dialog).click();
  await bob.sees('a tune');
  await play('a tune');
  await until(async () => (await kept()).sort().join() === 'first.png,second.png,tune.wav', 'all are kept');
  const other = await (await Person.make(browser, server, 'ann')).signIn();
  await other.call('send', { chat: bob.jid, text: 'not for long', timer: 10 });
  await bob.sees('not for long');
  await other.context.close();
  await server.kill();
  await bob.page.close();
  bob.page = await bob.tab();
  // Nothing of it out of the browser's own cache.
  const devtools = await bob.context.newCDPSession(bob.page);
  await devtools.send('Network.enable');
  await devtools.send('Network.clearBrowserCache');
  await bob.line('ann').click();
  await until(async () => (await shown('second light')) === 1 && (await shown('first light')) === 1, 'both are seen again');
  await bob.sees('not for long');
  await play('a tune');
  await bob.message('not for long').waitFor({ state: 'detached', timeout: 25_000 });
  await server.start();
});

test('what is taken back is kept no longer', async () => {
  await ann.act('second light', 'act.delete');
  await ann.button(word('delete.everyone'), ann.page.getByRole('dialog')).click();
  await until(async () => (await kept()).sort().join() === 'first.png,tune.wav', 'the picture is gone, the others are not');
});

test('a recording goes on while one looks elsewhere, and is held and gone to from there', async () => {
  const voice = bob.message('a tune').last().locator('.voice');
  await bob.button(word('voice.play'), voice).click();
  await bob.page.evaluate(() => (location.hash = '#/contacts'));
  const bar = bob.page.locator('.playing');
  const time = bar.locator('.who .num');
  const before = await time.textContent();
  await until(async () => (await time.textContent()) !== before, 'it goes on');
  await bob.button(word('voice.pause'), bar).click();
  await bob.button(word('voice.play'), bar).click();
  // What sounds next makes it rest.
  await bob.page.evaluate(() => document.body.appendChild(document.createElement('audio')).dispatchEvent(new Event('play')));
  await bob.button(word('voice.play'), bar).waitFor();
  await bar.locator('.who').click();
  await voice.waitFor();
  await bar.waitFor({ state: 'detached' });
});

test('a picture grows under two fingers, and they turn no page', async () => {
  const picture = bob.message('first light').last().locator('.pictures button').first();
  await picture.press('Enter');
  const stage = bob.page.locator('dialog[open] .stage');
  await stage.locator('img').waitFor();
  for (const [type, id, x] of [['pointerdown', 1, 400], ['pointerdown', 2, 500], ['pointermove', 2, 700], ['pointerup', 1, 400], ['pointerup', 2, 700]] as const) {
    await stage.dispatchEvent(type, { pointerId: id, clientX: x, clientY: 300, bubbles: true });
  }
  await until(async () => /scale\(3\)/.test((await stage.locator('img').getAttribute('style')) ?? ''), 'it is three times as large');
  await bob.page.keyboard.press('Escape');
  await until(() => picture.evaluate((button) => button === document.activeElement), 'the focus is where it was');
});

test('who signs out leaves nothing behind', async () => {
  await bob.page.goto(`${server.origin}/#/settings`);
  await bob.button(word('settings.signOut')).click();
  await bob.button(word('settings.signOut'), bob.page.getByRole('dialog')).click();
  await bob.page.getByLabel(word('entry.name'), { exact: true }).waitFor();
  await until(async () => (await kept()).length === 0, 'nothing is kept');
  expect([...ann.wrongs, ...bob.wrongs]).toEqual([]);
});
