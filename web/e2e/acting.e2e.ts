// What is done with days, with several messages and several chats at once, and what is taken back in time.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { befriend, browse, Person, Server, until } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;
let bob: Reader;
let writer: Person;
const LONG = 160;

beforeAll(async () => {
  server = await new Server().start();
  server.accounts('ann', 'bob', 'cleo', 'dora');
  browser = await browse();
  writer = await (await Person.make(browser, server, 'dora')).signIn();
  for (let i = 0; i < LONG; i++) await writer.call('send', { chat: 'ann@localhost', text: `line ${i} of the long talk` });
  await writer.see('link', undefined, (link) => link.queued === 0, 'has sent everything');
  // They know each other, so that nobody has to be let in.
  const [first, second] = [await (await Person.make(browser, server, 'ann')).signIn(), await (await Person.make(browser, server, 'bob')).signIn()];
  await befriend(writer, first);
  await befriend(first, second);
  await Promise.all([first.context.close(), second.context.close()]);
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
  bob = await (await Reader.make(browser, server, 'bob', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true })).signIn();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const reader of [ann, bob]) console.log(await reader.story());
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

const deleteInMenu = async (text: string, how: 'delete.everyone' | 'delete.me'): Promise<void> => {
  await ann.act(text, 'act.delete');
  await ann.button(word(how), ann.page.getByRole('dialog')).click();
};
const undo = (): Promise<void> => ann.page.getByRole('status').last().getByRole('button', { name: word('app.undo') }).click();

test('a day of a long talk is reached from the line between days, and what lies there is fetched', async () => {
  await ann.open('dora@localhost');
  await ann.sees(`line ${LONG - 1} of`);
  await ann.page.getByRole('button', { name: word('talk.menu') }).click();
  await ann.page.getByRole('menuitem', { name: word('day.jump') }).click();
  const dialog = ann.page.getByRole('dialog');
  await dialog.getByRole('grid').locator('[aria-current=date]').click();
  const first = await ann.sees('line 0 of the long talk');
  await until(() => first.evaluate((row) => row === document.activeElement), 'the first message of the day has the focus');
  expect(await ann.message(`line ${LONG - 1} of`).count()).toBe(0);
  // From the line above it the keyboard leads there too; on the way there are days without a word.
  const day = ann.page.locator('li.day button').first();
  await day.focus();
  await day.press('Enter');
  await dialog.getByRole('grid').waitFor();
  await ann.page.keyboard.press('PageUp');
  await ann.page.keyboard.press('Home');
  await ann.page.keyboard.press('Enter');
  await ann.page.getByText(words('day.nearest')).first().waitFor();
});

test('a device that knows only the end of a talk asks the archive for a time, and reads on from there without a hole', async () => {
  const known = (await writer.see('messages', { chat: 'ann@localhost', anchor: 'end', before: 400, after: 0 }, (page) => page.rows.length === LONG, 'has its talk')).rows;
  const wanted = known[40];
  const other = await (await Person.make(browser, server, 'dora')).signIn();
  const found = await other.call('findTime', { chat: 'ann@localhost', time: wanted?.time ?? 0 });
  expect(found).toBeDefined();
  const page = await other.see('messages', { chat: 'ann@localhost', anchor: { message: found?.id ?? '' }, before: 20, after: 200 }, (window) => window.rows.at(-1)?.text === `line ${LONG - 1} of the long talk` && !window.rows.some((row) => row.gapBefore), 'has everything from there to the end');
  const numbers = page.rows.map((row) => Number(/\d+/.exec(row.text)?.[0]));
  expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
  await other.context.close();
});

test('what was deleted for everybody comes back within its time, and the other side never learns of it', async () => {
  await ann.open(bob.jid);
  await ann.say('said too early');
  await bob.open(ann.jid);
  await bob.sees('said too early');
  await deleteInMenu('said too early', 'delete.everyone');
  await ann.messages().getByText(word('kind.deletedMine')).waitFor();
  await undo();
  await ann.sees('said too early');
  await ann.say('and after that');
  await bob.sees('and after that');
  // What is deleted after it, for good, is told: the time of the other is over by then.
  await ann.say('not for long');
  await bob.sees('not for long');
  await deleteInMenu('not for long', 'delete.everyone');
  await until(async () => (await bob.message('not for long').count()) === 0, 'bob does not see the other any more');
  expect(await bob.message('said too early').count()).toBe(1);
  await ann.say('still there');
  await bob.sees('still there');
});

