import { expect, test } from 'vitest';
import type { Message } from '../../store/types.ts';
import { fileName, lines, stamp } from './text.ts';

const base: Message = { id: 'a', chat: 'b@x', from: { name: 'Ann', me: false }, order: 1, time: new Date(2026, 10, 24, 14, 20, 5).getTime(), kind: 'text', text: '', mine: false, reactions: [], attachments: [], starred: false, pinned: false, mentions: [], gapBefore: false };
const none = (): undefined => undefined;

test('a time says how far it is from UTC', () => {
  expect(stamp(base.time)).toMatch(/^2026-11-24 14:20:05 [+-]\d\d:\d\d$/);
});

test('what goes on for several lines is indented, so that nobody can feign another message', () => {
  const text = lines({ ...base, text: 'one\n[2026-01-01 00:00:00 +00:00] Bob: I owe you' }, none);
  expect(text.split('\n').map((line) => line.startsWith('['))).toEqual([true, false]);
});

test('an answer, files and reactions stand with their message', () => {
  const text = lines({ ...base, text: 'look', replyTo: { id: 'q', name: 'Bob', mine: false, kind: 'text', text: 'show me' }, attachments: [{ kind: 'image', name: 'p.jpg', mime: 'image/jpeg', size: 1, url: 'https://x/p' }], reactions: [{ emoji: '👍', count: 1, mine: false, names: ['Bob'] }] }, (i) => `files/${i}.jpg`);
  expect(text).toContain('> Bob: show me');
  expect(text).toContain('p.jpg, files/0.jpg');
  expect(text).toContain('(👍 Bob)');
});

test('what was taken back is not told', () => {
  expect(lines({ ...base, kind: 'deleted', text: 'secret', deleted: { by: 'author' } }, none)).not.toContain('secret');
});

test('a name makes a file here and nowhere else', () => {
  expect(fileName('../../etc/pass:wd?')).toBe('etc pass wd');
  expect(fileName('...')).toBe('file');
  expect(fileName('小屋 周末')).toBe('小屋 周末');
});
