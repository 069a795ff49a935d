// A code on one screen before the camera of another device: the camera is a film of what the first one shows.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { browse, Server } from './harness.ts';
import { Reader, word } from './reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'skein-film-'));
let server: Server;
let browser: Browser;
let looking: Browser | undefined;
/** Nothing moves on it: a picture of a dialog that is still coming up would be all that the other camera ever sees. */
let desk: Reader;
let phone: Reader | undefined;

beforeAll(async () => {
  server = await new Server().start();
  server.accounts('ann', 'bob');
  browser = await browse();
  desk = await (await Reader.make(browser, server, 'ann', { viewport: { width: 640, height: 480 }, reducedMotion: 'reduce' })).signIn();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const one of [desk, phone]) console.log(await one?.story());
});
afterAll(async () => {
  await looking?.close();
  await browser?.close();
  await server?.end();
  rmSync(folder, { recursive: true, force: true });
});

test('what a device shows is read by the camera of another, which comes in with it', async () => {
  await desk.page.goto(`${server.origin}/#/settings/devices`);
  await desk.button(word('device.link')).click();
  const code = desk.page.getByRole('img', { name: word('device.qr') });
  await code.waitFor();
  // The whole screen, as somebody holds a phone before it.
  const picture = await desk.page.screenshot({ type: 'jpeg', quality: 80 });
  writeFileSync(join(folder, 'screen.mjpeg'), Buffer.concat(Array.from({ length: 10 }, () => picture)));
  looking = await browse(join(folder, 'screen.mjpeg'));
  phone = await Reader.make(looking, server, 'phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await phone.button(word('scan.other')).click();
  await phone.page.getByText('ann@localhost').waitFor();
  await phone.button(word('device.enter')).click();
  await phone.isIn();
  await desk.button(word('app.done')).click();
  expect([...desk.wrongs, ...phone.wrongs]).toEqual([]);
});

test('a picture of a code is read as well, and what leads elsewhere is only shown', async () => {
  await desk.page.evaluate(() => (location.hash = '#/contacts'));
  await desk.page.keyboard.press('Control+k');
  // The search is fetched when it is first wanted.
  await desk.page.getByRole('combobox', { name: word('search.title') }).fill(word('scan.title'));
  await desk.page.getByRole('option', { name: word('scan.title') }).click();
  const dialog = desk.page.getByRole('dialog', { name: word('scan.title') });
  await dialog.getByLabel(word('scan.typed')).fill('https://elsewhere.example/#/link/a/b');
  await dialog.getByRole('button', { name: word('app.next') }).click();
  await dialog.getByText('https://elsewhere.example/#/link/a/b').waitFor();
  expect(desk.page.url()).toContain('#/contacts');
  await desk.page.keyboard.press('Escape');
  await desk.page.goto(`${server.origin}/#/settings/devices`);
  await desk.button(word('device.link')).click();
  const shown = desk.page.getByRole('img', { name: word('device.qr') });
  await shown.waitFor();
  const picture = await shown.screenshot({ type: 'png' });
  const other = await Reader.make(browser, server, 'eve');
  await other.button(word('scan.other')).click();
  await other.page.locator('dialog input[type=file]').setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer: picture });
  await other.page.getByText('ann@localhost').waitFor();
  expect([...desk.wrongs, ...other.wrongs]).toEqual([]);
  await other.leave();
});
