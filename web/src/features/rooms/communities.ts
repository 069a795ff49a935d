// Words about communities.

import { t } from '../../i18n/index.svelte.ts';
import type { Community } from '../../store/types.ts';

/** How many people, and how one stands to it. */
export function aboutCommunity(one: Community): string {
  const stands = one.mine ? t('community.owner') : one.state === 'asked' ? t('community.waiting') : one.state === 'in' ? '' : one.asks ? t('community.closed') : t('community.open');
  return [t('community.people', { n: one.people }), stands].filter(Boolean).join(' · ');
}
