import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { readMessage } from '../protocol/message.ts';
import { parse, x } from '../protocol/xml.ts';
import { Db } from '../store/db.ts';
import { CACHE, CACHE_VERSION, type ChatRow, type MessageRow } from '../store/rows.ts';
import type { Core } from './core.ts';
import { ingest, type Self } from './ingest.ts';
import type { Marks } from './marks.ts';
import type { Outbox } from './outbox.ts';
import { GRACE_MS, Removals } from './removals.ts';

const ME = 'juliet@capulet.example';
const HIM = 'romeo@montague.example';
const self: Self = { jid: ME, name: 'Juliet', now: Date.now, occupant: () => undefined, isRoom: () => false };
let db: Db;
let number = 0;
let now = 0;
let told: string[] = [];
let removals: Removals;

beforeEach(async () => {
  db = await Db.open(`removals-${number++}`, CACHE_VERSION, CACHE);
  [now, told] = [1000, []];
  const core = { db, now: () => now, timer: () => () => undefined, bus: { touch: () => undefined } } as unknown as Core;
  const outbox = { addStanza: async (_: string, stanza: unknown, instead: string) => {
    told.push(`everybody ${String(stanza)}`);
    await db.write((tx) => tx.delete('meta', instead));
  } } as unknown as Outbox;
  const marks = { tell: async (rows: MessageRow[]) => void told.push(...rows.map((row) => `mine ${row.id}`)) } as unknown as Marks;
  removals = new Removals(core, () => outbox, marks);
  await db.write((tx) => ingest(tx, self, readMessage(parse(`<message xmlns='jabber:client' from='${ME}/x' to='${HIM}' type='chat' id='m1'><body>never mind</body></message>`)), { way: 'carbon', time: 900, archiveId: 'a1' }));
});
const row = async (): Promise<MessageRow> => (await db.read((tx) => tx.all<MessageRow>('messages')))[0] as MessageRow;
const last = async (): Promise<unknown> => (await db.read((tx) => tx.get<ChatRow>('chats', HIM)))?.last;
const retract = x('message', 'jabber:client', { to: HIM });

test('it is gone from the view at once, and told to nobody before its time', async () => {
  await removals.hold(await row(), retract);
  expect(await row()).toMatchObject({ kind: 'deleted', text: '', deleted: { by: 'author' } });
  expect(await last()).toMatchObject({ kind: 'deleted', text: '' });
  now += GRACE_MS - 1;
  await removals.run();
  expect(told).toEqual([]);
  now += 1;
  await removals.run();
  await removals.run(true);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(HIM);
});

test('what is taken back stands as it stood, and nobody is ever told', async () => {
  const before = await row();
  await removals.hold(before, undefined);
  expect(await removals.undo(HIM, [before.id])).toBe(1);
  expect(await row()).toEqual(before);
  expect(await last()).toMatchObject({ kind: 'text', text: 'never mind' });
  await removals.run(true);
  expect(told).toEqual([]);
});

test('too late is too late, and the text is kept nowhere', async () => {
  const before = await row();
  await removals.hold(before, undefined);
  await removals.run(true);
  expect(told).toEqual([`mine ${before.id}`]);
  expect(await removals.undo(HIM, [before.id])).toBe(0);
  expect(JSON.stringify(await db.read((tx) => tx.all('meta')))).not.toContain('never mind');
});

test('what was held when the last page went is told at the next start, once', async () => {
  await removals.hold(await row(), retract);
  await removals.run(true);
  await removals.run(true);
  expect(told).toHaveLength(1);
});
