// Personal eventing (XEP-0163) and private storage in it (XEP-0223).

import { bare } from '../protocol/jid.ts';
import { fieldsOf, submit } from '../protocol/form.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { Core } from './core.ts';

export interface Item {
  id: string;
  payload: XmlElement | undefined;
  isRetracted: boolean;
}

/** The items of an event or of an answer. */
export function items(event: XmlElement): Item[] {
  const list = event.child('items');
  return (list?.elements() ?? []).map((item) => ({ id: item.attr('id') ?? '', payload: item.elements()[0], isRetracted: item.name === 'retract' }));
}

/** The FORM_TYPE of a node's configuration. */
export const NODE_CONFIG = `${NS.pubsub}#node_config`;

export type Handler = (owner: string, event: XmlElement) => Promise<void> | void;

export class Pep {
  private handlers = new Map<string, Handler>();

  constructor(private readonly core: Core) {}

  /** `isOwn`: events of one's own account alone are taken. */
  on(node: string, isOwn: boolean, handler: Handler): void {
    this.handlers.set(node, (owner, event) => (isOwn && owner !== this.core.self.jid ? undefined : handler(owner, event)));
  }

  async event(from: string, event: XmlElement): Promise<void> {
    const node = event.child('items')?.attr('node');
    if (node !== undefined) await this.handlers.get(node)?.(bare(from) || this.core.self.jid, event);
  }

  get notified(): string[] {
    return [...this.handlers.keys()];
  }

  async read(owner: string | undefined, node: string, max?: number): Promise<Item[]> {
    const answer = await this.core.iq('get', x('pubsub', NS.pubsub, {}, x('items', NS.pubsub, { node, max_items: max })), owner);
    const pubsub = answer.child('pubsub', NS.pubsub);
    return pubsub ? items(pubsub) : [];
  }

  async item(owner: string | undefined, node: string, id: string): Promise<XmlElement | undefined> {
    const answer = await this.core.iq('get', x('pubsub', NS.pubsub, {}, x('items', NS.pubsub, { node }, x('item', NS.pubsub, { id }))), owner);
    const pubsub = answer.child('pubsub', NS.pubsub);
    return pubsub ? items(pubsub)[0]?.payload : undefined;
  }

  /** `access`: whitelist keeps it to one's own devices, open shows it to everybody. */
  async publish(node: string, id: string, payload: XmlElement, access: 'whitelist' | 'presence' | 'open', max: string): Promise<void> {
    const options = x('publish-options', NS.pubsub, {}, submit(NS.publishOptions, {
      'pubsub#persist_items': 'true', 'pubsub#access_model': access, 'pubsub#max_items': max,
      'pubsub#send_last_published_item': max === '1' ? undefined : 'never',
    }));
    const publish = x('publish', NS.pubsub, { node }, x('item', NS.pubsub, { id }, payload));
    try {
      await this.core.iq('set', x('pubsub', NS.pubsub, {}, publish, options));
    } catch (error) {
      // The node stands with other options: what is there is changed, then it goes.
      if ((error as { condition?: string }).condition !== 'conflict') throw error;
      await this.core.iq('set', x('pubsub', NS.pubsub, {}, publish));
    }
  }

  /** Publishes with what the node is, or what the server makes of its kind. */
  async post(node: string, id: string, payload: XmlElement): Promise<void> {
    await this.core.iq('set', x('pubsub', NS.pubsub, {}, x('publish', NS.pubsub, { node }, x('item', NS.pubsub, { id }, payload))));
  }

  /** How one's node is configured; undefined if there is none. */
  async configuration(node: string): Promise<ReadonlyMap<string, string> | undefined> {
    const answer = await this.core.iq('get', x('pubsub', NS.pubsubOwner, {}, x('configure', NS.pubsubOwner, { node }))).catch((error: unknown) => {
      if ((error as { condition?: string }).condition !== 'item-not-found') throw error;
    });
    const form = answer?.child('pubsub', NS.pubsubOwner)?.child('configure')?.child('x', NS.data);
    return form && new Map([...fieldsOf(form)].map(([name, values]) => [name, values[0] ?? '']));
  }

  async configure(node: string, fields: Record<string, string>): Promise<void> {
    await this.core.iq('set', x('pubsub', NS.pubsubOwner, {}, x('configure', NS.pubsubOwner, { node }, submit(NODE_CONFIG, fields))));
  }

  async create(node: string, fields: Record<string, string>): Promise<void> {
    await this.core.iq('set', x('pubsub', NS.pubsub, {}, x('create', NS.pubsub, { node }), x('configure', NS.pubsub, {}, submit(NODE_CONFIG, fields))));
  }

  async affiliations(node: string): Promise<[jid: string, affiliation: string][]> {
    const answer = await this.core.iq('get', x('pubsub', NS.pubsubOwner, {}, x('affiliations', NS.pubsubOwner, { node })));
    const list = answer.child('pubsub', NS.pubsubOwner)?.child('affiliations')?.all('affiliation') ?? [];
    return list.map((one) => [bare(one.attr('jid') ?? ''), one.attr('affiliation') ?? 'none']);
  }

  async affiliate(node: string, people: ReadonlyMap<string, string>): Promise<void> {
    await this.core.iq('set', x('pubsub', NS.pubsubOwner, {}, x('affiliations', NS.pubsubOwner, { node }, ...[...people].map(([jid, affiliation]) => x('affiliation', NS.pubsubOwner, { jid, affiliation })))));
  }

  async retract(node: string, id: string): Promise<void> {
    await this.core.iq('set', x('pubsub', NS.pubsub, {}, x('retract', NS.pubsub, { node, notify: 'true' }, x('item', NS.pubsub, { id }))));
  }
}
