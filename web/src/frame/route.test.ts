import { expect, test } from 'vitest';
import { formatRoute, parseRoute, type Route } from './route.ts';

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
