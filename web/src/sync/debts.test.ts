import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { IqError } from '../protocol/connection.ts';
import { Db } from '../store/db.ts';
import { CACHE, CACHE_VERSION } from '../store/rows.ts';
import type { Core } from './core.ts';
import { Debts } from './debts.ts';

let number = 0;
let core: Core;
let debts: Debts;
let isLive = true;
let told: string[];

beforeEach(async () => {
  [isLive, told] = [true, []];
  core = { db: await Db.open(`debts-${number++}`, CACHE_VERSION, CACHE), connection: { get isLive() { return isLive; } } } as unknown as Core;
  debts = new Debts(core);
});
const owed = () => core.db.read((tx) => tx.all<{ key: string }>('meta')).then((rows) => rows.map((row) => row.key));

test('what is owed without a connection is told when there is one, of all kinds, and each once', async () => {
  const kinds = ['state', 'mark'].map((name) => debts.kind(name, async (id, value) => void told.push(`${name} ${id} ${String(value)}`)));
  isLive = false;
  for (const kind of kinds) await core.db.write((tx) => kind.owe(tx, 'a@x ü', 1));
  await debts.settle();
  expect(told).toEqual([]);
  isLive = true;
  await debts.settle();
  await debts.settle();
  expect(told).toEqual(['state a@x ü 1', 'mark a@x ü 1']);
  expect(await owed()).toEqual([]);
});

test('what cannot be told now stays owed, what the server refuses does not, and neither keeps the others from it', async () => {
  const errors: Record<string, unknown> = { a: new IqError('offline'), b: new IqError('not-acceptable'), c: new IqError('remote-server-timeout'), d: undefined };
  const kind = debts.kind('mark', async (id) => {
    if (errors[id]) throw errors[id];
  });
  for (const id of Object.keys(errors)) await core.db.write((tx) => kind.owe(tx, id, 1));
  await debts.settle();
  expect(await owed()).toEqual(['owed mark a', 'owed mark c']);
});

test('what changes while it is being told stays owed', async () => {
  const kind = debts.kind('folder', async (id, value) => {
    told.push(String(value));
    if (value === 1) await core.db.write((tx) => kind.owe(tx, id, 2));
  });
  await core.db.write((tx) => kind.owe(tx, 'f', 1));
  await kind.settleOne('f');
  expect(await owed()).toEqual(['owed folder f']);
  await debts.settle();
  expect(told).toEqual(['1', '2']);
  expect(await owed()).toEqual([]);
});
