// Pictures and recordings that were looked at are here without a network, until their message goes or their owner does.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { acquaint, browse, Server, until } from './harness.ts';
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

test('a picture that was seen is seen again while the server is away', async () => {
  await bob.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await until(() => bob.page.evaluate(() => navigator.serviceWorker.controller !== null), 'the service worker is in charge');
  await ann.open(bob.jid);
  await bob.open(ann.jid);
  await show('first light', 'first.png', 'red');
  await show('second light', 'second.png', 'blue');
  await until(async () => (await kept()).sort().join() === 'first.png,second.png', 'both are kept');
  await server.kill();
  await bob.page.close();
  bob.page = await bob.tab();
  // Nothing of it out of the browser's own cache.
  const devtools = await bob.context.newCDPSession(bob.page);
  await devtools.send('Network.enable');
  await devtools.send('Network.clearBrowserCache');
  await bob.line('ann').click();
  await until(async () => (await shown('second light')) === 1 && (await shown('first light')) === 1, 'both are seen again');
  await server.start();
});

test('what is taken back is kept no longer', async () => {
  await ann.act('second light', 'act.delete');
  await ann.button(word('delete.everyone'), ann.page.getByRole('dialog')).click();
  await until(async () => (await kept()).join() === 'first.png', 'the picture is gone, the other is not');
});

test('who signs out leaves nothing behind', async () => {
  await bob.page.goto(`${server.origin}/#/settings`);
  await bob.button(word('settings.signOut')).click();
  await bob.button(word('settings.signOut'), bob.page.getByRole('dialog')).click();
  await bob.page.getByLabel(word('entry.name'), { exact: true }).waitFor();
  await until(async () => (await kept()).length === 0, 'nothing is kept');
  expect([...ann.wrongs, ...bob.wrongs]).toEqual([]);
});
