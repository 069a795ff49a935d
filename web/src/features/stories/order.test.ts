import { expect, test } from 'vitest';
import type { Story, Storyteller } from '../../store/types.ts';
import { firstOf, step } from './order.ts';

const story = (id: string, seen: boolean): Story => ({ id, seen, time: 1, expires: 2, kind: 'image', link: 'https://x/', text: '', drawn: false });
const ann: Storyteller = { jid: 'ann@x', name: 'Ann', mine: false, ring: 'new', stories: [story('a1', true), story('a2', false), story('a3', false)] };
const ben: Storyteller = { jid: 'ben@x', name: 'Ben', mine: false, ring: 'seen', stories: [story('b1', true), story('b2', true)] };

test('one begins where one has not looked, and anew where one has seen all', () => {
  expect(firstOf(ann)).toEqual({ jid: 'ann@x', id: 'a2' });
  expect(firstOf(ben)).toEqual({ jid: 'ben@x', id: 'b1' });
});

test('behind the last story of somebody stands the next person, and behind the last person nothing', () => {
  expect(step([ann, ben], { jid: 'ann@x', id: 'a2' }, 1)).toEqual({ jid: 'ann@x', id: 'a3' });
  expect(step([ann, ben], { jid: 'ann@x', id: 'a3' }, 1)).toEqual({ jid: 'ben@x', id: 'b1' });
  expect(step([ann, ben], { jid: 'ben@x', id: 'b2' }, 1)).toBeUndefined();
});

test('back goes to the last story of the person before', () => {
  expect(step([ann, ben], { jid: 'ben@x', id: 'b1' }, -1)).toEqual({ jid: 'ann@x', id: 'a3' });
  expect(step([ann, ben], { jid: 'ann@x', id: 'a1' }, -1)).toBeUndefined();
});
