// Groups: their people, rights, doors and directory.

import type { Fault } from '../util/fault.ts';
import type { Show } from './people.ts';
import type { Jid, Picture } from './types.ts';

export interface RoomSummary {
  /** joined: takes part now; joining; left; refused with `fault`. */
  state: 'joined' | 'joining' | 'left' | 'refused';
  fault?: Fault;
  subject: string;
  members: number;
  nick: string;
  role: Role;
  affiliation: Affiliation;
}

/** XEP-0045 5.1, 5.2. */
export type Role = 'moderator' | 'participant' | 'visitor' | 'none';

export type Affiliation = 'owner' | 'admin' | 'member' | 'none' | 'outcast';

export interface Occupant {
  nick: string;
  jid?: Jid;
  occupantId?: string;
  role: Role;
  affiliation: Affiliation;
  show: Show;
  avatar?: Picture;
  me: boolean;
}

export interface Room {
  jid: Jid;
  name: string;
  description: string;
  subject: string;
  avatar?: Picture;
  nick: string;
  role: Role;
  affiliation: Affiliation;
  occupants: Occupant[];
  membersOnly: boolean;
  moderated: boolean;
  hidden: boolean;
  persistent: boolean;
  nonAnonymous: boolean;
  policy: RoomPolicy;
  /** One can whisper here: the room knows how, and lets one. */
  whispers: boolean;
  /** What one may do of it; undefined where the server does not say. */
  rights?: readonly RoomRight[];
  /** The community that it belongs to. */
  community?: string | undefined;
}

/** Who has a right: all with voice, or that affiliation and those above it. */
export type Entitled = 'everyone' | 'members' | 'admins' | 'owners';

export type RoomRight = 'post' | 'add' | 'edit' | 'pin' | 'call';

/** The rules of a group beyond those of XEP-0045; a rule that the server does not know is absent. */
export interface RoomPolicy extends Partial<Record<RoomRight, Entitled>> {
  /** Strangers may ask to become members. */
  requests?: boolean;
  /** 0: no bound. */
  maxMembers?: number;
  /** Seconds between two messages of a person; 0: no bound. */
  slowSeconds?: number;
  /** Who may whisper. */
  whispers?: 'anyone' | 'participants' | 'moderators' | 'none';
  /** Seconds that messages live; 0: they stay. */
  timer?: number;
  /** Under these the directory has it. */
  tags?: string[];
  /** It exists for the people of these circles alone. */
  circles?: string[];
}

export interface RoomLink {
  token: string;
  url: string;
  uses?: number;
  used: number;
  expires?: number;
}

export interface JoinRequest {
  jid: Jid;
  name: string;
  note?: string;
  time: number;
}

export interface Circle {
  id: string;
  name: string;
  /** family, work, school or other. */
  kind: string;
  mine: boolean;
}

/** Groups that belong together. */
export interface Community {
  id: string;
  name: string;
  description: string;
  /** Who wants to join is let in by its owner. */
  asks: boolean;
  people: number;
  state: 'in' | 'asked' | 'out';
  /** The reader is an owner. */
  mine: boolean;
  /** How many wait to be let in; told to owners alone. */
  asking: number;
}

export interface CommunityDetail extends Community {
  rooms: CommunityRoom[];
}

export interface CommunityRoom {
  jid: Jid;
  name: string;
  /** All of the community are in it. */
  everybody: boolean;
  joined: boolean;
}

export interface RoomEvent {
  kind: 'joined' | 'left' | 'kicked' | 'banned' | 'subject' | 'role' | 'config' | 'created' | 'renamed' | 'timer';
  name?: string;
  by?: string;
  /** Of `timer`: how many seconds messages live from here on; 0: they stay. */
  text?: string;
}

export interface RoomListing {
  jid: Jid;
  name: string;
  description?: string;
  members?: number;
  joined: boolean;
  /** One can ask to be let in. */
  requests?: boolean;
  tags?: string[];
  /** One can enter. */
  open?: boolean;
}
