// What people say of themselves: vCard 4 in personal eventing (XEP-0292), else vcard-temp (XEP-0054).

import { NS } from '../protocol/ns.ts';
import { x } from '../protocol/xml.ts';
import type { Profile } from '../store/types.ts';
import type { Core } from './core.ts';
import { items } from './pep.ts';

export async function readCard(core: Core, jid: string): Promise<Partial<Profile>> {
  const modern = await core.iq('get', x('pubsub', NS.pubsub, {}, x('items', NS.pubsub, { node: NS.vcard4, max_items: 1 })), jid).catch(() => undefined);
  const pubsub = modern?.child('pubsub', NS.pubsub);
  const card = pubsub && items(pubsub)[0]?.payload;
  if (card) {
    const text = (tag: string, kind: string): string | undefined => card.child(tag)?.textOf(kind);
    return kept({ email: text('email', 'text'), phone: text('tel', 'uri')?.replace(/^tel:/, '') ?? text('tel', 'text'), url: text('url', 'uri'), note: text('note', 'text') });
  }
  const old = await core.iq('get', x('vCard', NS.vcard), jid);
  const vcard = old.child('vCard', NS.vcard);
  return kept({ email: vcard?.child('EMAIL')?.textOf('USERID'), phone: vcard?.child('TEL')?.textOf('NUMBER'), url: vcard?.textOf('URL'), note: vcard?.textOf('DESC') });
}

function kept(card: Record<'email' | 'phone' | 'url' | 'note', string | undefined>): Partial<Profile> {
  return Object.fromEntries(Object.entries(card).filter(([, value]) => value).map(([key, value]) => [key, value?.slice(0, 2000)]));
}