test('words that offer to undo can be used while a dialog is open, by the keyboard and by the mouse', async () => {
  await ann.open(bob.jid);
  for (const how of ['keyboard', 'mouse'] as const) {
    await ann.say(`hidden in haste, ${how}`);
    await ann.sees(`hidden in haste, ${how}`);
    await deleteInMenu(`hidden in haste, ${how}`, 'delete.me');
    await ann.page.getByRole('status').getByRole('button', { name: word('app.undo') }).waitFor();
    await ann.page.keyboard.press('Control+k');
    const field = ann.page.getByRole('combobox');
    await field.waitFor();
    if (how === 'keyboard') {
      await ann.page.keyboard.press('F8');
      await until(() => ann.page.evaluate((name) => document.activeElement?.textContent === name, word('app.undo')), 'the focus is on what undoes');
      await ann.page.keyboard.press('Enter');
    } else await undo();
    await ann.sees(`hidden in haste, ${how}`);
    // The dialog is open still, and has the focus again.
    if (how === 'keyboard') await until(() => field.evaluate((one) => one === document.activeElement), 'the focus is back in the field');
    await field.press('Escape');
    await field.waitFor({ state: 'detached' });
  }
});

test('what is not taken back goes from the other side, also if the page is closed at once', async () => {
  await deleteInMenu('said too early', 'delete.everyone');
  await ann.page.goto('about:blank');
  await until(async () => (await bob.message('said too early').count()) === 0, 'bob does not see it any more');
  await ann.page.goto(server.origin);
  await ann.isIn();
  await ann.open(bob.jid);
  await ann.sees('and after that');
  expect(await ann.message('said too early').count()).toBe(0);
});

test('several messages are chosen by keys and by Shift, get a star together, and Escape leaves', async () => {
  const row = await ann.sees('and after that');
  await row.focus();
  await ann.page.keyboard.press('x');
  await ann.message('still there').last().click({ modifiers: ['Shift'] });
  const bar = ann.page.getByRole('toolbar');
  await bar.getByRole('button', { name: word('act.star') }).click();
  await until(async () => (await ann.messages().getByRole('img', { name: word('talk.starred') }).count()) >= 2, 'both have a star');
  await (await ann.sees('still there')).focus();
  await ann.page.keyboard.press('x');
  await bar.waitFor();
  await ann.page.keyboard.press('Escape');
  await bar.waitFor({ state: 'detached' });
  // It is the mode that was left, not the conversation.
  await ann.composer().waitFor();
});

test('several chats are chosen with the keyboard and archived, and come back', async () => {
  await ann.page.goto(`${server.origin}/#/`);
  await ann.line('dora').focus();
  await ann.page.keyboard.press('x');
  const list = ann.page.getByRole('list', { name: word('chats.list') });
  await list.getByRole('checkbox').filter({ hasText: 'bob' }).click();
  const bar = ann.page.getByRole('toolbar');
  await bar.getByRole('button', { name: word('chats.pin') }).click();
  await until(async () => (await list.getByRole('img', { name: word('chats.pinned') }).count()) === 2, 'both are pinned');
  await ann.line('dora').focus();
  await ann.page.keyboard.press('x');
  await list.getByRole('checkbox').filter({ hasText: 'bob' }).click();
  await bar.getByRole('button', { name: word('chats.archive') }).click();
  await until(async () => (await ann.line('bob').count()) === 0 && (await ann.line('dora').count()) === 0, 'both are put away');
  await undo();
  await ann.line('bob').waitFor();
  await ann.line('dora').waitFor();
});

test('what is copied over several messages says when and who', async () => {
  await ann.open(bob.jid);
  await ann.sees('still there');
  await ann.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.origin });
  await ann.page.getByRole('list', { name: word('talk.messages') }).evaluate((list) => getSelection()?.selectAllChildren(list));
  await ann.page.keyboard.press('Control+c');
  const text = await ann.page.evaluate(() => navigator.clipboard.readText());
  expect(text).toMatch(/^\[\d{1,2}:\d\d.*\] .+: and after that$/m);
  expect(text).toMatch(/: still there$/m);
  await ann.page.evaluate(() => getSelection()?.removeAllRanges());
});

test('a group that was left is entered again with one press, and nobody saw anybody go', async () => {
  const room = await writer.call('createRoom', { name: 'Hut', members: [ann.jid], membersOnly: true });
  await ann.page.evaluate((at) => (location.hash = `#join=${at}`), room);
  await ann.button(word('group.join'), ann.page.getByRole('dialog')).click();
  await writer.see('room', { room }, (row) => row?.occupants.length === 2, 'sees her come');
  await ann.page.getByRole('button', { name: word('person.group'), exact: true }).click();
  await ann.button(word('group.leave')).click();
  await ann.button(word('group.leave'), ann.page.getByRole('dialog')).click();
  await undo();
  await ann.say('I stay');
  await writer.texts(room, ['I stay'], 'she wrote, and did not leave before');
  await writer.see('room', { room }, (row) => row?.occupants.length === 2, 'she is there');
  // And once more, in earnest.
  await ann.page.getByRole('button', { name: word('person.group'), exact: true }).click();
  await ann.button(word('group.leave')).click();
  await ann.button(word('group.leave'), ann.page.getByRole('dialog')).click();
  await writer.see('room', { room }, (row) => row?.occupants.length === 1, 'sees her go');
  expect([...ann.wrongs, ...bob.wrongs]).toEqual([]);
});
