import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { Db } from '../store/db.ts';
import { CACHE, CACHE_VERSION } from '../store/rows.ts';
import type { Core } from './core.ts';
import { Later, MAX_SCHEDULED } from './later.ts';
import type { Outbox } from './outbox.ts';

const HIM = 'romeo@montague.example';
const HOUR = 3_600_000;
let db: Db;
let number = 0;
let now = 0;
let timers: { at: number; run: () => void }[] = [];
let sent: string[] = [];
let later: Later;

const make = (): Later => {
  let ids = 0;
  const core = {
    db, now: () => now, id: () => `id${String(ids++).padStart(3, '0')}`, bus: { touch: () => undefined },
    timer: (ms: number, run: () => void) => {
      const entry = { at: now + ms, run };
      timers.push(entry);
      return () => void (timers = timers.filter((one) => one !== entry));
    },
  } as unknown as Core;
  // As the outbox does it: the row and what stood for it in one write; gone already, nothing is sent.
  const outbox = { add: (message: { text: string; silent?: boolean }, instead: string) => db.write(async (tx) => {
    if (!(await tx.get('meta', instead))) return;
    await tx.delete('meta', instead);
    sent.push(`${message.text}${message.silent ? ' (silent)' : ''}`);
  }) } as unknown as Outbox;
  return new Later(core, () => outbox);
};
beforeEach(async () => {
  db = await Db.open(`later-${number++}`, CACHE_VERSION, CACHE);
  [now, timers, sent] = [1_000_000, [], []];
  later = make();
});
const say = (text: string, inMs: number, more = {}) => later.add({ chat: HIM, text, at: now + inMs, ...more });
const texts = async (): Promise<string[]> => (await later.list(HIM)).map((one) => one.text);

test('at its time and not before it is sent, once, and is waited for no more', async () => {
  await say('second', 2000, { silent: true });
  await say('first', 1000);
  expect(await texts()).toEqual(['first', 'second']);
  now += 999;
  await later.run();
  expect(sent).toEqual([]);
  now += 1;
  await Promise.all([later.run(), later.run()]);
  expect(sent).toEqual(['first']);
  expect(timers).toHaveLength(1);
  now += 1000;
  await later.run();
  expect(sent).toEqual(['first', 'second (silent)']);
  expect(await texts()).toEqual([]);
  expect(timers.filter((one) => one.at > now)).toEqual([]);
});

test('what was due while this device was off goes when it is there again', async () => {
  await say('good morning', HOUR);
  now += 30 * HOUR;
  await make().run();
  expect(sent).toEqual(['good morning']);
});

test('it is changed, moved, taken away and sent at once', async () => {
  const id = await say('see you', HOUR, { mentions: [{ begin: 0, end: 3, jid: HIM }] });
  await later.change(id, { text: 'see you there' });
  await later.change(id, { at: now + 2 * HOUR });
  expect(await later.list()).toEqual([{ id, chat: HIM, text: 'see you there', at: now + 2 * HOUR }]);
  await later.sendNow(id);
  expect(sent).toEqual(['see you there']);
  await expect(later.sendNow(id)).rejects.toThrow();
  const other = await say('no', HOUR);
  await later.remove(other);
  now += 2 * HOUR;
  await later.run();
  expect(sent).toEqual(['see you there']);
});

test('the past, what is further than a year, nothing and too many are refused', async () => {
  await expect(say('late', 0)).rejects.toThrow();
  await expect(say('far', 400 * 24 * HOUR)).rejects.toThrow();
  await expect(say('  ', HOUR)).rejects.toThrow();
  for (let i = 0; i < MAX_SCHEDULED; i++) await say(`${i}`, HOUR);
  await expect(say('one too many', HOUR)).rejects.toThrow();
  expect(await texts()).toHaveLength(MAX_SCHEDULED);
});
