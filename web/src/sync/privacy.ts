// Who may see what, and strangers who wait (docs/privacy.md). The server keeps both and tells of changes.

import { bare } from '../protocol/jid.ts';
import { readTime } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { Audience, Guarded, PrivacyRule } from '../store/types.ts';
import type { Core } from './core.ts';

const WHAT: readonly Guarded[] = ['last-seen', 'picture', 'profile', 'status', 'receipts', 'groups'];
const WHO: readonly Audience[] = ['everybody', 'contacts', 'chosen', 'nobody'];

export class Privacy {
  private rules: PrivacyRule[] | undefined;

  constructor(private readonly core: Core) {}

  /** All rules. Fails where the server has none. */
  async read(): Promise<PrivacyRule[]> {
    if (!this.rules) {
      const rules = await this.core.iq('get', x('privacy', NS.privacy));
      this.takeRules(rules.child('privacy', NS.privacy));
    }
    return this.rules ?? [];
  }

  async load(): Promise<void> {
    const requests = await this.core.iq('get', x('requests', NS.privacy));
    const { live } = this.core;
    live.strangers = new Set();
    for (const [jid, one] of live.requests) if (one.room !== undefined) live.requests.delete(jid);
    this.takeRequests(requests.child('requests', NS.privacy));
  }

  forget(): void {
    this.rules = undefined;
  }

  /** What the server tells by itself; false if it is not for here. */
  push(payload: XmlElement): boolean {
    if (payload.is('privacy', NS.privacy)) this.takeRules(payload);
    else if (payload.is('requests', NS.privacy)) this.takeRequests(payload);
    else return false;
    return true;
  }

  private takeRules(told: XmlElement | undefined): void {
    const fresh = (told?.all('rule') ?? []).flatMap((rule): PrivacyRule[] => {
      const of = WHAT.find((one) => one === rule.attr('of'));
      const who = WHO.find((one) => one === rule.attr('for'));
      return of && who ? [{ of, for: who, chosen: rule.all('jid').map((jid) => bare(jid.text)) }] : [];
    });
    this.rules = [...(this.rules ?? []).filter((old) => !fresh.some((one) => one.of === old.of)), ...fresh];
  }

  private takeRequests(told: XmlElement | undefined): void {
    const { live } = this.core;
    for (const one of told?.elements() ?? []) {
      const jid = bare(one.attr('jid') ?? '');
      if (jid === '') continue;
      this.core.bus.touch(`line ${jid}`, 'requests');
      if (one.name === 'decided') {
        live.strangers?.delete(jid);
        live.requests.delete(jid);
        continue;
      }
      const kind = one.attr('kind');
      const time = readTime(one.attr('since')) ?? this.core.now();
      if (kind === 'message') live.strangers?.add(jid);
      else if (kind === 'invitation') live.requests.set(jid, { time, room: jid, ...(one.attr('by') && { by: bare(one.attr('by') ?? '') }) });
      else if (kind === 'subscription' && !live.requests.has(jid)) live.requests.set(jid, { time });
    }
  }

  async save(...changes: PrivacyRule[]): Promise<void> {
    await this.core.iq('set', x('privacy', NS.privacy, {}, ...changes.map((rule) =>
      x('rule', NS.privacy, { of: rule.of, for: rule.for }, ...(rule.for === 'chosen' ? rule.chosen : []).map((jid) => x('jid', NS.privacy, {}, jid))))));
    this.rules = (this.rules ?? []).map((old) => changes.find((one) => one.of === old.of) ?? old);
  }

  /** Lets a stranger in, or does not: without a word to them. Whoever was decided about elsewhere is so already. */
  async decide(jid: string, accept: boolean): Promise<void> {
    await this.core.iq('set', x(accept ? 'accept' : 'decline', NS.privacy, { jid })).catch((error: unknown) => {
      if ((error as { condition?: string }).condition !== 'item-not-found') throw error;
    });
    this.core.live.strangers?.delete(jid);
    this.core.bus.touch(`line ${jid}`, 'requests');
  }
}
