import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { Db } from '../store/db.ts';
import { forgetRows, newChat } from '../store/log.ts';
import { CACHE, CACHE_VERSION } from '../store/rows.ts';
import { Bus } from '../util/bus.ts';
import { amend } from './amend.ts';
import type { Core } from './core.ts';
import { Expiry } from './expiry.ts';
import { Files } from './files.ts';

const at = (name: string): string => `https://chat.example/upload/0123/${name}`;

/** A cache of these files, and what is left in it. */
function shelf(...names: string[]) {
  const kept = new Set(names.map(at));
  const cache = { keys: async () => [...kept].map((url) => ({ url })), delete: async ({ url }: { url: string }) => kept.delete(url) };
  return { left: () => [...kept].map((url) => url.split('/').pop()), caches: { has: async () => true, open: async () => cache as unknown as Cache, delete: async () => (kept.clear(), true) } };
}

test('a file goes from here with the last message that names it, also by its time; what others name stays', async () => {
  const db = await Db.open('files', CACHE_VERSION, CACHE);
  let now = 1000;
  let timers: { at: number; run: () => void }[] = [];
  const bus = new Bus((run) => run());
  const core = { db, bus, now: () => now, timer: (ms: number, run: () => void) => {
    const entry = { at: now + ms, run };
    timers.push(entry);
    return () => void (timers = timers.filter((one) => one !== entry));
  } } as unknown as Core;
  const row = (id: string, name: string, more: object = {}): object => ({ id, chat: 'a@x', order: id.length, time: 1, kind: 'image', media: 'media', author: 'a@x', mine: false, archiveId: id, reactions: [], from: { name: '', me: false }, text: '', attachments: [{ kind: 'image', url: at(name) }], mentions: [], ...more });
  await db.write(async (tx) => {
    await tx.put('messages', row('m1', 'stays.png'));
    await tx.put('messages', row('m2', 'timed.png', { expires: 5000 }));
    await tx.put('messages', row('m3', 'said.png'));
    await tx.put('meta', { key: 'sticker 1', value: { url: at('sticker.png') } });
    await tx.put('stories', { owner: 'a@x', id: 's', url: at('story.png') });
  });
  const { left, caches } = shelf('stays.png', 'timed.png', 'said.png', 'sticker.png', 'story.png', 'nobody.png');
  const files = new Files(core, caches);
  db.onleft = (rows) => files.left(rows);
  files.begin();
  timers.at(-1)?.run();
  await expect.poll(left).toEqual(['stays.png', 'timed.png', 'said.png', 'sticker.png', 'story.png']);
  now = 5000;
  await new Expiry(core, () => undefined).run();
  timers.at(-1)?.run();
  await expect.poll(left).toEqual(['stays.png', 'said.png', 'sticker.png', 'story.png']);
  // What was taken back goes by its name; what is said in a second message stays, and nothing else is looked at.
  await db.write(async (tx) => {
    await tx.put('messages', row('m4', 'said.png'));
    const chat = newChat('a@x', 'person');
    for (const id of ['m1', 'm3']) await amend(tx, chat, { kind: 'retract', target: id }, { author: 'a@x', name: '', mine: false, isRoom: false, time: 1 }, false);
  });
  timers.at(-1)?.run();
  await expect.poll(left).toEqual(['said.png', 'sticker.png', 'story.png']);
  const last = timers.at(-1);
  await db.write(async (tx) => {
    await tx.put('messages', row('m5', 'new.png', { starred: true }));
    await tx.put('messages', row('m6', '', { attachments: [] }));
    await forgetRows(tx, 'b@x');
  });
  expect(timers.at(-1)).toBe(last);
  await db.write((tx) => forgetRows(tx, 'a@x'));
  timers.at(-1)?.run();
  await expect.poll(left).toEqual(['sticker.png', 'story.png']);
  await files.wipe();
  expect(left()).toEqual([]);
});
