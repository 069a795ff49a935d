// The newest message that one wrote, as far as it can be changed.

import { api } from '../../frame/api.svelte.ts';
import type { Jid, Message } from '../../store/types.ts';

/** So far back it is looked for. */
const BACK = 40;

export function lastOwn(chat: Jid): Promise<Message | undefined> {
  return new Promise((done) => {
    const end = api().watch('messages', { chat, anchor: 'end', before: BACK, after: 0 }, (page) => {
      done(page.rows.findLast((row) => row.mine && row.kind === 'text' && row.ticks !== 'queued' && row.ticks !== 'failed'));
      queueMicrotask(() => end());
    });
  });
}
