import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { parse } from '../protocol/xml.ts';
import { Db } from '../store/db.ts';
import { CACHE, CACHE_VERSION } from '../store/rows.ts';
import type { Core } from './core.ts';
import type { Freshness } from './freshness.ts';
import type { Pep } from './pep.ts';
import { Rooms } from './rooms.ts';

const HUT = 'hut@rooms.example';
let rooms: Rooms;
let sent: string[];
let number = 0;

beforeEach(async () => {
  sent = [];
  const core = {
    db: await Db.open(`rooms-${number++}`, CACHE_VERSION, CACHE), self: { jid: 'ann@x', name: 'ann' }, now: () => 1, timer: () => () => undefined,
    live: { rooms: new Map(), contacts: new Map(), people: new Map() }, bus: { touch: () => undefined },
    connection: { send: (stanza: { toString(): string }) => sent.push(stanza.toString()) }, iq: async () => Promise.reject(new Error('no answer')),
  } as unknown as Core;
  const freshness = { hold: () => undefined, release: () => undefined } as unknown as Freshness;
  rooms = new Rooms(core, { read: async () => [] } as unknown as Pep, freshness, async () => undefined, () => undefined);
});

const letIn = (): boolean => rooms.presence(parse(`<presence xmlns='jabber:client' from='${HUT}/ann'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='member' role='participant'/><status code='110'/></x></presence>`));
const refuse = (): boolean => rooms.presence(parse(`<presence xmlns='jabber:client' type='error' from='${HUT}/ann'><error type='auth'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`));

test('who is on the way in, by an invitation say, and goes in by hand too, asks once, and both know when they are in', async () => {
  const [first, second] = [rooms.join(HUT), rooms.join(HUT)];
  letIn();
  await Promise.all([first, second]);
  expect(sent).toHaveLength(1);
  await rooms.join(HUT);
  expect(sent).toHaveLength(1);
});

test('what was given the second time counts if the first was refused', async () => {
  const first = rooms.join(HUT).catch((error: Error) => error.message);
  const second = rooms.join(HUT, undefined, 'open sesame');
  refuse();
  expect(await first).toBe('not-authorized');
  await expect.poll(() => sent.length).toBe(2);
  expect(sent[1]).toContain('open sesame');
  letIn();
  await second;
});

test('after a new login nobody waits for what was asked before it', async () => {
  const first = rooms.join(HUT).catch((error: Error) => error.message);
  await rooms.start();
  const second = rooms.join(HUT);
  expect(await first).toBe('disconnected');
  await expect.poll(() => sent.length).toBe(2);
  letIn();
  await second;
});
