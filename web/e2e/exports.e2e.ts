// A chat as a file: everything that was said, from the archive too, but nothing that was to vanish or for one alone.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { browse, Person, Server } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let server: Server;
let browser: Browser;
let desk: Reader;
let other: Person;

beforeAll(async () => {
  server = await new Server().start();
  server.accounts('bob');
  browser = await browse();
  other = await (await Person.make(browser, server, 'ann')).register();
  for (let i = 0; i < 130; i++) await other.call('send', { chat: 'bob@localhost', text: `line ${i}` });
  await other.call('send', { chat: 'bob@localhost', text: 'a secret for a while', timer: 3600 });
  const wrong = await other.call('send', { chat: 'bob@localhost', text: 'wrnog' });
  await other.see('messages', { chat: 'bob@localhost', anchor: 'end', before: 10, after: 0 }, (window) => window.rows.at(-1)?.ticks === 'sent', 'has sent it all');
  await other.call('edit', { chat: 'bob@localhost', id: wrong, text: 'right' });
  await other.call('send', { chat: 'bob@localhost', text: 'only I took it away' });
  await other.see('messages', { chat: 'bob@localhost', anchor: 'end', before: 10, after: 0 }, (window) => window.rows.at(-1)?.ticks === 'sent', 'has sent the last');
  // From a device to which the archive has told what the message is called.
  const third = await (await Person.make(browser, server, 'ann')).signIn();
  const { rows } = await third.see('messages', { chat: 'bob@localhost', anchor: 'end', before: 10, after: 0 }, (window) => window.rows.at(-1)?.text === 'only I took it away', 'sees the last');
  await third.call('remove', { chat: 'bob@localhost', ids: [rows.at(-1)?.id ?? ''], everyone: false });
  desk = await (await Reader.make(browser, server, 'ann')).signIn();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(await desk.story());
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

async function exported(files: boolean): Promise<{ name: string; path: string }> {
  await desk.open('bob@localhost');
  await desk.button(word('talk.menu')).click();
  await desk.page.getByRole('menuitem', { name: word('export.title'), exact: true }).click();
  const dialog = desk.page.getByRole('dialog', { name: word('export.title') });
  if (files) await dialog.getByText(word('export.withFiles'), { exact: true }).click();
  const download = desk.page.waitForEvent('download');
  await desk.button(word('export.begin'), dialog).click();
  const file = await download;
  await dialog.getByRole('status').filter({ hasText: words('export.done') }).waitFor();
  await desk.button(word('app.done'), dialog).click();
  await dialog.waitFor({ state: 'detached' });
  return { name: file.suggestedFilename(), path: await file.path() };
}

const said = (text: string): string[] => text.split('\n').flatMap((line) => (/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d\] \S.*?: (.*)$/.exec(line)?.slice(1) ?? []));

test('a device that knows the end alone saves all of it, in order, without what was to vanish or was taken away', async () => {
  const { name, path } = await exported(false);
  expect(name).toMatch(/^bob \d{4}-\d\d-\d\d\.txt$/);
  const text = readFileSync(path, 'utf8');
  expect(said(text)).toEqual([...Array.from({ length: 130 }, (_, i) => `line ${i}`), 'right']);
  expect(text).not.toMatch(/secret|took it away|wrnog/);
  expect(text).toContain(await desk.page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone));
});

test('with its files it is an archive that other programs open', async () => {
  await desk.page.locator('.composer input[type=file]').setInputFiles(await desk.pictures([40, 30], 'red'));
  await desk.page.locator('dialog .tile img').first().waitFor();
  await desk.page.getByRole('dialog').getByRole('button', { name: word('compose.send'), exact: true }).click();
  await desk.messages().last().getByRole('img', { name: word('ticks.sent'), exact: true }).waitFor();
  const { name, path } = await exported(true);
  expect(name).toMatch(/\.zip$/);
  const script = 'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nnames = z.namelist()\nassert z.read(names[0])[:4] in (b"\\x89PNG", b"\\xff\\xd8\\xff\\xe0"), z.read(names[0])[:4]\nsys.stdout.buffer.write(z.read("chat.txt"))';
  const text = execFileSync('python3', ['-c', script, path], { encoding: 'utf8' });
  expect(said(text).at(-1)).toMatch(/p0\.\w+, files\/0001 p0\./);
});
