// Groups and their doors: links, requests, who may write, who is found.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, Three, until } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let all: Three;
let ann: Person;
let bob: Person;
let cleo: Person;
let room: string;

beforeAll(async () => {
  all = await Three.meet();
  ({ ann, bob, cleo } = all);
  room = await ann.call('createRoom', { name: 'Gardeners', description: 'Seeds and advice', members: [], membersOnly: true, hidden: false });
});
afterAll(() => all?.leave());

test('a link lets in as many as it says, and not one more', async () => {
  const link = await ann.call('createRoomLink', { room, uses: 1 });
  expect(link).toMatchObject({ used: 0, uses: 1 });
  await bob.call('joinRoom', { room, password: link.token });
  await bob.see('room', { room }, (row) => row?.affiliation === 'member', 'is a member');
  await expect(cleo.call('joinRoom', { room, password: link.token })).rejects.toThrow();
});

test('a link that was ended lets nobody in', async () => {
  const link = await ann.call('createRoomLink', { room });
  await ann.call('revokeRoomLink', { room, token: link.token });
  await expect(cleo.call('joinRoom', { room, password: link.token })).rejects.toThrow();
  expect((await ann.call('roomLinks', { room })).map((one) => one.token)).not.toContain(link.token);
});

test('who finds the group asks to join, and is let in', async () => {
  await ann.call('setPolicy', { room, policy: { requests: true } });
  let found: Awaited<ReturnType<typeof cleo.call<'rooms'>>> = [];
  await until(async () => {
    found = await cleo.call('rooms', { text: 'gardeners' });
    return found.length === 1;
  }, 'the directory has it');
  expect(found[0]).toMatchObject({ jid: room, name: 'Gardeners', requests: true, joined: false });
  expect(await cleo.call('askToJoin', { room, note: 'I have tulips' })).toBe('requested');
  expect(await cleo.call('askedToJoin', { room })).toBe(true);
  // She is told at once, and not by a message among the others.
  await ann.see('requests', undefined, (rows) => rows.some((one) => one.kind === 'join' && one.of === 'Gardeners' && one.jid === cleo.jid && one.text === 'I have tulips'), 'is told who asks');
  expect(await ann.call('joinRequests', { room })).toMatchObject([{ jid: cleo.jid, note: 'I have tulips' }]);
  await ann.call('answerJoinRequest', { room, jid: cleo.jid, allow: true });
  await cleo.call('joinRoom', { room });
  await cleo.see('room', { room }, (row) => row?.affiliation === 'member', 'is a member');
  await ann.see('requests', undefined, (rows) => rows.every((one) => one.kind !== 'join'), 'nobody waits');
  const shown = await ann.see('messages', { chat: room, anchor: 'end', before: 50, after: 0 }, () => true, 'sees the talk');
  expect(JSON.stringify(shown.rows)).not.toContain('asks to join');
});

test('where only admins write, members are told, and the rights of each are known', async () => {
  await ann.call('setPolicy', { room, policy: { post: 'admins' } });
  await ann.see('room', { room }, (row) => row?.policy.post === 'admins' && row.rights?.includes('post') === true, 'may still write');
  // Those inside learn it at once.
  await cleo.see('room', { room }, (row) => row?.policy.post === 'admins' && row.rights?.includes('post') === false, 'may not write');
  await ann.call('setPolicy', { room, policy: { slowSeconds: 30 } });
  await cleo.see('room', { room }, (row) => row?.policy.slowSeconds === 30, 'knows how long to wait');
  await ann.call('setPolicy', { room, policy: { slowSeconds: 0 } });
  await cleo.see('room', { room }, (row) => row?.policy.slowSeconds === 0, 'need not wait any more');
});

