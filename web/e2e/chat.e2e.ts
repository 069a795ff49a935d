// Two people, their outages, their tabs and their devices.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { befriend, browse, Person, Server } from './harness.ts';

let server: Server;
let browser: Browser;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  server = await new Server().start();
  browser = await browse();
  ann = await (await Person.make(browser, server, 'ann')).register();
  bob = await (await Person.make(browser, server, 'bob')).register();
  await befriend(ann, bob);
});

afterAll(async () => {
  await browser?.close();
  await server?.end();
});

test('a message is sent, delivered and read, and both see it once', async () => {
  await ann.call('send', { chat: bob.jid, text: 'hello <b>Bob</b> & 你好' });
  await bob.texts(ann.jid, ['hello <b>Bob</b> & 你好']);
  const chats = await bob.see('chats', undefined, (rows) => rows[0]?.unread === 1, 'has one unread');
  expect(chats[0]?.last?.text).toBe('hello <b>Bob</b> & 你好');
  await ann.see('messages', { chat: bob.jid, anchor: 'end', before: 5, after: 0 }, (window) => window.rows[0]?.ticks === 'delivered', 'sees it delivered');
  const window = await bob.see('messages', { chat: ann.jid, anchor: 'end', before: 5, after: 0 }, () => true, 'opens it');
  await bob.call('read', { chat: ann.jid, upTo: window.rows[0]?.id ?? '' });
  await ann.see('messages', { chat: bob.jid, anchor: 'end', before: 5, after: 0 }, (shown) => shown.rows[0]?.ticks === 'read', 'sees it read');
  await bob.see('chats', undefined, (rows) => rows[0]?.unread === 0, 'has none unread');
});

test('replies, reactions, edits and retractions reach the other side', async () => {
  const theirs = await bob.see('messages', { chat: ann.jid, anchor: 'end', before: 5, after: 0 }, () => true, 'opens');
  const target = theirs.rows[0]?.id ?? '';
  await bob.call('react', { chat: ann.jid, id: target, emojis: ['👍'] });
  await bob.call('send', { chat: ann.jid, text: 'an answer', replyTo: target });
  const seen = await ann.see('messages', { chat: bob.jid, anchor: 'end', before: 5, after: 0 }, ({ rows }) => rows.length === 2 && rows[0]?.reactions[0]?.emoji === '👍', 'sees the reaction');
  expect(seen.rows[1]).toMatchObject({ text: 'an answer', replyTo: { id: seen.rows[0]?.id, mine: true } });
  const own = await bob.see('messages', { chat: ann.jid, anchor: 'end', before: 5, after: 0 }, ({ rows }) => rows[1]?.ticks !== 'queued', 'sent');
  await bob.call('edit', { chat: ann.jid, id: own.rows[1]?.id ?? '', text: 'a better answer' });
  await ann.see('messages', { chat: bob.jid, anchor: 'end', before: 5, after: 0 }, ({ rows }) => rows[1]?.text === 'a better answer' && rows[1].edited !== undefined, 'sees the edit');
  await bob.call('remove', { chat: ann.jid, ids: [own.rows[1]?.id ?? ''], everyone: true });
  await ann.see('messages', { chat: bob.jid, anchor: 'end', before: 5, after: 0 }, ({ rows }) => rows[1]?.kind === 'deleted' && rows[1].text === '', 'sees it gone');
});

test('what is written while the server is away is sent once, in order, when it is back', async () => {
  await server.kill();
  await ann.see('link', undefined, (link) => link.state === 'waiting' || link.state === 'connecting', 'is offline');
  for (const text of ['one', 'two', 'three']) await ann.call('send', { chat: bob.jid, text });
  await ann.see('link', undefined, (link) => link.queued === 3, 'has three queued');
  await server.start();
  await ann.call('reconnect');
  await bob.call('reconnect');
  await bob.see('messages', { chat: ann.jid, anchor: 'end', before: 10, after: 0 }, ({ rows }) => rows.slice(-3).map((row) => row.text).join() === 'one,two,three' && rows.length === 5, 'sees the three once');
  await ann.see('link', undefined, (link) => link.queued === 0, 'has nothing queued');
});

test('tabs share one connection and show the same', async () => {
  const second = await ann.tab();
  await ann.call('send', { chat: bob.jid, text: 'from the first tab' });
  await ann.see('messages', { chat: bob.jid, anchor: 'end', before: 10, after: 0 }, ({ rows }) => rows[rows.length - 1]?.text === 'from the first tab', 'sees it in the second', second);
  await second.close();
});

test('a reload shows what is kept before it is online, without signing in', async () => {
  await bob.page.close();
  bob.page = await bob.tab();
  await bob.see('me', undefined, (me) => me?.jid === bob.jid, 'is still signed in');
  await bob.see('chats', undefined, (rows) => rows[0]?.last?.text === 'from the first tab', 'has the list');
  await bob.online();
});

test('a second device has the list, the history, and what is done on the first', async () => {
  const phone = await (await Person.make(browser, server, 'bob')).signIn();
  const chats = await phone.see('chats', undefined, (rows) => rows.length > 0, 'has the list');
  expect(chats[0]?.jid).toBe(ann.jid);
  await phone.see('messages', { chat: ann.jid, anchor: 'end', before: 50, after: 0 }, ({ rows, hasOlder }) => rows.length === 6 && !hasOlder && rows[0]?.reactions[0]?.mine === true, 'has the history');
  await phone.call('send', { chat: ann.jid, text: 'from the phone' });
  await bob.see('messages', { chat: ann.jid, anchor: 'end', before: 50, after: 0 }, ({ rows }) => rows[rows.length - 1]?.text === 'from the phone' && rows[rows.length - 1]?.mine === true, 'sees it on the desk');
  await bob.call('pin', { chat: ann.jid, on: true });
  await phone.see('chats', undefined, (rows) => rows[0]?.pinned === true, 'sees the pin');
  await phone.call('signOut');
  await phone.see('me', undefined, (me) => me === undefined, 'is signed out');
  await phone.context.close();
});

test('a wrong password is told as such', async () => {
  const eve = await Person.make(browser, server, 'eve');
  await expect(eve.call('signIn', { address: 'ann', password: 'not this one' })).rejects.toThrow('not-authorized');
  await eve.see('me', undefined, (me) => me === undefined, 'is nobody');
  await eve.context.close();
});
