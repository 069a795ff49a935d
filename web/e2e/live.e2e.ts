// A place that moves: told while it is watched, seen by the other side, ended by hand.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { acquaint, browse, Person, Server, until } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;
let bob: Person;

beforeAll(async () => {
  server = await new Server().start();
  browser = await browse();
  await acquaint(browser, server, 'ann', 'bob');
  bob = await (await Person.make(browser, server, 'bob')).signIn();
  ann = await (await Reader.make(browser, server, 'ann', { permissions: ['geolocation'], geolocation: { latitude: 46.9, longitude: 7.4, accuracy: 10 } })).signIn();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(await ann.story());
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

const seen = (is: (row: { lat: number | undefined; ended: boolean; isLive: boolean }) => boolean, what: string) =>
  bob.see('messages', { chat: ann.jid, anchor: 'end', before: 20, after: 0 }, (page) => page.rows.some((row) => row.kind === 'location' && is({ lat: row.place?.lat, ended: row.live?.ended ?? false, isLive: row.live !== undefined })), what);

test('somebody is followed on the map for a while, and no longer than they want', async () => {
  await ann.open(bob.jid);
  await ann.page.getByRole('button', { name: word('compose.attach') }).click();
  await ann.page.getByRole('menuitem', { name: word('compose.place') }).click();
  const dialog = ann.page.getByRole('dialog');
  await ann.button(word('place.find'), dialog).click();
  await dialog.getByText(/15/).click();
  await dialog.getByText(word('live.note')).waitFor();
  await ann.button(word('compose.send'), dialog).click();
  await seen((row) => row.isLive && row.lat === 46.9 && !row.ended, 'sees where she is');
  await ann.page.getByText(words('live.sharing')).waitFor();
  await ann.context.setGeolocation({ latitude: 46.95, longitude: 7.45, accuracy: 10 });
  // Told every few seconds at most: the browser may tell the place once only, so it moves until it is heard.
  let step = 0;
  await until(async () => {
    await ann.context.setGeolocation({ latitude: 46.95, longitude: 7.45 + (step += 1) / 1e5, accuracy: 10 });
    const page = await bob.see('messages', { chat: ann.jid, anchor: 'end', before: 20, after: 0 }, () => true, 'looks');
    return page.rows.some((row) => row.place?.lat === 46.95);
  }, 'bob sees her move');
  await ann.button(word('live.stop'), ann.page.getByRole('list', { name: word('talk.messages') })).click();
  await seen((row) => row.lat === 46.95 && row.ended, 'sees that it is over');
  await until(async () => (await ann.page.getByText(words('live.sharing')).count()) === 0, 'nothing is shared any more');
  await ann.say('here I am');
  await bob.see('messages', { chat: ann.jid, anchor: 'end', before: 20, after: 0 }, (page) => page.rows.some((row) => row.text === 'here I am'), 'hears from her');
  // What is in the archive: where it began, and where it ended.
  const fresh = await (await Person.make(browser, server, 'bob')).signIn();
  await fresh.see('messages', { chat: ann.jid, anchor: 'end', before: 20, after: 0 }, (page) => page.rows.some((row) => row.place?.lat === 46.95 && row.live?.ended === true), 'sees the end on a new device');
  expect(ann.wrongs).toEqual([]);
});
