// What goes into the composer, and the ways in which it goes out of it.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { befriend, browse, Person, Server, until } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;
let phone: Reader;
let bob: Person;
let room: string;

beforeAll(async () => {
  server = await new Server().start();
  server.accounts('ann', 'bob');
  browser = await browse();
  bob = await (await Person.make(browser, server, 'bob')).signIn();
  const other = await (await Person.make(browser, server, 'ann')).signIn();
  await befriend(bob, other);
  room = await other.call('createRoom', { name: 'Hut', members: [bob.jid], membersOnly: true });
  await bob.call('joinRoom', { room });
  await other.context.close();
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
  phone = await (await Reader.make(browser, server, 'ann', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })).signIn();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const reader of [ann, phone]) console.log(await reader.story());
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

const dialog = () => ann.page.getByRole('dialog');
const last = (chat: string, is: (row: { text: string; kind: string }) => boolean, what: string) =>
  bob.see('messages', { chat, anchor: 'end', before: 60, after: 0 }, (page) => is(page.rows.at(-1) ?? { text: '', kind: '' }), what).then((page) => page.rows.at(-1));

/** As another program has put it on the clipboard. */
async function paste(kinds: Record<string, string>, picture = false): Promise<void> {
  await ann.composer().focus();
  await ann.composer().evaluate((field, [all, isPicture]) => {
    const data = new DataTransfer();
    for (const [kind, text] of Object.entries(all)) data.setData(kind, text);
    if (isPicture) data.items.add(new File([new Uint8Array(8)], 'range.png', { type: 'image/png' }));
    const isOurs = !field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    // What is left to the browser, which does it for no event of a script.
    if (!isOurs) document.execCommand('insertText', false, all['text/plain'] ?? '');
  }, [kinds, picture] as const);
}

test('text with styles is pasted with their marks, can be taken back, and is drawn so for the reader', async () => {
  await ann.open(bob.jid);
  await paste({ 'text/plain': 'bring the long rope\nand gloves', 'text/html': '<p>bring the <b>long</b> rope</p><ul><li>and <em>gloves</em></li></ul>' });
  expect(await ann.composer().inputValue()).toBe('bring the *long* rope\n\n- and _gloves_');
  await ann.page.keyboard.press('Control+z');
  expect(await ann.composer().inputValue()).toBe('');
  await ann.page.keyboard.press('Control+Shift+z');
  await ann.composer().press('Enter');
  await (await ann.sees('bring the')).locator('strong', { hasText: 'long' }).waitFor();
  await last(ann.jid, (row) => row.text === 'bring the *long* rope\n\n- and _gloves_', 'has it');
});

test('a range of a spreadsheet is text, and a picture if that is wanted', async () => {
  await paste({ 'text/plain': 'a\t1\nb\t2', 'text/html': '<table><tr><td><b>a</b></td><td>1</td></tr></table>' }, true);
  expect(await ann.composer().inputValue()).toBe('a\t1\nb\t2');
  await ann.button(word('compose.asPicture')).click();
  await dialog().getByRole('img', { name: 'range.png' }).waitFor();
  await ann.page.keyboard.press('Escape');
  await ann.composer().fill('');
});

test('what is dropped in the lower half goes as a document, unchanged, and says to whom', async () => {
  const drop = (zone: 'seen' | 'file') => ann.page.evaluate(async ([name]) => {
    const data = new DataTransfer();
    const canvas = new OffscreenCanvas(60, 40);
    canvas.getContext('2d')?.fillRect(0, 0, 9, 9);
    data.items.add(new File([await canvas.convertToBlob({ type: 'image/jpeg' })], `${name}.jpg`, { type: 'image/jpeg' }));
    const fire = (what: string, at: Element | null | undefined): void => void at?.dispatchEvent(new DragEvent(what, { dataTransfer: data, bubbles: true, cancelable: true }));
    fire('dragenter', document.querySelector('.talking'));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    fire('drop', document.querySelector(`[data-zone=${name}]`));
  }, [zone] as const);
  await drop('file');
  await dialog().getByText(word('compose.to').replace('{names}', '')).filter({ hasText: 'bob' }).waitFor();
  expect(await dialog().getByRole('switch', { name: word('media.asFile') }).isChecked()).toBe(true);
  await ann.button(word('compose.send'), dialog()).click();
  const document = await last(ann.jid, (row) => row.kind === 'file', 'has a document');
  expect(document?.attachments[0]).toMatchObject({ kind: 'file', mime: 'image/jpeg', name: 'file.jpg' });
  await drop('seen');
  await ann.button(word('compose.send'), dialog()).click();
  await last(ann.jid, (row) => row.kind === 'image', 'has a picture');
});

