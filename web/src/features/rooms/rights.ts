// Who may do what to whom in a group (XEP-0045 5.1.1, 5.2.1): what is not allowed is not shown.

import type { Affiliation, Occupant, Room } from '../../store/types.ts';

const RANK: Record<Affiliation, number> = { outcast: -1, none: 0, member: 1, admin: 2, owner: 3 };

export type Change = 'makeOwner' | 'makeAdmin' | 'makeMember' | 'mayWrite' | 'mayNotWrite' | 'kick' | 'ban';

/** What one may do to an occupant. */
export function changes(room: Pick<Room, 'role' | 'affiliation' | 'moderated'>, other: Occupant): Change[] {
  if (other.me) return [];
  const mine = RANK[room.affiliation];
  const theirs = RANK[other.affiliation];
  const out: Change[] = [];
  if (room.affiliation === 'owner' && other.jid) {
    if (other.affiliation !== 'owner') out.push('makeOwner');
    if (other.affiliation !== 'admin') out.push('makeAdmin');
    if (theirs > RANK.member) out.push('makeMember');
  } else if (room.affiliation === 'admin' && other.jid && theirs < RANK.member) out.push('makeMember');
  if (room.role === 'moderator' && theirs < RANK.admin) {
    if (other.role === 'visitor') out.push('mayWrite');
    else if (other.role === 'participant' && room.moderated) out.push('mayNotWrite');
    if (theirs <= mine && other.role !== 'none') out.push('kick');
  }
  if (mine >= RANK.admin && theirs < mine && other.jid) out.push('ban');
  return out;
}

/** Owners first, then admins, then the others; the present before the absent. */
export function sorted(occupants: readonly Occupant[]): Occupant[] {
  const here = (one: Occupant): number => (one.show === 'offline' ? 1 : 0);
  return [...occupants].sort((a, b) => RANK[b.affiliation] - RANK[a.affiliation] || here(a) - here(b) || a.nick.localeCompare(b.nick));
}
