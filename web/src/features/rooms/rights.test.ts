import { expect, test } from 'vitest';
import type { Affiliation, Occupant, Role } from '../../store/types.ts';
import { changes, sorted } from './rights.ts';

const one = (affiliation: Affiliation, role: Role = 'participant', more: Partial<Occupant> = {}): Occupant => ({ nick: affiliation, jid: 'x@y', role, affiliation, show: 'available', me: false, ...more });
const room = (affiliation: Affiliation, role: Role, moderated = false) => ({ affiliation, role, moderated });

test('an owner may do everything but to those who are owners too', () => {
  expect(changes(room('owner', 'moderator'), one('member'))).toEqual(['makeOwner', 'makeAdmin', 'kick', 'ban']);
  expect(changes(room('owner', 'moderator'), one('admin', 'moderator'))).toEqual(['makeOwner', 'makeMember', 'ban']);
  expect(changes(room('owner', 'moderator'), one('owner', 'moderator'))).toEqual(['makeAdmin', 'makeMember']);
});

test('an admin does not touch admins and owners', () => {
  expect(changes(room('admin', 'moderator'), one('owner', 'moderator'))).toEqual([]);
  expect(changes(room('admin', 'moderator'), one('admin', 'moderator'))).toEqual([]);
  expect(changes(room('admin', 'moderator'), one('none'))).toEqual(['makeMember', 'kick', 'ban']);
});

test('a member does nothing, and nobody anything to themselves', () => {
  expect(changes(room('member', 'participant'), one('none'))).toEqual([]);
  expect(changes(room('owner', 'moderator'), one('owner', 'moderator', { me: true }))).toEqual([]);
});

test('the voice is given and taken where a group is moderated', () => {
  expect(changes(room('none', 'moderator', true), one('none', 'visitor'))).toEqual(['mayWrite', 'kick']);
  expect(changes(room('none', 'moderator', true), one('none'))).toEqual(['mayNotWrite', 'kick']);
});

test('without an address no affiliation can be given', () => {
  expect(changes(room('owner', 'moderator'), one('none', 'participant', { jid: undefined }))).toEqual(['kick']);
});

test('owners stand first, the present before the absent', () => {
  expect(sorted([one('member', 'none', { show: 'offline', nick: 'a' }), one('member', 'participant', { nick: 'b' }), one('owner')]).map((occupant) => occupant.nick)).toEqual(['owner', 'b', 'a']);
});
