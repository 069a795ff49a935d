import { expect, test } from 'vitest';
import { StorageError } from '../store/db.ts';
import type { Chat } from '../store/types.ts';
import { Bus } from '../util/bus.ts';
import { both, changed, ChatList, type ChatChange } from './chatlist.ts';
import type { Engine } from './engine.ts';

const chat = (jid: string, time: number, pinned = false): Chat =>
  ({ jid, kind: 'person', name: jid, time, unread: 0, mentions: 0, marked: false, typing: [], pinned, mutedUntil: 0, archived: false, request: false, blocked: false, show: 'offline', complete: false });

test('a list that follows changes is the list that is sorted anew', () => {
  let state = 7;
  const next = (below: number): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
  let list: Chat[] = [];
  const rows = new Map<string, Chat>();
  for (let step = 0; step < 2000; step++) {
    const jid = `u${next(60)}@x`;
    if (next(10) === 0) {
      rows.delete(jid);
      list = changed(list, { gone: [jid] });
    } else {
      const put = [chat(jid, next(40), next(8) === 0)];
      put.forEach((one) => rows.set(one.jid, one));
      list = changed(list, { put });
    }
    if (step % 50 !== 0) continue;
    const fresh = [...rows.values()].sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.time - a.time || (a.jid < b.jid ? -1 : 1));
    expect(list.map((one) => one.jid)).toEqual(fresh.map((one) => one.jid));
  }
});

test('changes that wait for each other are, taken as one, what they are one by one', () => {
  let state = 3;
  const next = (below: number): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
  for (let round = 0; round < 200; round++) {
    const begin = changed([], { all: [] });
    let list = changed(begin, { put: Array.from({ length: 5 }, (_, i) => chat(`u${i}@x`, next(40))) });
    const from = list;
    let one: ChatChange | undefined;
    for (let step = 0; step < 8; step++) {
      const change: ChatChange = next(12) === 0 ? { all: changed([], { put: [chat(`u${next(9)}@x`, next(40))] }) } : next(3) === 0 ? { gone: [`u${next(9)}@x`] } : { put: [chat(`u${next(9)}@x`, next(40))] };
      list = changed(list, change);
      one = one ? both(one, change) : change;
    }
    expect(changed(from, one as ChatChange)).toEqual(list);
  }
});

test('what could not be read for the list is read the next time', async () => {
  const rows = [{ jid: 'a@x', kind: 'person', time: 1 }];
  let fails = false;
  const bus = new Bus((run) => queueMicrotask(run));
  const read = async (work: (tx: unknown) => Promise<unknown>): Promise<unknown> => {
    if (fails) throw new StorageError(new DOMException('closed', 'InvalidStateError'));
    return work({ all: async () => rows, get: async (_: string, jid: string) => rows.find((row) => row.jid === jid) });
  };
  const list = new ChatList({ bus, db: { read } } as unknown as Engine, async (row) => ({ ...row }) as unknown as Chat);
  expect((await list.now()).map((one) => one.time)).toEqual([1]);
  rows[0] = { jid: 'a@x', kind: 'person', time: 2 };
  fails = true;
  bus.touch('chat a@x');
  await list.now();
  fails = false;
  expect((await list.now()).map((one) => one.time)).toEqual([2]);
});
