// What the parts of the engine share: the database, the connection, the topics, who is signed in.

import type { Connection } from '../protocol/connection.ts';
import { parts } from '../protocol/jid.ts';
import type { XmlElement } from '../protocol/xml.ts';
import type { Db } from '../store/db.ts';
import type { AccountRow, ChatRow, ContactRow, PersonRow } from '../store/rows.ts';
import type { Abilities, Affiliation, Notice, Occupant, RoomSummary, Settings, Show, Typist } from '../store/types.ts';
import type { Bus } from '../util/bus.ts';
import type { Debts } from './debts.ts';
import type { Self } from './ingest.ts';
import type { Rules } from './roominfo.ts';

export interface Presence {
  show: Show;
  status?: string;
}

/** A room as it is joined now. */
export interface LiveRoom {
  jid: string;
  state: RoomSummary['state'];
  fault?: RoomSummary['fault'];
  nick: string;
  myOccupantId?: string;
  affiliation: Affiliation;
  occupants: Map<string, Occupant>;
  subject: string;
  features: Set<string>;
  name: string;
  description: string;
  /** The community that it says it belongs to, as an address. */
  parent?: string | undefined;
  rules: Rules;
}

/** What is true only while it is watched: nothing of it is kept. */
export class Live {
  /** Presence of contacts by bare address and resource. */
  presence = new Map<string, Map<string, Presence>>();
  typing = new Map<string, Map<string, Typist & { until: number }>>();
  rooms = new Map<string, LiveRoom>();
  requests = new Map<string, { time: number; text?: string; room?: string; by?: string }>();
  /** Those who wrote and wait to be let in; undefined while the server has not said who they are. */
  strangers: Set<string> | undefined;
  blocked = new Set<string>();
  contacts = new Map<string, ContactRow>();
  people = new Map<string, PersonRow>();
  /** Rows whose windows are fetching older ones. */
  loading = new Set<string>();
  /** Chats that somebody looks at. */
  focused = new Set<string>();
}

export interface Core {
  db: Db;
  bus: Bus;
  connection: Connection;
  live: Live;
  debts: Debts;
  account: AccountRow | undefined;
  /** The full address of this session. */
  fullJid: string;
  abilities: Abilities;
  settings: Settings;
  self: Self;
  now(): number;
  id(): string;
  timer(ms: number, run: () => void): () => void;
  notice(notice: Notice): void;
  /** A message goes by itself at this time. */
  expires(at: number | undefined): void;
  fetch: typeof fetch;
  /** One thing after the other: what changes rows in order. */
  inOrder<T>(work: () => Promise<T>): Promise<T>;
  iq(type: 'get' | 'set', payload: XmlElement, to?: string): Promise<XmlElement>;
}

/** What to call somebody of whom nothing is known but the address. */
export function shortName(jid: string): string {
  const { local, domain } = parts(jid);
  return local || domain;
}

export function displayName(core: Core, jid: string): string {
  const contact = core.live.contacts.get(jid);
  return contact?.name || core.live.people.get(jid)?.nick || core.live.rooms.get(jid)?.name || shortName(jid);
}

/** A stranger who wrote and was not let in yet. */
export function isRequest({ live }: Core, row: ChatRow): boolean {
  if (row.kind !== 'person') return false;
  return live.strangers ? live.strangers.has(row.jid) : !live.contacts.has(row.jid) && !row.answered && row.last !== undefined;
}

export function presenceOf(core: Core, jid: string): Presence {
  const order: Show[] = ['chat', 'available', 'away', 'dnd', 'xa'];
  let best: Presence = { show: 'offline' };
  for (const presence of core.live.presence.get(jid)?.values() ?? []) {
    if (best.show === 'offline' || order.indexOf(presence.show) < order.indexOf(best.show)) best = presence;
  }
  return best;
}
