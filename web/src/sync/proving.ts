// That somebody knows the password: a login beside the session that stands.

import { Connection, IqError, type World } from '../protocol/connection.ts';
import type { AccountRow } from '../store/rows.ts';

export async function prove(world: World, account: AccountRow, password: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const end = (then: () => void): void => (beside.stop(), then());
    const beside: Connection = new Connection(world, {
      state: (state, detail) => {
        if (state === 'refused' || state === 'waiting') end(() => reject(new IqError(detail?.reason ? 'not-authorized' : 'offline')));
      },
      token: () => undefined,
      offers: () => undefined,
      live: () => end(resolve),
      stanza: () => undefined,
    });
    beside.start({ url: account.url, domain: account.domain, agent: { id: crypto.randomUUID(), software: 'Skein', device: 'Check' }, credentials: { user: account.user, password } });
  });
}
