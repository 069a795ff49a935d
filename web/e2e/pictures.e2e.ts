// Pictures before and after they go: cut, turned, put in order, covered, described; stickers of one's own; who saw a story.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Foreign } from './foreign.ts';
import { acquaint, browse, Server, until } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;
let bob: Reader;
let carol: Foreign;

beforeAll(async () => {
  server = await new Server().start();
  server.accounts('carol');
  browser = await browse();
  await acquaint(browser, server, 'ann', 'bob');
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

/** Wider than high. */
const pictures = (...hues: number[]) => ann.pictures([300, 200], ...hues.map((hue) => `hsl(${hue} 90% 50%)`));
const dialog = (page = ann.page) => page.locator('dialog[open]').last();
/** The sizes of the pictures of a message, and the colour in the middle of each. */
const seen = (row: ReturnType<Reader['message']>) =>
  row.locator('img').evaluateAll((all) => all.map((one) => {
    const picture = one as HTMLImageElement;
    const canvas = new OffscreenCanvas(1, 1);
    const pen = canvas.getContext('2d');
    pen?.drawImage(picture, picture.naturalWidth / 2, picture.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
    return { width: picture.naturalWidth, height: picture.naturalHeight, colour: [...(pen?.getImageData(0, 0, 1, 1).data ?? [])].slice(0, 3).map((part) => (part > 128 ? 1 : 0)).join('') };
  }));

test('a picture is turned, cut by the keyboard and drawn upon, and so it arrives', async () => {
  await ann.open(bob.jid);
  await ann.page.locator('.composer input[type=file]').setInputFiles(await pictures(0));
  await dialog().getByRole('button', { name: words('media.edit') }).click();
  await ann.button(word('edit.turn'), dialog()).click();
  const corner = dialog().getByRole('button', { name: word('edit.se') });
  await corner.focus();
  for (let i = 0; i < 10; i++) await corner.press('ArrowUp');
  await ann.button(word('edit.draw'), dialog()).click();
  const box = await dialog().locator('canvas').boundingBox();
  if (!box) throw new Error('there is a canvas');
  await dialog().getByRole('radio', { name: words('edit.colourN') }).nth(4).check({ force: true });
  await dialog().getByRole('slider').fill('0.05');
  await ann.page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.4);
  await ann.page.mouse.down();
  await ann.page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.4, { steps: 8 });
  await ann.page.mouse.up();
  await ann.button(word('app.done'), dialog()).click();
  await dialog().getByLabel(word('media.desc')).fill('a red field');
  await dialog().getByLabel(word('compose.caption')).fill('turned');
  await ann.button(word('compose.send'), dialog()).click();
  await bob.open(ann.jid);
  const row = await bob.sees('turned');
  await row.getByRole('button', { name: 'a red field' }).waitFor();
  // 300 by 200, turned: 200 by 300; four fifths of its height stay; in its middle goes a green line.
  await until(async () => JSON.stringify(await seen(row)) === JSON.stringify([{ width: 200, height: 240, colour: '010' }]), 'bob has the picture as ann made it');
});

test('each picture of an album says what it shows, and one with words of its own has them below it, for every client', async () => {
  await ann.open(carol.jid);
  await ann.page.locator('.composer input[type=file]').setInputFiles(await pictures(0, 120, 240));
  const says = async (place: number, desc: string, own = ''): Promise<void> => {
    await dialog().getByRole('button', { name: words('media.words') }).nth(place).click();
    await dialog().getByLabel(word('media.desc')).fill(desc);
    await dialog().getByLabel(word('media.own')).fill(own);
  };
  await says(2, 'a blue field', 'the lake 湖');
  await says(1, 'a green field');
  await says(0, 'a red field');
  await dialog().getByLabel(word('media.captionAll')).fill('three fields');
  await ann.button(word('compose.send'), dialog()).click();
  const row = await ann.sees('three fields');
  for (const name of ['a red field', 'a green field']) await row.getByRole('button', { name }).waitFor();
  const lake = await ann.sees('the lake 湖');
  await lake.getByRole('button', { name: 'a blue field' }).click();
  await ann.page.getByRole('img', { name: 'a blue field' }).waitFor();
  await ann.page.locator('dialog .caption').getByText('the lake 湖').waitFor();
  await ann.page.keyboard.press('Escape');
  const album = await carol.sees('three fields');
  expect(album).toMatch(/<desc>a red field<\/desc>[^]*<desc>a green field<\/desc>/);
  expect(await carol.sees('the lake 湖')).toContain('<desc>a blue field</desc>');
  await ann.open(bob.jid);
});

test('an album is put in another order by keys, and is covered until it is pressed', async () => {
  await ann.page.locator('.composer input[type=file]').setInputFiles(await pictures(0, 120, 240));
  const grip = dialog().getByRole('button', { name: words('media.move') }).nth(2);
  await grip.focus();
  await grip.press('ArrowLeft');
  await ann.page.keyboard.press('ArrowLeft');
  await dialog().getByRole('switch', { name: word('media.spoiler') }).click();
  await dialog().getByLabel(word('media.captionAll')).fill('who won');
  await ann.button(word('compose.send'), dialog()).click();
  const cover = bob.messages().getByRole('button', { name: word('talk.spoiler') });
  await cover.click();
  const row = await bob.sees('who won');
  await until(async () => (await seen(row)).map((one) => one.colour).join(' ') === '001 100 010', 'the last picture comes first');
  await cover.waitFor({ state: 'detached' });
});

test('a sticker is made from a picture, sent, kept by the other, and sent back; other clients get a file and an emoji', async () => {
  const open = async (reader: Reader): Promise<void> => {
    await reader.page.getByRole('button', { name: word('compose.attach') }).click();
    await reader.page.getByRole('menuitem', { name: word('sticker.title') }).click();
  };
  await open(ann);
  await dialog().locator('input[type=file]').setInputFiles(await pictures(300));
  await dialog().getByLabel(word('sticker.words')).fill('🎉');
  await ann.button(word('sticker.add'), dialog()).click();
  await dialog().getByRole('button', { name: '🎉' }).click();
  const hers = bob.messages().getByRole('img', { name: '🎉' });
  await until(async () => (await hers.count()) === 1 && (await hers.evaluate((one) => (one as HTMLImageElement).naturalWidth)) === 300, 'bob sees the sticker');
  await hers.click({ button: 'right' });
  await bob.page.getByRole('menuitem', { name: word('sticker.keep') }).click();
  await bob.page.getByText(word('sticker.kept')).waitFor();
  await open(bob);
  await dialog(bob.page).getByRole('button', { name: '🎉' }).click();
  await until(async () => (await ann.messages().getByRole('img', { name: '🎉' }).count()) === 2, 'ann gets it back');
  await ann.open(carol.jid);
  await open(ann);
  await dialog().getByRole('button', { name: '🎉' }).click();
  const told = await carol.sees('urn:xmpp:stickers:0');
  expect(told).toContain('<body>🎉</body>');
  expect(told).toContain(`${server.origin}/upload/`);
});

test('who looked at a story is told to the one whose it is, unless they do not tell when they have read', async () => {
  await ann.page.evaluate(() => (location.hash = '#/'));
  await ann.page.getByRole('button', { name: word('chats.new') }).first().click();
  await ann.page.getByRole('menuitem', { name: word('story.new') }).click();
  await dialog().locator('input[type=file]').setInputFiles(await pictures(60));
  await ann.button(word('story.post'), dialog()).click();
  await ann.page.getByText(word('story.posted')).waitFor();
  await bob.page.evaluate(() => (location.hash = '#/'));
  await bob.page.locator('.strip button').filter({ hasText: 'ann' }).click();
  await bob.page.locator('dialog .stage img').waitFor();
  await bob.page.keyboard.press('Escape');
  await ann.page.locator('.strip button').first().click();
  await ann.page.getByRole('button', { name: /^Seen by 1$/ }).click();
  await dialog().getByText('bob', { exact: true }).waitFor();
  expect([...ann.wrongs, ...bob.wrongs]).toEqual([]);
});