test('a message that is pinned is pinned for all, also for who comes later', async () => {
  await ann.call('setPolicy', { room, policy: { post: 'everyone', pin: 'members' } });
  await ann.call('send', { chat: room, text: 'water on Fridays' });
  const window = await ann.see('messages', { chat: room, anchor: 'end', before: 9, after: 0 }, ({ rows }) => rows.some((row) => row.text === 'water on Fridays' && row.ticks === 'sent'), 'has sent it');
  const id = window.rows.find((row) => row.text === 'water on Fridays')?.id ?? '';
  await bob.see('messages', { chat: room, anchor: 'end', before: 9, after: 0 }, ({ rows }) => rows.some((row) => row.text === 'water on Fridays'), 'has it');
  await ann.call('pinMessage', { chat: room, id, on: true });
  await bob.see('pins', { chat: room }, (pins) => pins.map((pin) => pin.text).join() === 'water on Fridays', 'sees the pin');
  await cleo.call('leaveRoom', { room });
  await cleo.call('joinRoom', { room });
  await cleo.see('pins', { chat: room }, (pins) => pins.length === 1, 'sees the pin');
  await ann.call('pinMessage', { chat: room, id, on: false });
  for (const who of [ann, bob, cleo]) await who.see('pins', { chat: room }, (pins) => pins.length === 0, 'sees it no more');
});

test('in slow mode a member sees how long to wait, and then writes again', async () => {
  await ann.call('setPolicy', { room, policy: { slowSeconds: 4 } });
  const reader = await (await Reader.make(all.browser, all.server, 'cleo')).signIn();
  const hears = (text: string) => ann.see('messages', { chat: room, anchor: 'end', before: 9, after: 0 }, ({ rows }) => rows.some((row) => row.text === text), `hears ${text}`);
  await reader.open(room);
  await reader.say('a first word');
  await hears('a first word');
  await reader.composer().fill('and a second');
  await reader.page.getByRole('timer', { name: words('compose.slow') }).waitFor();
  expect(await reader.button(word('compose.send')).isDisabled()).toBe(true);
  // Enter keeps what is written.
  await reader.composer().press('Enter');
  expect(await reader.composer().inputValue()).toBe('and a second');
  await until(() => reader.button(word('compose.send')).isEnabled(), 'the time is over');
  await reader.composer().press('Enter');
  await hears('and a second');
  expect(reader.wrongs).toEqual([]);
  await reader.leave();
});

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
/** Gives a picture, made where it is given, by a command that takes one. */
const give = (who: Person, command: string, args: object): Promise<unknown> => who.page.evaluate(async ([name, given, data]) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  return (window as unknown as { call(name: string, args: unknown): Promise<unknown> }).call(name, { ...given, blob: new Blob([bytes], { type: 'image/png' }) });
}, [command, args, PNG] as const);

test('a group has a picture, which those who come later see, too, and which can be taken away', async () => {
  await give(ann, 'setRoomPicture', { room });
  await bob.see('chat', { chat: room }, (chat) => chat?.avatar !== undefined, 'sees the picture');
  await cleo.call('leaveRoom', { room });
  await cleo.call('joinRoom', { room });
  await cleo.see('chat', { chat: room }, (chat) => chat?.avatar !== undefined, 'sees it, too');
  await ann.call('setRoomPicture', { room });
  await cleo.see('chat', { chat: room }, (chat) => chat?.avatar === undefined, 'sees that it is gone');
});

test('people of a group have their pictures, also where addresses are hidden', async () => {
  await give(bob, 'setAvatar', { width: 1, height: 1 });
  const open = await ann.call('createRoom', { name: 'Market', members: [], membersOnly: false });
  for (const who of [bob, cleo]) await who.call('joinRoom', { room: open });
  const seen = await cleo.see('room', { room: open }, (row) => row?.occupants.find((one) => one.nick === 'bob')?.avatar !== undefined, 'sees his picture');
  expect(seen?.occupants.find((one) => one.nick === 'bob')?.jid).toBeUndefined();
  await ann.see('room', { room }, (row) => row?.occupants.find((one) => one.nick === 'bob')?.avatar !== undefined, 'sees who bob is');
});
