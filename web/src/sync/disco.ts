// What the server can do (XEP-0030), and what this client says of itself (XEP-0115).

import { fieldsOf } from '../protocol/form.ts';
import { parts } from '../protocol/jid.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import { toBase64, utf8 } from '../util/bytes.ts';
import type { Core } from './core.ts';
import { WAITING } from './waiting.ts';

const NODE = 'https://skein.im/web';
const FEATURES = [NS.discoInfo, NS.ping, NS.receipts, NS.markers, NS.states, NS.correct, NS.reactions, NS.reply, NS.retract, NS.muc, NS.conference, NS.sfs, NS.oob, NS.sid, NS.carbons, NS.geo, NS.caps, NS.ephemeral, NS.once, NS.whisper, NS.feed, NS.stories];

export class Disco {
  constructor(private readonly core: Core, private readonly notified: () => string[]) {}

  private features(): string[] {
    return [...FEATURES, ...this.notified().map((node) => `${node}+notify`)].sort();
  }

  info(node: string | undefined): XmlElement {
    return x('query', NS.discoInfo, { node },
      x('identity', NS.discoInfo, { category: 'client', type: 'web', name: 'Skein' }),
      ...this.features().map((feature) => x('feature', NS.discoInfo, { var: feature })));
  }

  async presence(): Promise<XmlElement> {
    const text = `client/web//Skein<${this.features().map((feature) => `${feature}<`).join('')}`;
    const ver = toBase64(new Uint8Array(await crypto.subtle.digest('SHA-1', utf8(text))));
    const own = this.core.live.people.get(this.core.self.jid);
    return x('presence', NS.client, {},
      own?.show && own.show !== 'available' && own.show !== 'offline' ? x('show', NS.client, {}, own.show) : undefined,
      own?.status ? x('status', NS.client, {}, own.status) : undefined,
      x('c', NS.caps, { hash: 'sha-1', node: NODE, ver }));
  }

  private async of(jid: string | undefined): Promise<{ features: Set<string>; identities: XmlElement[]; query: XmlElement | undefined }> {
    const answer = await this.core.iq('get', x('query', NS.discoInfo), jid);
    const query = answer.child('query', NS.discoInfo);
    return { features: new Set(query?.all('feature').map((one) => one.attr('var') ?? '')), identities: query?.all('identity') ?? [], query };
  }

  async account(): Promise<void> {
    const { features } = await this.of(undefined);
    Object.assign(this.core.abilities, { privacy: features.has(NS.privacy), once: features.has(NS.once), stories: features.has(NS.stories), linking: features.has(NS.link), passkeys: features.has(NS.passkeys), devices: features.has(NS.clients), inbox: features.has(NS.inbox), search: features.has('urn:xmpp:fulltext:0') || features.has(`${NS.mam}#extended`) });
    this.core.bus.touch('abilities');
  }

  async server(): Promise<void> {
    const domain = this.core.account?.domain ?? parts(this.core.self.jid).domain;
    const { features } = await this.of(domain);
    const { abilities } = this.core;
    abilities.blocking = features.has(NS.blocking);
    abilities.reports = features.has(NS.reporting);
    abilities.previews = features.has(NS.preview);
    abilities.circles = features.has(NS.circles);
    const commands = await this.core.iq('get', x('query', NS.discoItems, { node: NS.commands }), domain).catch(() => undefined);
    const nodes = new Set(commands?.child('query', NS.discoItems)?.all('item').map((item) => item.attr('node')));
    abilities.invitations = nodes.has('urn:xmpp:invite#invite');
    abilities.approvals = nodes.has(WAITING);
    const answer = await this.core.iq('get', x('query', NS.discoItems), domain).catch(() => undefined);
    const hosts = answer?.child('query', NS.discoItems)?.all('item').map((item) => item.attr('jid') ?? '') ?? [];
    for (const host of [...hosts, domain].slice(0, 20)) await this.host(host).catch(() => undefined);
    this.core.bus.touch('abilities');
  }

  private async host(jid: string): Promise<void> {
    const { features, identities, query } = await this.of(jid);
    const { abilities } = this.core;
    if (features.has(NS.muc) && identities.some((one) => one.attr('category') === 'conference')) abilities.rooms ??= jid;
    if (features.has(NS.pubsubFilter) && identities.some((one) => one.attr('category') === 'pubsub' && one.attr('type') === 'service')) abilities.communities ??= jid;
    if (!features.has(NS.upload)) return;
    const max = Number(fieldsOf(query?.child('x', NS.data)).get('max-file-size')?.[0] ?? 0);
    abilities.upload ??= { maxBytes: max || 100 * 1024 * 1024 };
    this.uploadHost ??= jid;
  }

  /** Where slots are asked for. */
  uploadHost: string | undefined;
}
