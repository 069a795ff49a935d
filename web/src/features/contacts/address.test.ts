import { expect, test } from 'vitest';
import { addressOf } from './address.ts';

test.each([
  ['ann@example.org', 'ann@example.org'],
  [' Ann@Example.org ', 'ann@example.org'],
  ['xmpp:ann@example.org?message', 'ann@example.org'],
  ['ann', 'ann@here.example'],
  ['小明', '小明@here.example'],
  ['ａｎｎ', 'ann@here.example'],
])('%s is the address %s', (typed, jid) => expect(addressOf(typed, 'here.example')).toBe(jid));

test.each(['', 'a b', 'a@b@c', '@x', 'a@', 'a/b', 'a@b/c', '<a>'])('%s is none', (typed) => expect(addressOf(typed, 'here.example')).toBeUndefined());
