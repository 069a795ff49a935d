// The clients of the account (XEP-0494): where one is signed in, and signing one of them out.

import { IqError } from '../protocol/connection.ts';
import { readTime } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { MetaRow } from '../store/rows.ts';
import type { Device } from '../store/types.ts';
import type { Core } from './core.ts';

export class Devices {
  /** The last list of the server, and whose it is; kept, to be shown without a connection too. */
  private known: { owner: string; all: Device[] } | undefined;

  constructor(private readonly core: Core) {}

  /** What is known; asked for anew each time that somebody looks. */
  async list(): Promise<Device[]> {
    const owner = this.core.self.jid;
    if (this.core.connection.isLive && this.core.abilities.devices) void this.read().catch(() => undefined);
    if (this.known?.owner !== owner) {
      const kept = (await this.core.db.read((tx) => tx.get<MetaRow>('meta', KEPT)))?.value as Devices['known'];
      this.known = kept?.owner === owner ? kept : undefined;
    }
    if (this.core.connection.isLive) return this.known?.all ?? this.sessions();
    // Who is there is not known from here.
    return (this.known?.all ?? []).map((one) => ({ ...one, online: false }));
  }

  /** A server that has no list: the sessions that show their presence. */
  private sessions(): Device[] {
    const own = this.core.live.presence.get(this.core.self.jid);
    return [...(own?.keys() ?? [])].map((name) => ({ id: name, name, current: this.core.fullJid.endsWith(`/${name}`), online: true }));
  }

  private asked = 0;

  private async read(): Promise<void> {
    // Looking at the answer is no new question.
    if (this.core.now() - this.asked < AGAIN_MS) return;
    this.asked = this.core.now();
    const answer = await this.core.iq('get', x('list', NS.clients));
    const all = (answer.child('clients', NS.clients)?.all('client') ?? []).map((client): Device => {
      const agent = client.child('user-agent');
      const id = client.attr('id') ?? '';
      const [created, lastSeen] = [readTime(client.textOf('first-seen')), readTime(client.textOf('last-seen'))];
      const name = [agent?.textOf('software'), agent?.textOf('device')].filter(Boolean).join(' · ');
      return { id, name: name || id.slice(0, 8), current: id === this.core.account?.agent, online: client.attr('connected') === 'true', ...(created && { created }), ...(lastSeen && { lastSeen }) };
    });
    const known = (this.known = { owner: this.core.self.jid, all });
    this.core.bus.touch('devices');
    await this.core.db.write((tx) => tx.put('meta', { key: KEPT, value: known }));
  }

  /** The newest that came in by what was shown here. */
  linked: { name: string; time: number } | undefined;

  /** Shows how a new one gets in. */
  async link(origin: string): Promise<{ url: string; expires: number }> {
    const { jid } = this.core.self;
    const link = (await this.core.iq('set', x('link', NS.link), jid)).child('link', NS.link);
    const token = link?.attr('token');
    if (!token) throw new IqError('service-unavailable');
    // Behind `#`: no server on the way learns it.
    return { url: `${origin}/#/link/${encodeURIComponent(jid)}/${encodeURIComponent(token)}`, expires: readTime(link?.attr('expiry')) ?? this.core.now() + LINK_MS };
  }

  async unlink(): Promise<void> {
    await this.core.iq('set', x('unlink', NS.link), this.core.self.jid).catch((error: unknown) => {
      if (!(error instanceof IqError)) throw error;
    });
  }

  /** The server says who came in. */
  came(linked: XmlElement): void {
    const name = [linked.attr('software'), linked.attr('device')].filter(Boolean).join(' · ').slice(0, 100);
    this.linked = { name, time: this.core.now() };
    this.asked = 0;
    this.core.bus.touch('linked', 'devices');
  }

  async end(id: string): Promise<void> {
    await this.core.iq('set', x('revoke', NS.clients, { id }));
    this.asked = 0;
    await this.read();
  }
}

/** How long a link is good where the server does not say. */
const LINK_MS = 120_000;
/** Sooner than this the list is not asked for again. */
const AGAIN_MS = 2000;
const KEPT = 'devices';
