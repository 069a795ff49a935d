// Pictures that are sent together are one message with its words; what is awaited before one may come in is told.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Foreign } from './foreign.ts';
import { browse, Server, until } from './harness.ts';
import { Reader, word } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;
let bob: Reader;
let carol: Foreign;

beforeAll(async () => {
  server = await new Server('approval').start();
  server.accounts('ann', 'bob', 'carol');
  browser = await browse();
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
  bob = await (await Reader.make(browser, server, 'bob', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true })).signIn();
  carol = await Foreign.login(server, 'carol', 'password of carol');
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const reader of [ann, bob]) console.log(await reader.story());
});
afterAll(async () => {
  carol?.leave();
  await browser?.close();
  await server?.end();
});

const pictures = (n: number) => ann.pictures([120, 80], ...Array.from({ length: n }, (_, i) => `hsl(${i * 90} 60% 50%)`));

test('three pictures and their words are one message', async () => {
  await ann.open(bob.jid);
  await ann.page.locator('.composer input[type=file]').setInputFiles(await pictures(3));
  const dialog = ann.page.getByRole('dialog');
  await dialog.getByLabel(word('media.captionAll')).fill('From the ridge 山脊');
  await ann.button(word('compose.send'), dialog).click();
  await bob.open(ann.jid);
  const row = await bob.sees('From the ridge 山脊');
  await until(async () => (await row.locator('img').evaluateAll((all) => all.filter((one) => (one as HTMLImageElement).naturalWidth === 120).length)) === 3, 'bob sees all three');
  await bob.count(1, 'it is one message');
  await ann.ticks('From the ridge', 'sent');
  expect(await row.textContent()).not.toContain('http');
});

test('somebody with another client gets the words and every address', async () => {
  await ann.open(carol.jid);
  await ann.page.locator('.composer input[type=file]').setInputFiles(await pictures(2));
  const dialog = ann.page.getByRole('dialog');
  await dialog.getByLabel(word('media.captionAll')).fill('for Carol');
  await ann.button(word('compose.send'), dialog).click();
  const told = await carol.sees('for Carol');
  const body = /<body>([^<]*)<\/body>/.exec(told)?.[1] ?? '';
  expect(body.split('\n')).toHaveLength(3);
  expect(body.split('\n').slice(1).every((line) => line.startsWith(`${server.origin}/upload/`))).toBe(true);
});

test('a name that is begun with a colon becomes an emoji, by keys', async () => {
  await ann.composer().fill('');
  await ann.composer().pressSequentially('good :rocket');
  await ann.page.getByRole('option').first().waitFor();
  // With what it offers the field is a combobox.
  await ann.page.getByRole('combobox', { name: word('compose.label') }).press('Enter');
  expect(await ann.composer().inputValue()).toBe('good 🚀');
  await ann.composer().press('Enter');
  await ann.sees('good 🚀');
});

test('where an account has to be let in, one asks, waits and is let in', async () => {
  const eve = await Reader.make(browser, server, 'eve');
  await eve.button(word('entry.noAccount')).click();
  await eve.page.getByLabel(word('entry.name'), { exact: true }).fill('eve');
  await eve.page.getByLabel(word('entry.password'), { exact: true }).fill(eve.password);
  await eve.page.getByLabel(word('entry.reason')).fill('Carol knows me.\n我也爬山。');
  await eve.page.locator('form button[type=submit]').click();
  await eve.page.getByText(word('entry.pendingText')).waitFor();
  // Who decides reads it.
  expect(server.command(['user', 'list'])).toMatch(/eve@localhost.*Carol knows me\. 我也爬山。/);
  server.command(['user', 'resume', 'eve@localhost']);
  await eve.button(word('entry.signIn')).click();
  await eve.signIn();
  expect([...eve.wrongs, ...ann.wrongs, ...bob.wrongs]).toEqual([]);
  await eve.leave();
});
