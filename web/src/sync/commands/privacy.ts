// Who may see what of the owner (docs/privacy.md).

import { NS } from '../../protocol/ns.ts';
import { x } from '../../protocol/xml.ts';
import type { Audience, Guarded, PrivacyRule } from '../../store/types.ts';
import type { Commands } from '../api.ts';
import type { Engine } from '../engine.ts';

export const GUARDED: readonly Guarded[] = ['last-seen', 'picture', 'profile', 'status', 'receipts', 'groups'];
const AUDIENCES: readonly Audience[] = ['everybody', 'contacts', 'chosen', 'nobody'];

export function privacyCommands(engine: Engine): Pick<Commands, 'privacyRules' | 'setPrivacyRule'> {
  return {
    async privacyRules() {
      const answer = await engine.iq('get', x('privacy', NS.privacy));
      return (answer.child('privacy', NS.privacy)?.all('rule') ?? []).flatMap((rule): PrivacyRule[] => {
        const of = GUARDED.find((one) => one === rule.attr('of'));
        const audience = AUDIENCES.find((one) => one === rule.attr('for'));
        return of && audience ? [{ of, for: audience, chosen: rule.all('jid').map((jid) => jid.text) }] : [];
      });
    },
    async setPrivacyRule({ rule }) {
      const chosen = rule.for === 'chosen' ? rule.chosen : [];
      await engine.iq('set', x('privacy', NS.privacy, {}, x('rule', NS.privacy, { of: rule.of, for: rule.for }, ...chosen.map((jid) => x('jid', NS.privacy, {}, jid)))));
    },
  };
}
