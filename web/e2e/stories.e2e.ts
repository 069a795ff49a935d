// Stories between three people: shown for a day, to those who may see them, and looked at once on all devices.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { befriend, browse, Person, Server, until } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;
let bob: Reader;
let carol: Person;

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

beforeAll(async () => {
  server = await new Server().start();
  browser = await browse();
  const people = await Promise.all(['ann', 'bob', 'carol'].map(async (name) => (await Person.make(browser, server, name)).register()));
  const [a, b, c] = people as [Person, Person, Person];
  await befriend(a, b);
  await befriend(a, c);
  carol = c;
  await Promise.all([a.context.close(), b.context.close()]);
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
  bob = await (await Reader.make(browser, server, 'bob', PHONE)).signIn();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const reader of [ann, bob]) console.log(await reader.story());
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

const ring = (reader: Reader, key: 'story.of' | 'story.ofNew', name: string) => reader.page.getByRole('button', { name: new RegExp(`^${words(key).source.replace('.*', `.?${name}.?`)}$`) });
const viewer = (reader: Reader) => reader.page.getByRole('dialog', { name: words('story.of') });

async function begin(reader: Reader): Promise<void> {
  await reader.button(word('chats.new')).first().click();
  await reader.page.getByRole('menuitem', { name: word('story.new') }).click();
}

test('a text is drawn and shown to a contact, and what was seen is seen on the other device', async () => {
  await begin(ann);
  const dialog = ann.page.getByRole('dialog');
  await dialog.getByRole('tab', { name: word('story.text') }).click();
  await dialog.getByRole('textbox', { name: word('story.text') }).fill('The kiln is hot 窑热了');
  await ann.button(word('story.post'), dialog).click();
  await dialog.waitFor({ state: 'detached' });
  await ring(bob, 'story.ofNew', 'ann').click();
  const image = viewer(bob).getByRole('img', { name: 'The kiln is hot 窑热了' });
  await until(async () => (await image.count()) > 0 && (await image.evaluate((one: HTMLImageElement) => one.naturalWidth)) === 1080, 'bob sees the picture');
  await viewer(bob).getByRole('button', { name: word('app.close') }).click();
  await ring(bob, 'story.of', 'ann').waitFor();
  const second = await (await Reader.make(browser, server, 'bob')).signIn();
  await ring(second, 'story.of', 'ann').waitFor();
  expect(second.wrongs).toEqual([]);
  await second.leave();
});

test('a picture is found by the keyboard, and an answer becomes a message', async () => {
  await begin(ann);
  const dialog = ann.page.getByRole('dialog');
  await dialog.locator('input[type=file]').setInputFiles(await ann.pictures([90, 160], 'black'));
  await dialog.getByLabel(word('compose.caption')).fill('A pot');
  await ann.button(word('story.post'), dialog).click();
  await dialog.waitFor({ state: 'detached' });
  await ring(bob, 'story.ofNew', 'ann').focus();
  await bob.page.keyboard.press('Enter');
  // The one that was not seen comes first; back is the one before.
  await viewer(bob).getByRole('img', { name: 'A pot' }).waitFor();
  await bob.page.keyboard.press(' ');
  await bob.page.keyboard.press('ArrowLeft');
  await viewer(bob).getByRole('img', { name: 'The kiln is hot' }).waitFor();
  await bob.page.keyboard.press('ArrowRight');
  await viewer(bob).getByRole('img', { name: 'A pot' }).waitFor();
  await viewer(bob).getByRole('textbox').fill('Lovely glaze');
  await viewer(bob).getByRole('textbox').press('Enter');
  await until(async () => (await viewer(bob).getByRole('textbox').inputValue()) === '', 'the answer is sent');
  await bob.page.keyboard.press('Escape');
  await viewer(bob).waitFor({ state: 'detached' });
  await ann.open(bob.jid);
  const answer = await ann.sees('Lovely glaze');
  expect(await answer.textContent()).toContain('A pot');
});

test('only those who were chosen see what is shown, and nobody what was taken back', async () => {
  await begin(ann);
  const dialog = ann.page.getByRole('dialog').first();
  await dialog.getByRole('combobox', { name: word('story.who') }).selectOption('chosen');
  const choice = ann.page.getByRole('dialog').last();
  await choice.getByText('carol', { exact: true }).click();
  await ann.button(word('app.save'), choice).click();
  await dialog.getByText(/1/).first().waitFor();
  await dialog.getByRole('tab', { name: word('story.text') }).click();
  await dialog.getByRole('textbox', { name: word('story.text') }).fill('For Carol');
  await ann.button(word('story.post'), dialog).click();
  await dialog.waitFor({ state: 'detached' });
  const told = await carol.see('stories', undefined, (rows) => rows.some((one) => one.stories.some((story) => story.text === 'For Carol')), 'sees what is for her');
  expect(told?.[0]?.stories.map((story) => story.text)).toEqual(['The kiln is hot 窑热了', 'A pot', 'For Carol']);
  await ann.say('after the story');
  await bob.open(ann.jid);
  await bob.sees('after the story');
  await bob.page.goto(`${server.origin}/#/`);
  expect(await ring(bob, 'story.ofNew', 'ann').count()).toBe(0);
  // Taken back.
  await ann.page.goto(`${server.origin}/#/`);
  await ann.button(word('story.mine')).click();
  const own = ann.page.getByRole('dialog', { name: word('story.mine') });
  await own.waitFor();
  await ann.page.keyboard.press(' ');
  await ann.page.keyboard.press('ArrowRight');
  const remove = own.getByRole('button', { name: word('act.delete') });
  const shown = await own.getByRole('img').last().getAttribute('alt');
  await remove.click();
  await ann.page.getByRole('dialog', { name: word('story.removeAsk') }).getByRole('button', { name: word('act.delete') }).click();
  await carol.see('stories', undefined, (rows) => rows.length > 0 && !rows[0]?.stories.some((story) => story.text === shown), 'it is gone for her');
  expect([...ann.wrongs, ...bob.wrongs]).toEqual([]);
});
