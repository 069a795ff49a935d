// Communities: groups that belong together, and people who come to all of them at once.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, Three, until } from './harness.ts';
import { Reader, word, words } from './reader.ts';

let all: Three;
let ann: Person;
let bob: Person;
let cleo: Person;
let id: string;
let classes: string;

const group = (name: string): Promise<string> => ann.call('createRoom', { name, members: [], membersOnly: true, hidden: true });
const inside = (who: Person, room: string) => who.see('room', { room }, (row) => row?.affiliation === 'member', 'is a member');

beforeAll(async () => {
  all = await Three.meet();
  ({ ann, bob, cleo } = all);
  classes = await group('Classes');
});
afterAll(() => all?.leave());

test('who is let into a community is in its groups', async () => {
  id = await ann.call('createCommunity', { name: 'River school', description: 'Where the river bends', asks: true });
  await ann.call('putInCommunity', { id, rooms: [classes], everybody: true });
  await ann.see('room', { room: classes }, (row) => row?.community === id, 'knows its community');
  expect(await bob.call('communities')).toMatchObject([{ id, name: 'River school', asks: true, state: 'out', mine: false, people: 1 }]);
  // Who is outside learns nothing of its groups.
  expect((await bob.call('community', { id })).rooms).toEqual([]);
  expect(await bob.call('joinCommunity', { id })).toBe('asked');
  await ann.see('communityNews', undefined, (news) => news > 0, 'hears of it');
  expect(await ann.call('communityRequests', { id })).toMatchObject([{ jid: bob.jid }]);
  // What a service asks is no conversation.
  await ann.see('chats', undefined, (chats) => chats.every((chat) => chat.jid === classes || chat.kind === 'self'), 'has no other conversation');
  await ann.call('answerCommunityRequest', { id, jid: bob.jid, allow: true });
  await inside(bob, classes);
  expect(await bob.call('community', { id })).toMatchObject({ state: 'in', people: 2, rooms: [{ jid: classes, name: 'Classes', everybody: true, joined: true }] });
});

test('a group that comes later takes in whoever is there, also who is away', async () => {
  await bob.call('signOut');
  const trip = await group('Trip');
  await ann.call('putInCommunity', { id, rooms: [trip], everybody: true });
  await bob.signIn();
  await inside(bob, trip);
});

test('groups that are not for everybody are asked for', async () => {
  const choir = await group('Choir');
  await ann.call('putInCommunity', { id, rooms: [choir], everybody: false });
  await expect(bob.call('joinRoom', { room: choir })).rejects.toThrow();
  expect(await bob.call('askToJoin', { room: choir })).toBe('requested');
});

test('one finds a community, asks, is let in by its owner, and leaves it', async () => {
  const [hers, owners] = [await Reader.make(all.browser, all.server, 'cleo'), await Reader.make(all.browser, all.server, 'ann')];
  await hers.signIn();
  await owners.signIn();
  const list = async (reader: Reader): Promise<void> => {
    await reader.page.evaluate(() => (location.hash = '#/groups'));
    await reader.page.getByRole('tab', { name: word('community.title') }).click();

    await reader.page.getByRole('button', { name: /River school/ }).click();
  };
  await list(hers);
  await hers.button(word('ask.join')).click();
  await hers.button(word('community.takeBack')).waitFor();
  // Its owner is told where others ask to be let in, too.
  await owners.page.evaluate(() => (location.hash = '#/contacts'));
  await owners.page.getByText(/asks to join .*River school/).waitFor();
  await list(owners);
  await owners.page.getByRole('button', { name: new RegExp(`^${word('ask.allow')}: `) }).click();
  // She sees it without asking again, and her groups are there.
  await hers.page.getByRole('button', { name: word('community.leave') }).waitFor();
  await inside(cleo, classes);
  await hers.page.getByRole('button', { name: word('community.leave') }).click();
  await hers.page.getByRole('dialog', { name: words('group.leaveAsk') }).getByRole('button', { name: word('community.leave') }).click();
  await cleo.see('room', { room: classes }, (row) => row?.affiliation !== 'member', 'is in no group of it');
  await until(async () => (await ann.call('community', { id })).people === 2, 'she has left');
  expect([...hers.wrongs, ...owners.wrongs]).toEqual([]);
  await hers.leave();
  await owners.leave();
});
