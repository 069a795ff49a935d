import { expect, test } from 'vitest';
import { targetOf } from './target.ts';

const HOME = 'https://skein.example';

test('codes of this server lead to their places', () => {
  expect(targetOf(`${HOME}/#/link/mei%40skein.example/xM0o`, HOME)).toEqual({ kind: 'route', route: { view: 'link', jid: 'mei@skein.example', token: 'xM0o' } });
  expect(targetOf(` ${HOME}/invite/5fa2b472 `, HOME)).toEqual({ kind: 'route', route: { view: 'invitation', token: '5fa2b472' } });
  expect(targetOf(`${HOME}/#join=hut%40rooms.skein.example&password=8d1f`, HOME)).toEqual({ kind: 'route', route: { view: 'join', room: 'hut@rooms.skein.example', token: '8d1f' } });
  expect(targetOf(`${HOME}/group/8d1f`, HOME)).toEqual({ kind: 'page', path: '/group/8d1f' });
});

test('addresses of people and of groups are known in every spelling', () => {
  expect(targetOf('xmpp:Juliet@Capulet.example', HOME)).toEqual({ kind: 'route', route: { view: 'chats', chat: 'juliet@capulet.example' } });
  expect(targetOf('xmpp:garden@rooms.example?join;password=rose', HOME)).toEqual({ kind: 'route', route: { view: 'join', room: 'garden@rooms.example', token: 'rose' } });
  expect(targetOf('romeo@montague.example', HOME)).toEqual({ kind: 'route', route: { view: 'chats', chat: 'romeo@montague.example' } });
});

test('what leads elsewhere is only shown, and what is no link is text', () => {
  expect(targetOf('https://evil.example/#/link/a%40b/c', HOME)).toEqual({ kind: 'elsewhere', url: 'https://evil.example/#/link/a%40b/c' });
  expect(targetOf('https://skein.example.evil.example/', HOME).kind).toBe('elsewhere');
  for (const code of ['javascript:alert(1)', 'data:text/html,x', 'WIFI:S:home;;', 'hello', 'xmpp:%E0%A4%A', 'xmpp:<b>@x']) expect(targetOf(code, HOME)).toEqual({ kind: 'text', text: code });
});
