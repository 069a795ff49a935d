// What goes wrong around the client: data that cannot be read, an account that is shut out. Nobody is signed
// out by it for good, and nothing that was written is lost.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { browse, launch, Server } from './harness.ts';
import { Reader, word } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;

beforeAll(async () => {
  server = await new Server('invite').start();
  server.accounts('ann', 'bob', 'dan');
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

test('without a connection one is shown the devices that were there last, and signs none of them out', async () => {
  const other = await (await Reader.make(browser, server, 'ann')).signIn();
  await ann.page.evaluate(() => (location.hash = '#/settings/devices'));
  const end = ann.button(word('settings.endDevice'), ann.page.locator('#main'));
  await end.waitFor();
  expect(await ann.page.locator('h1:visible').allTextContents()).toEqual([word('settings.devices')]);
  await server.kill();
  await ann.page.getByText(word('settings.devicesKept')).waitFor();
  await end.waitFor({ state: 'detached' });
  await ann.page.getByText(word('settings.thisDevice')).first().waitFor();
  await server.start();
  await end.waitFor();
  await other.leave();
  await ann.page.evaluate(() => (location.hash = '#/'));
  expect(await ann.page.locator('h1:visible').allTextContents()).toEqual([word('nav.chats')]);
});

test('data that cannot be read is fetched anew, nobody is signed out, and what waits is sent', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-profile-'));
  try {
    let context = await launch(folder);
    let bob = await Reader.within(context, server, 'bob');
    await bob.signIn();
    await bob.open(ann.jid);
    await bob.say('before it broke');
    await bob.ticks('before it broke', 'sent');
    await server.kill();
    await bob.say('waits to be sent');
    await bob.message('waits to be sent').waitFor();
    // Large values lie in files of their own; one of them gets lost.
    await bob.page.evaluate(async () => {
      const database = await new Promise<IDBDatabase>((done, fail) => {
        const request = indexedDB.open('skein-cache');
        request.onsuccess = () => done(request.result);
        request.onerror = () => fail(request.error);
      });
      const noise = new Uint8Array(400_000).map(() => Math.random() * 256);
      await new Promise<void>((done, fail) => {
        const transaction = database.transaction(['chats', 'people'], 'readwrite');
        transaction.objectStore('people').put({ jid: 'large@localhost', noise });
        transaction.oncomplete = () => done();
        transaction.onabort = () => fail(transaction.error);
      });
      database.close();
    });
    await context.close();
    const blobs = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /indexeddb\.blob[\\/]/.test(name));
    expect(blobs.length).toBeGreaterThan(0);
    for (const name of blobs) rmSync(join(folder, name), { recursive: true, force: true });
    await server.start();
    context = await launch(folder);
    bob = await Reader.within(context, server, 'bob');
    await bob.isIn();
    await bob.line('ann').first().click();
    await bob.sees('before it broke');
    await bob.ticks('waits to be sent', 'sent');
    await context.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.each([
  ['is suspended for a while', ['user', 'suspend', 'dan@localhost'], ['user', 'resume', 'dan@localhost']],
  ['has another password since', ['user', 'password', 'dan@localhost', '--password-stdin'], undefined],
] as const)('who %s is told that they are out, keeps what is here, and comes back by the way in', async (_, out, back) => {
  const dan = await (await Reader.make(browser, server, 'dan')).signIn();
  await dan.open(ann.jid);
  await dan.say('said before');
  await dan.ticks('said before', 'sent');
  server.command([...out], 'another password\n');
  await dan.page.getByText(word('link.refused')).waitFor();
  await dan.sees('said before');
  if (back) server.command([...back]);
  await dan.button(word('entry.signIn')).click();
  await dan.page.getByLabel(word('entry.name'), { exact: true }).fill('dan');
  await dan.page.getByLabel(word('entry.password'), { exact: true }).fill(back ? dan.password : 'another password');
  await dan.button(word('entry.signIn')).click();
  await dan.sees('said before');
  await dan.say('said after');
  await dan.ticks('said after', 'sent');
  await dan.leave();
});
