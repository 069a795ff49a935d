// Messages that wait for their time, messages that disturb nobody, and what the administrators are told.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Foreign } from './foreign.ts';
import { acquaint, browse, Person, Server, until } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;
let bob: Person;
let boss: Foreign;

beforeAll(async () => {
  server = await new Server().start();
  server.command(['user', 'add', 'boss@localhost', '--admin', '--password-stdin'], 'password of boss\n');
  browser = await browse();
  await acquaint(browser, server, 'ann', 'bob');
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
  bob = await (await Person.make(browser, server, 'bob')).signIn();
  boss = await Foreign.login(server, 'boss', 'password of boss');
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(await ann.story());
});
afterAll(async () => {
  boss?.leave();
  await browser?.close();
  await server?.end();
});

const dialog = () => ann.page.getByRole('dialog');
const bar = () => ann.page.getByRole('button', { name: /scheduled message/ });

/** What Bob has of Ann, the newest last. */
const heard = (is: (texts: string[]) => boolean, what: string) =>
  bob.see('messages', { chat: ann.jid, anchor: 'end', before: 50, after: 0 }, (page) => is(page.rows.map((row) => row.text)), what);

test('a message is scheduled by the keyboard, waits over a new page, is changed and sent at once', async () => {
  await ann.open(bob.jid);
  await ann.composer().fill('good mourning');
  await ann.composer().press('Alt+Enter');
  await ann.page.getByRole('menuitem', { name: word('later.choose') }).press('Enter');
  await dialog().getByRole('grid').locator('[tabindex="0"]').focus();
  await ann.page.keyboard.press('PageDown');
  await ann.page.keyboard.press('Enter');
  await dialog().getByLabel(word('later.time')).fill('09:30');
  await dialog().getByText(word('later.device')).waitFor();
  await ann.button(word('later.schedule'), dialog()).click();
  await bar().waitFor();
  expect(await ann.composer().inputValue()).toBe('');
  await ann.page.reload();
  await bar().click();
  await dialog().getByRole('button', { name: word('app.edit') }).click();
  await dialog().getByLabel(word('compose.label')).fill('good morning');
  await ann.button(word('app.save'), dialog()).click();
  await dialog().getByText('good morning').waitFor();
  await ann.button(word('later.now'), dialog()).click();
  await dialog().getByText(word('later.none')).waitFor();
  await ann.page.keyboard.press('Escape');
  await heard((texts) => texts.join() === 'good morning', 'hears it');
  await until(async () => (await bar().count()) === 0, 'nothing waits');
});

test('what is not to be sent is not, and comes back if that was a mistake', async () => {
  await ann.composer().fill('rather not');
  await ann.button(word('compose.send')).click({ button: 'right' });
  await ann.page.getByRole('menuitem', { name: /^Send .*tomorrow/ }).click();
  await bar().click();
  await ann.button(word('later.cancel'), dialog()).click();
  await dialog().getByText(word('later.none')).waitFor();
  await ann.button(word('app.undo'), dialog()).click();
  await dialog().getByText('rather not').waitFor();
  await ann.button(word('later.cancel'), dialog()).click();
  await dialog().getByText(word('later.none')).waitFor();
  await ann.page.keyboard.press('Escape');
});

test('at its time it goes by itself, and what was due while no page was open goes when one is', async () => {
  const helper = await (await Person.make(browser, server, 'bob')).signIn();
  await helper.call('schedule', { chat: ann.jid, text: 'a moment later', at: Date.now() + 700 });
  await ann.sees('a moment later');
  const due = Date.now() + 2500;
  await helper.call('schedule', { chat: ann.jid, text: 'from before', at: due });
  await helper.page.close();
  await until(async () => Date.now() > due, 'its time is over');
  helper.page = await helper.tab();
  await helper.online();
  await ann.sees('from before');
  expect(await ann.message('a moment later').count()).toBe(1);
  expect(await helper.see('scheduled', {}, (rows) => rows.length === 0, 'nothing waits')).toEqual([]);
  await helper.context.close();
});

test('a message without a sound is marked for the other side and raises no notification', async () => {
  await ann.composer().fill('hush');
  await ann.button(word('compose.send')).click({ button: 'right' });
  await ann.page.getByRole('menuitem', { name: word('later.silent') }).click();
  const page = await heard((texts) => texts.includes('hush'), 'has it');
  expect(page.rows.find((row) => row.text === 'hush')?.silent).toBe(true);
  expect(page.rows.find((row) => row.text === 'good morning')?.silent).toBeUndefined();
});

test('one message is reported to the administrators, as the archive has it, and nobody is blocked unless that is wanted', async () => {
  await bob.call('send', { chat: ann.jid, text: 'buy my pills' });
  await ann.sees('buy my pills');
  await ann.act('buy my pills', 'act.report');
  await dialog().getByRole('blockquote').filter({ hasText: 'buy my pills' }).waitFor();
  await dialog().getByLabel(word('report.note')).fill('every day');
  await dialog().getByRole('switch').click();
  await ann.button(word('report.send'), dialog()).click();
  await ann.page.getByText(word('report.done')).waitFor();
  const told = await boss.sees('urn:xmpp:reporting:1', 'every day');
  expect(told).toContain('urn:xmpp:reporting:spam');
  await boss.sees('buy my pills');
  // She still hears him.
  await bob.call('send', { chat: ann.jid, text: 'still here' });
  await ann.sees('still here');
  await ann.act('still here', 'act.report');
  await dialog().getByText(word('report.abuse')).click();
  await ann.button(word('report.send'), dialog()).click();
  await ann.page.getByText(word('report.doneBlocked')).waitFor();
  await boss.sees('urn:xmpp:reporting:abuse');
  await ann.page.getByText(words('talk.blocked')).waitFor();
  expect(ann.wrongs).toEqual([]);
});
