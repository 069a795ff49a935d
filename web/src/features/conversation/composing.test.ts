import { expect, test } from 'vitest';
import type { Occupant } from '../../store/types.ts';
import { askedAt, commandsFor, enterDoes, mentionsIn, suggest } from './composing.ts';

const enter = (more: object = {}) => ({ key: 'Enter', isComposing: false, keyCode: 13, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more });
const person = (nick: string, more: Partial<Occupant> = {}): Occupant => ({ nick, jid: `${nick.toLowerCase().replace(' ', '.')}@x`, role: 'participant', affiliation: 'member', show: 'available', me: false, ...more });

test('Enter sends, but never the Enter of an input method', () => {
  expect(enterDoes(enter(), true, false)).toBe('send');
  expect(enterDoes(enter({ isComposing: true }), true, false)).toBe('none');
  expect(enterDoes(enter({ keyCode: 229 }), true, false)).toBe('none');
  expect(enterDoes(enter({ keyCode: 229, ctrlKey: true }), true, false)).toBe('none');
});

test('Enter is a new line with Shift, on a touch keyboard, and where the reader wants it so', () => {
  expect(enterDoes(enter({ shiftKey: true }), true, false)).toBe('newline');
  expect(enterDoes(enter(), true, true)).toBe('newline');
  expect(enterDoes(enter(), false, false)).toBe('newline');
  expect(enterDoes(enter({ ctrlKey: true }), false, true)).toBe('send');
});

test('an @ or two letters after a colon ask for something, inside words they do not', () => {
  expect(askedAt('hi @an', 6)).toEqual({ kind: '@', query: 'an', begin: 3 });
  expect(askedAt('@', 1)).toEqual({ kind: '@', query: '', begin: 0 });
  expect(askedAt('mail ann@x', 10)).toBeUndefined();
  expect(askedAt('at 12:30', 8)).toBeUndefined();
  expect(askedAt(':sm', 3)).toEqual({ kind: ':', query: 'sm', begin: 0 });
  expect(askedAt(':)', 2)).toBeUndefined();
});

test('a slash asks for a command where nothing else is written', () => {
  expect(askedAt('/', 1)).toEqual({ kind: '/', query: '', begin: 0 });
  expect(askedAt('／po', 3)).toEqual({ kind: '/', query: 'po', begin: 0 });
  for (const [text, cursor] of [['1/2', 3], ['/usr/bin', 8], ['/poll tonight', 13], ['/poll', 2], [' /poll', 6]] as const) expect(askedAt(text, cursor), text).toBeUndefined();
});

test('a command is found by its name in any letters, and by its own', () => {
  const all = [{ id: 'poll', label: '投票' }, { id: 'place', label: 'Ｐlace' }, { id: 'card', label: 'Contact card' }];
  const found = (query: string): string[] => commandsFor(all, query).map((one) => one.id);
  expect(found('')).toEqual(['poll', 'place', 'card']);
  expect(found('Poll')).toEqual(['poll']);
  expect(found('投')).toEqual(['poll']);
  expect(found('p')).toEqual(['poll', 'place']);
  expect(found('CARD')).toEqual(['card']);
  expect(found('tmp')).toEqual([]);
});

test('names that begin with it come first, and oneself is not suggested', () => {
  const all = [person('Joann'), person('Ann'), person('Anna'), person('Andy', { me: true })];
  expect(suggest(all, 'ａn').map((one) => one.nick)).toEqual(['Ann', 'Anna', 'Joann']);
});

test('mentions are found where names stand, the longest name first', () => {
  const all = [person('Ann'), person('Ann Lee'), person('小明')];
  expect(mentionsIn('@Ann Lee and @Ann, mail x@Ann', all)).toEqual([
    { begin: 0, end: 8, jid: 'ann.lee@x' },
    { begin: 13, end: 17, jid: 'ann@x' },
  ]);
  expect(mentionsIn('问 @小明', all)).toEqual([{ begin: 2, end: 5, jid: '小明@x' }]);
});