test('one message is to disappear, and where it stood a line says so', async () => {
  await ann.composer().fill('the code is 4711');
  await ann.button(word('compose.send')).click({ button: 'right' });
  await ann.page.getByRole('menuitem', { name: word('later.timer') }).click();
  await dialog().getByRole('button', { name: '30 seconds' }).click();
  const row = await last(ann.jid, ({ text }) => text === 'the code is 4711', 'has it');
  expect(row?.expires).toBeGreaterThan(Date.now());
  await ann.say('and this stays');
  const stays = await last(ann.jid, ({ text }) => text === 'and this stays', 'has the next');
  expect(stays?.expires).toBeUndefined();
  await bob.call('send', { chat: ann.jid, text: 'for a blink', timer: 2 });
  await ann.sees('for a blink');
  await ann.page.getByText(word('talk.expired').replace('{n} messages', 'A message')).or(ann.page.getByText('A message disappeared')).waitFor();
  expect(await ann.message('for a blink').count()).toBe(0);
});

test('who was mentioned further up is led there, and what was said in between stays unread', async () => {
  await bob.call('send', { chat: room, text: 'before' });
  for (let i = 0; i < 50; i += 1) await bob.call('send', { chat: room, text: `about ${i}` });
  await bob.call('send', { chat: room, text: '@ann the keys?', mentions: [{ begin: 0, end: 4, jid: ann.jid }] });
  for (let i = 50; i < 90; i += 1) await bob.call('send', { chat: room, text: `about ${i}` });
  await ann.open(room);
  const button = ann.page.getByRole('button', { name: words('talk.toMention') }).or(ann.page.getByRole('button', { name: 'To where you were mentioned' }));
  await button.click();
  await until(async () => ann.message('@ann the keys?').first().evaluate((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return top > 0 && bottom < innerHeight;
  }).catch(() => false), 'the mention is in view');
  await until(async () => (await button.count()) === 0, 'there is no other');
  await ann.page.getByRole('button', { name: words('talk.toEndUnread') }).waitFor();
});

test('who felt something of a message further up leads there, until it was seen', async () => {
  await ann.open(bob.jid);
  const own = await bob.see('messages', { chat: ann.jid, anchor: 'end', before: 60, after: 0 }, (page) => page.rows.some((row) => row.text.startsWith('bring the')), 'has the first');
  for (let i = 0; i < 40; i += 1) await bob.call('send', { chat: ann.jid, text: `meanwhile ${i}` });
  await ann.sees('meanwhile 39');
  await bob.call('react', { chat: ann.jid, id: own.rows.find((row) => row.text.startsWith('bring the'))?.id ?? '', emojis: ['🎉'] });
  await ann.button(word('talk.toReaction')).click();
  await until(async () => (await ann.message('bring the').first().locator('..').getByText('🎉').count()) > 0, 'she sees it');
  await ann.button(word('talk.toReaction')).waitFor({ state: 'detached' });
});

test('what is being whispered is a whisper still after one has looked elsewhere, on this device alone, and the group is not told that one types', async () => {
  const field = () => ann.page.getByRole('textbox', { name: words('whisper.to') });
  await ann.open(room);
  await ann.button(word('compose.attach')).click();
  await ann.page.getByRole('menuitem', { name: word('compose.whisper') }).click();
  await dialog().getByText('bob', { exact: true }).click();
  await ann.button(word('whisper.begin'), dialog()).click();
  await field().fill('only for Bob');
  await ann.open(bob.jid);
  await ann.page.evaluate((chat) => (location.hash = `#/chat/${encodeURIComponent(chat)}`), room);
  await until(async () => (await field().inputValue()) === 'only for Bob', 'it is a whisper when she comes back');
  await ann.page.reload();
  await until(async () => (await field().inputValue().catch(() => '')) === 'only for Bob', 'and when the page does');
  await phone.open(room);
  expect(await phone.composer().inputValue()).toBe('');
  await field().press('Enter');
  const row = await last(room, ({ text }) => text === 'only for Bob', 'hears it');
  expect(row?.whisper).toEqual(['ann']);
  const chat = await bob.see('chat', { chat: room }, (one) => one?.last?.text === 'only for Bob', 'has it in the list');
  expect(chat?.typing).toEqual([]);
  await field().press('Escape');
  await ann.composer().waitFor();
});

