import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { NS } from '../protocol/ns.ts';
import { x } from '../protocol/xml.ts';
import { Db } from '../store/db.ts';
import { CACHE, CACHE_VERSION } from '../store/rows.ts';
import type { Core } from './core.ts';
import { Devices } from './devices.ts';

const db = await Db.open('devices', CACHE_VERSION, CACHE);
let isLive = true;
const client = (id: string, name: string) => x('client', NS.clients, { id, connected: 'true' }, x('user-agent', NS.clients, {}, x('software', NS.clients, {}, name)));
const core = (jid: string): Core => ({
  db, self: { jid }, account: { agent: 'one' }, abilities: { devices: true }, now: () => 10_000, bus: { touch: () => undefined }, live: { presence: new Map() },
  connection: { get isLive() { return isLive; } },
  iq: async () => x('iq', NS.client, {}, x('clients', NS.clients, {}, client('one', 'Skein'), client('two', 'Dino'))),
}) as unknown as Core;

test('without a connection the list last seen is shown, with nobody there, and to its owner alone', async () => {
  const devices = new Devices(core('ann@x'));
  expect(await devices.list()).toEqual([]);
  await expect.poll(async () => (await devices.list()).map((one) => `${one.name} ${one.online}`)).toEqual(['Skein true', 'Dino true']);
  await expect.poll(() => db.read((tx) => tx.get('meta', 'devices'))).toBeDefined();
  isLive = false;
  // As after the browser was closed.
  expect((await new Devices(core('ann@x')).list()).map((one) => `${one.name} ${one.online} ${one.current}`)).toEqual(['Skein false true', 'Dino false false']);
  expect(await new Devices(core('bob@x')).list()).toEqual([]);
});
