// Who asks for an account and waits for an administrator (docs/clients.md). Administrators alone find the command.

import { fieldsOf, submit } from '../protocol/form.ts';
import { readTime } from '../protocol/message.ts';
import { parts } from '../protocol/jid.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { Applicant, Waiting as Queue } from '../store/types.ts';
import type { Core } from './core.ts';

export const WAITING = `${NS.accounts}#waiting`;

export class Waiting {
  known: Queue | undefined;

  constructor(private readonly core: Core) {}

  private get domain(): string {
    return this.core.account?.domain ?? parts(this.core.self.jid).domain;
  }

  forget(): void {
    this.known = undefined;
    this.core.bus.touch('waiting');
  }

  async load(): Promise<void> {
    if (!this.core.abilities.approvals) return this.forget();
    const answer = await this.run(WAITING);
    const form = answer.child('command', NS.commands)?.child('x', NS.data);
    const people = (form?.all('item') ?? []).flatMap((item): Applicant[] => {
      const fields = fieldsOf(item);
      const value = (name: string): string | undefined => fields.get(name)?.join('\n');
      const [jid, reason, asked] = [value('accountjid'), value('reason'), readTime(value('asked'))];
      return jid ? [{ jid, ...(reason && { reason }), ...(asked !== undefined && { asked }) }] : [];
    });
    const total = Number(fieldsOf(form).get('total')?.[0] ?? 0);
    this.known = { total: Math.max(total || 0, people.length), people };
    this.core.bus.touch('waiting');
  }

  /** The server tells that somebody asks; false if the message says nothing of it. Nobody else is believed. */
  take(stanza: XmlElement): boolean {
    if (!stanza.child('waiting', NS.accounts) || stanza.attr('from') !== this.domain) return false;
    void this.load().catch(() => undefined);
    return true;
  }

  /** Lets somebody in, or takes the account that was asked for away. */
  async answer(jid: string, accept: boolean): Promise<void> {
    const admin = 'http://jabber.org/protocol/admin';
    await this.run(`${admin}#${accept ? 'reenable' : 'delete'}-user`, submit(admin, { accountjids: jid }));
    await this.load();
  }

  private run(node: string, form?: XmlElement): Promise<XmlElement> {
    return this.core.iq('set', x('command', NS.commands, { node, action: 'execute' }, form), this.domain);
  }
}