test('a hand has the colour that was chosen, the next time, too', async () => {
  await ann.open(bob.jid);
  await ann.button(word('compose.emoji')).click();
  const panel = ann.page.getByRole('dialog', { name: word('emoji.title') });
  await panel.getByRole('button', { name: new RegExp(`^${word('emoji.tone')}`) }).click();
  await ann.button(word('emoji.t5'), panel).click();
  await panel.getByRole('searchbox').fill('thumbs up');
  await panel.getByRole('searchbox').press('Enter');
  await until(async () => (await ann.composer().inputValue()) === '👍🏿', 'it is dark');
  await ann.page.keyboard.press('Escape');
  await ann.composer().fill('');
  await ann.page.reload();
  await ann.button(word('compose.emoji')).click();
  await panel.getByRole('button', { name: `${word('emoji.tone')}: ${word('emoji.t5')}` }).waitFor();
  await ann.page.keyboard.press('Escape');
});

test('an archived chat stays so when something comes, unless that is not wanted', async () => {
  const line = ann.page.getByRole('list', { name: word('chats.list') }).locator('a[href="#/chat/bob%40localhost"]');
  await line.click({ button: 'right' });
  await ann.page.getByRole('menuitem', { name: word('chats.archive'), exact: true }).click();
  await bob.call('send', { chat: ann.jid, text: 'into the archive' });
  await bob.call('send', { chat: room, text: 'and this to all' });
  await ann.line('Hut').filter({ hasText: 'and this to all' }).waitFor();
  expect(await line.filter({ hasText: 'into the archive' }).count()).toBe(0);
  await ann.page.evaluate(() => (location.hash = '#/settings/notifications'));
  await ann.page.getByRole('switch', { name: word('settings.keepArchived') }).click();
  await bob.call('send', { chat: ann.jid, text: 'out of it' });
  await ann.page.evaluate(() => (location.hash = '#/'));
  await line.filter({ hasText: 'out of it' }).waitFor();
});

test('a video is taken inside the client, looked at, and sent', async () => {
  await ann.open(bob.jid);
  await ann.button(word('compose.attach')).click();
  await ann.page.getByRole('menuitem', { name: word('compose.camera') }).click();
  await dialog().getByText(word('camera.video'), { exact: true }).click();
  await ann.button(word('camera.record'), dialog()).click();
  await until(async () => (await dialog().getByRole('timer').textContent()) === '0:01', 'a second is recorded');
  await ann.button(word('camera.stop'), dialog()).click();
  await ann.button(word('camera.use'), dialog()).click();
  await ann.button(word('compose.send'), dialog()).click();
  const video = await last(ann.jid, (row) => row.kind === 'video', 'has the video');
  expect(video?.attachments[0]?.width).toBeGreaterThan(0);
  expect(video?.attachments[0]?.size).toBeGreaterThan(5000);
});

test('a voice message is spoken while a finger rests: it is discarded to the side, kept on by sliding up, and sent by letting go', async () => {
  await phone.open(bob.jid);
  const touch = await phone.context.newCDPSession(phone.page);
  const at = async (): Promise<{ x: number; y: number }> => {
    const box = await phone.button(word('compose.voice')).boundingBox();
    return { x: (box?.x ?? 0) + 20, y: (box?.y ?? 0) + 20 };
  };
  const put = (type: 'touchStart' | 'touchMove' | 'touchEnd', point?: { x: number; y: number }) => touch.send('Input.dispatchTouchEvent', { type, touchPoints: point ? [point] : [] });
  const bar = phone.page.getByRole('group', { name: word('compose.recording') });
  const seconds = async (): Promise<number> => Number((await bar.getByRole('timer').textContent())?.split(':').at(-1) ?? 0);

  let { x, y } = await at();
  await put('touchStart', { x, y });
  await bar.getByText(word('compose.slideCancel')).waitFor();
  for (const far of [40, 80, 120]) await put('touchMove', { x: x - far, y });
  await put('touchEnd');
  await bar.waitFor({ state: 'detached' });

  ({ x, y } = await at());
  await put('touchStart', { x, y });
  await bar.getByText(word('compose.slideCancel')).waitFor();
  for (const far of [30, 60, 90]) await put('touchMove', { x, y: y - far });
  await put('touchEnd');
  await phone.button(word('compose.send'), bar).waitFor();
  await phone.button(word('compose.discard'), bar).click();

  ({ x, y } = await at());
  await put('touchStart', { x, y });
  await until(async () => (await seconds().catch(() => 0)) >= 1, 'a second is recorded');
  await put('touchEnd');
  await bar.waitFor({ state: 'detached' });
  await last(ann.jid, (row) => row.kind === 'voice', 'has the voice');
  expect([...ann.wrongs, ...phone.wrongs]).toEqual([]);
});
