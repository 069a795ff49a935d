import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { NS } from '../protocol/ns.ts';
import { parse } from '../protocol/xml.ts';
import { Db } from '../store/db.ts';
import { rowsFrom } from '../store/log.ts';
import { CACHE, CACHE_VERSION, type ChatRow } from '../store/rows.ts';
import type { Archive } from './archive.ts';
import type { Core } from './core.ts';
import { Islands } from './islands.ts';
import { Pins } from './pins.ts';

const ROOM = 'hut@rooms.example';
const DAY = 86_400_000;
const message = (day: number): string => `<message xmlns='jabber:client' from='${ROOM}/romeo' type='groupchat' id='m${day}'><body>day ${day}</body></message>`;
const pin = (day: number): string => `<pin id='a${day}' by='o' stamp='2026-01-01T00:00:00Z'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='${new Date(day * DAY).toISOString()}'/>${message(day)}</forwarded></pin>`;

test('pins that are not here stand among what is by their times, each behind a gap, and are listed in the order of the room', async () => {
  const db = await Db.open('pins', CACHE_VERSION, CACHE);
  // The newest pin comes first, whatever the age of what it holds up.
  let listed = [30, 5, 12, 90];
  const core = {
    db, self: { jid: 'juliet@x', name: 'Juliet', now: Date.now, occupant: () => undefined, isRoom: () => true }, live: { loading: new Set(), rooms: new Map() },
    bus: { touch: () => undefined }, expires: () => undefined, iq: async () => parse(`<iq type='result'><pins xmlns='${NS.rooms}'>${listed.map(pin).join('')}</pins></iq>`),
  } as unknown as Core;
  const islands = new Islands(core, { fill: async () => undefined } as unknown as Archive);
  const entry = (day: number) => ({ id: `a${day}`, time: day * DAY, message: parse(message(day)) });
  // Known: two days alone and the newest.
  const row = (day: number): object => ({ id: `k${day}`, chat: ROOM, archiveId: `a${day}`, order: day * 2 ** 30, time: day * DAY, kind: 'text', from: { name: 'romeo', me: false }, author: 'romeo', mine: false, text: `day ${day}`, attachments: [], mentions: [], pinned: false, starred: false, gapBefore: true });
  await db.write(async (tx) => {
    for (const day of [20, 90]) await tx.put('messages', row(day));
    await islands.weave(tx, ROOM, { entries: [entry(50)] });
  });
  const pins = new Pins(core, islands);
  await pins.read(ROOM);
  const shown = async (): Promise<string> => (await db.read((tx) => rowsFrom(tx, ROOM, -Infinity, 100))).map((one) => `${one.gapBefore ? '|' : ''}${one.archiveId?.slice(1)}${one.pinned ? '*' : ''}`).join(' ');
  expect(await shown()).toBe('|5* |12* |20 |30* |50 |90*');
  const order = async (): Promise<string[]> => {
    const chat = await db.read((tx) => tx.get<ChatRow>('chats', ROOM));
    return Promise.all((chat?.pins ?? []).map(async (id) => (await db.read((tx) => tx.get<{ archiveId: string }>('messages', [ROOM, id])))?.archiveId ?? ''));
  };
  expect(await order()).toEqual(['a90', 'a12', 'a5', 'a30']);
  listed = [12];
  await pins.read(ROOM);
  expect(await shown()).toBe('|5 |12* |20 |30 |50 |90');
});
