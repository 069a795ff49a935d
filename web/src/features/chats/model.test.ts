import { expect, test } from 'vitest';
import type { Chat } from '../../store/types.ts';
import { filterChats, inFolder, isMuted, neighbour } from './model.ts';

const chat = (jid: string, more: Partial<Chat> = {}): Chat => ({
  jid, kind: 'person', name: jid, time: 0, unread: 0, mentions: 0, marked: false, typing: [], pinned: false, mutedUntil: 0,
  archived: false, request: false, blocked: false, show: 'offline', complete: true, ...more,
});
const list = [chat('a'), chat('b', { unread: 2, favourite: true }), chat('c', { kind: 'room', marked: true }), chat('d', { archived: true, name: 'Ｄora' }), chat('f', { request: true, unread: 1 }), chat('e', { blocked: true })];
const names = (chats: Chat[]): string => chats.map((one) => one.jid).join('');

test('each filter shows its chats', () => {
  expect(names(filterChats(list, 'all', ''))).toBe('abc');
  expect(names(filterChats(list, 'unread', ''))).toBe('bc');
  expect(names(filterChats(list, 'people', ''))).toBe('ab');
  expect(names(filterChats(list, 'groups', ''))).toBe('c');
  expect(names(filterChats(list, 'archived', ''))).toBe('d');
  expect(names(filterChats(list, 'favourites', ''))).toBe('b');
});

test('a stranger who waits stands apart, and is no stranger once put away or blocked', () => {
  expect(names(filterChats(list, 'requests', ''))).toBe('f');
  expect(names(filterChats([chat('g', { request: true, archived: true }), chat('h', { request: true, blocked: true })], 'requests', ''))).toBe('');
});

test('a folder shows its chats in the order of the list, but for what is put away', () => {
  expect(names(inFolder(list, { chats: ['c', 'd', 'a', 'nobody'] }))).toBe('ac');
});

test('a search looks everywhere and does not mind the width of letters', () => {
  expect(names(filterChats(list, 'unread', 'dora'))).toBe('d');
});

test('one walks through the list, or through what is unread', () => {
  expect(neighbour(list, 'a', 1)?.jid).toBe('b');
  expect(neighbour(list, 'c', -1, true)?.jid).toBe('b');
  expect(neighbour(list, 'e', 1)).toBeUndefined();
  expect(neighbour(list, undefined, 1)?.jid).toBe('a');
});

test('a chat is muted until its time has come', () => {
  expect(isMuted(chat('a', { mutedUntil: Infinity }), 5)).toBe(true);
  expect(isMuted(chat('a', { mutedUntil: 5 }), 5)).toBe(false);
});
