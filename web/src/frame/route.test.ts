import { expect, test } from 'vitest';
import { formatRoute, parseRoute, placeOf, type Route } from './route.ts';

test.each<Route>([
  { view: 'chats' },
  { view: 'chats', chat: 'romeo@montague.example' },
  { view: 'chats', chat: 'd’artagnan/ü@x.example', message: 'a/b#c%' },
  { view: 'chats', chat: 'a@b', info: true },
  { view: 'contacts' },
  { view: 'settings', page: 'privacy' },
  { view: 'invitation', token: '5fa2' },
  { view: 'link', jid: 'juliet@capulet.example', token: 'a+b/c=d_e' },
  { view: 'join', room: '~mf2k7@rooms.example.org', token: 'a+b=c' },
])('a place survives its address: %o', (route) => {
  expect(parseRoute(formatRoute(route))).toEqual(route);
});

test('an address that means nothing is the list of chats', () => {
  for (const hash of ['', '#', '#/nowhere', '#/chat', '#/chat/', '#/%E0%A4%A', '#/invitation/']) expect(parseRoute(hash)).toEqual({ view: 'chats' });
});

test('of links only one to a chat of this client leads to a place in it', () => {
  const origin = 'https://chat.example';
  expect(placeOf(`${origin}/#/chat/a@b/a:17`, origin)).toEqual({ view: 'chats', chat: 'a@b', message: 'a:17' });
  for (const href of [`${origin}/`, `${origin}/#/settings`, `${origin}/#/link/a@b/token`, `${origin}/#/chat/a@b/info`, `${origin}/upload/x#/chat/a@b`, 'https://elsewhere.example/#/chat/a@b', 'nonsense']) expect(placeOf(href, origin)).toBeUndefined();
});
