import { expect, test } from 'vitest';
import type { Chat } from '../store/types.ts';
import { changed } from './chatlist.ts';

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
