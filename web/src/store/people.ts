// People: who one is, contacts, what they may see, and one's devices.

import type { StoryRing } from './stories.ts';
import type { Jid, Picture } from './types.ts';

export interface Me {
  jid: Jid;
  name: string;
  avatar?: Picture;
  /** What one says of oneself. */
  status?: string;
  show: Show;
}

/** RFC 6121 4.7.2.1, with what is not there. */
export type Show = 'chat' | 'available' | 'away' | 'xa' | 'dnd' | 'offline';

/** What a privacy rule is about, and for whom it is. */
export type Guarded = 'last-seen' | 'picture' | 'profile' | 'status' | 'receipts' | 'groups';

export type Audience = 'everybody' | 'contacts' | 'chosen' | 'nobody';

export interface PrivacyRule {
  of: Guarded;
  for: Audience;
  chosen: Jid[];
}

export interface Contact {
  jid: Jid;
  name: string;
  avatar?: Picture;
  show: Show;
  status?: string;
  groups: string[];
  story?: StoryRing;
  /** RFC 6121 2.1.2.5. */
  subscription: 'none' | 'to' | 'from' | 'both';
  /** We asked and wait. */
  asked: boolean;
  blocked: boolean;
}

/** Somebody wants to see our presence, or wrote as a stranger. */
export interface Request {
  jid: Jid;
  name: string;
  avatar?: Picture;
  text?: string;
  time: number;
  /** `join`: into a group or a community that one looks after, called `of`. */
  kind: 'contact' | 'room-invitation' | 'join';
  room?: Jid;
  community?: string;
  of?: string;
}

/** Somebody who asks for an account. */
export interface Applicant {
  jid: Jid;
  /** In their words. */
  reason?: string;
  asked?: number;
}

/** Those who wait, the oldest first; of many the first alone. */
export interface Waiting {
  total: number;
  people: Applicant[];
}

export interface Device {
  id: string;
  name: string;
  current: boolean;
  lastSeen?: number;
  created?: number;
  online: boolean;
}

export interface Profile {
  jid: Jid;
  name: string;
  avatar?: Picture;
  status?: string;
  email?: string;
  phone?: string;
  url?: string;
  note?: string;
}
