// Communities (XEP-0503): spaces at the pub-sub service of our server, whose rooms follow them (docs/rooms.md).

import { fieldsOf, submit, type Value } from '../protocol/form.ts';
import { bare } from '../protocol/jid.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { Community, CommunityDetail, CommunityRoom } from '../store/types.ts';
import { ApiError } from './api.ts';
import type { Core } from './core.ts';
import { items, NODE_CONFIG } from './pep.ts';
import { PARENT } from './roominfo.ts';
import type { Rooms } from './rooms.ts';

/** Communities that are described in one list. */
const LISTED = 50;
/** Rooms of a community that are entered by themselves. */
const ENTERED = 30;

type State = Community['state'];

export class Communities {
  /** Rises whenever something is heard of a community. */
  news = 0;

  constructor(private readonly core: Core, private readonly rooms: Rooms) {}

  private get host(): string {
    const host = this.core.abilities.communities;
    if (host === undefined) throw new ApiError({ code: 'not-supported' });
    return host;
  }

  /** As rooms name their community. */
  private address(id: string): string {
    return `xmpp:${this.host}?;node=${encodeURIComponent(id)}`;
  }

  /** The community that a room says it belongs to, if it is one of our server. */
  of(room: string): string | undefined {
    const { parent } = this.core.live.rooms.get(room) ?? {};
    const head = `xmpp:${this.core.abilities.communities}?;node=`;
    if (!parent?.startsWith(head)) return undefined;
    try {
      return decodeURIComponent(parent.slice(head.length)) || undefined;
    } catch {
      return undefined;
    }
  }

  private async pubsub(type: 'get' | 'set', ns: string, ...content: XmlElement[]): Promise<XmlElement | undefined> {
    return (await this.core.iq(type, x('pubsub', ns, {}, ...content), this.host)).child('pubsub', ns);
  }

  /** All that one may know of, those that one is in first. */
  async list(): Promise<Community[]> {
    const filter = x('filter', NS.pubsubFilter, {}, submit(NS.pubsubFilter, { 'included-types': [NS.spaces] }));
    const [answer, states, mine] = await Promise.all([this.core.iq('get', x('query', NS.discoItems, {}, filter), this.host), this.states(), this.mine()]);
    const ids = (answer.child('query', NS.discoItems)?.all('item') ?? []).map((item) => item.attr('node') ?? '').filter(Boolean);
    const rank = (id: string): number => (states.has(id) || mine.has(id) ? 0 : 1);
    const shown = [...new Set([...states.keys(), ...ids])].sort((a, b) => rank(a) - rank(b)).slice(0, LISTED);
    const found = await Promise.all(shown.map((id) => this.describe(id, states, mine).catch(() => undefined)));
    return found.filter((one) => one !== undefined);
  }

  async read(id: string): Promise<CommunityDetail> {
    const [states, mine] = await Promise.all([this.states(), this.mine()]);
    const community = await this.describe(id, states, mine);
    if (!community) throw new ApiError({ code: 'not-found' });
    // Who is not in a closed one may not know its rooms.
    return { ...community, rooms: await this.roomsOf(id).catch(() => []) };
  }

  /** What it says of itself, to whom may know it. */
  async name(id: string): Promise<string> {
    const answer = await this.core.iq('get', x('query', NS.discoInfo, { node: id }), this.host);
    return fieldsOf(answer.child('query', NS.discoInfo)?.child('x', NS.data)).get('pubsub#title')?.[0] || id;
  }

  /** Those that one looks after. */
  async own(): Promise<{ id: string; name: string }[]> {
    const ids = [...(await this.mine())].slice(0, LISTED);
    return Promise.all(ids.map(async (id) => ({ id, name: await this.name(id) })));
  }

  private async describe(id: string, states: ReadonlyMap<string, State>, mine: ReadonlySet<string>): Promise<Community | undefined> {
    const answer = await this.core.iq('get', x('query', NS.discoInfo, { node: id }), this.host);
    const fields = fieldsOf(answer.child('query', NS.discoInfo)?.child('x', NS.data));
    const field = (name: string): string => fields.get(`pubsub#${name}`)?.[0] ?? '';
    if (field('type') !== NS.spaces) return undefined;
    const isMine = mine.has(id);
    const asking = isMine ? (await this.asking(id).catch(() => [])).length : 0;
    return { id, name: field('title') || id, description: field('description'), asks: field('access_model') !== 'open', people: Number(field('num_subscribers')) || 0, state: states.get(id) ?? 'out', mine: isMine, asking };
  }

  private async states(): Promise<Map<string, State>> {
    const answer = await this.pubsub('get', NS.pubsub, x('subscriptions', NS.pubsub));
    const list = answer?.child('subscriptions')?.all('subscription') ?? [];
    return new Map(list.map((one) => [one.attr('node') ?? '', one.attr('subscription') === 'pending' ? 'asked' : 'in']));
  }

  private async mine(): Promise<Set<string>> {
    const answer = await this.pubsub('get', NS.pubsub, x('affiliations', NS.pubsub));
    const list = answer?.child('affiliations')?.all('affiliation') ?? [];
    return new Set(list.filter((one) => one.attr('affiliation') === 'owner').map((one) => one.attr('node') ?? ''));
  }

  private async roomsOf(id: string): Promise<CommunityRoom[]> {
    const answer = await this.pubsub('get', NS.pubsub, x('items', NS.pubsub, { node: id }));
    return answer ? this.rooming(answer) : [];
  }

  /** The rooms among the items of an answer or an event. */
  private rooming(event: XmlElement): CommunityRoom[] {
    return items(event).flatMap(({ id: jid, payload }) => {
      if (!payload?.is('conference', NS.bookmarks)) return [];
      const room = this.core.live.rooms.get(jid);
      return [{ jid, name: payload.attr('name') || room?.name || jid.split('@')[0] || jid, everybody: ['true', '1'].includes(payload.attr('autojoin') ?? ''), joined: room?.state === 'joined' }];
    });
  }

  async create(about: { name: string; description: string; asks: boolean }): Promise<string> {
    const id = this.core.id();
    const form = submit(NODE_CONFIG, {
      ...described(about), 'pubsub#type': NS.spaces, 'pubsub#publish_model': 'publishers', 'pubsub#persist_items': true, 'pubsub#max_items': 'max',
      'pubsub#send_last_published_item': 'never', 'pubsub#notify_retract': true, 'pubsub#notify_sub': true, 'pubsub#notify_config': true, 'pubsub#notify_delete': true,
    });
    await this.pubsub('set', NS.pubsub, x('create', NS.pubsub, { node: id }), x('configure', NS.pubsub, {}, form));
    await this.subscribe(id);
    return id;
  }

  async change(id: string, about: { name: string; description: string; asks: boolean }): Promise<void> {
    await this.pubsub('set', NS.pubsubOwner, x('configure', NS.pubsubOwner, { node: id }, submit(NODE_CONFIG, described(about))));
  }

  async remove(id: string): Promise<void> {
    const rooms = await this.roomsOf(id).catch(() => []);
    await this.pubsub('set', NS.pubsubOwner, x('delete', NS.pubsubOwner, { node: id }));
    for (const { jid } of rooms) await this.part(id, jid);
  }

  private async subscribe(id: string): Promise<State> {
    const answer = await this.pubsub('set', NS.pubsub, x('subscribe', NS.pubsub, { node: id, jid: this.core.self.jid }));
    return answer?.child('subscription')?.attr('subscription') === 'pending' ? 'asked' : 'in';
  }

  /** Joins, or asks to. */
  async join(id: string): Promise<State> {
    const state = await this.subscribe(id);
    if (state === 'in') await this.enter(await this.roomsOf(id), true);
    return state;
  }

  /** Its rooms are left with it, unless one looks after them. */
  async leave(id: string): Promise<void> {
    const rooms = await this.roomsOf(id).catch(() => []);
    await this.pubsub('set', NS.pubsub, x('unsubscribe', NS.pubsub, { node: id, jid: this.core.self.jid }));
    for (const { jid } of rooms) {
      const room = this.core.live.rooms.get(jid);
      if (!room || this.of(jid) !== id || room.affiliation === 'owner' || room.affiliation === 'admin') continue;
      this.rooms.exit(jid);
      await this.rooms.remember(jid, false).catch(() => undefined);
      this.core.bus.touch(`line ${jid}`, `room ${jid}`);
    }
  }

  private async enter(rooms: readonly CommunityRoom[], again: boolean): Promise<void> {
    const wanted = rooms.filter(({ jid, everybody, joined }) => everybody && !joined && (again || !this.core.live.rooms.has(jid)));
    for (const { jid, name } of wanted.slice(0, ENTERED)) {
      const room = this.rooms.known(jid);
      room.name ||= name;
      await this.rooms.join(jid).then(() => this.rooms.remember(jid, true)).catch(() => undefined);
    }
  }

  /** After a login: rooms that came to one's communities meanwhile are entered, and those of communities that let one in. */
  async follow(): Promise<void> {
    if (this.core.abilities.communities === undefined) return;
    for (const [id, state] of await this.states()) if (state === 'in') await this.enter(await this.roomsOf(id).catch(() => []), false);
  }

  /** What the service tells. */
  event(event: XmlElement): void {
    void this.react(event).catch(() => undefined).finally(() => this.heard());
  }

  /** Entering waits for rooms, whose presence comes after this event: nothing waits for it. */
  private async react(event: XmlElement): Promise<void> {
    await this.enter(this.rooming(event), false);
    const told = event.child('subscription');
    const id = told?.attr('node');
    const isMe = bare(told?.attr('jid') ?? '') === this.core.self.jid;
    if (id !== undefined && isMe && told?.attr('subscription') === 'subscribed') await this.enter(await this.roomsOf(id), true);
  }

  /** True if the message asks an owner to let somebody in: it is shown with the community, not as a message. */
  take(stanza: XmlElement): boolean {
    if (stanza.attr('from') !== this.core.abilities.communities || fieldsOf(stanza.child('x', NS.data)).get('FORM_TYPE')?.[0] !== `${NS.pubsub}#subscribe_authorization`) return false;
    this.heard();
    return true;
  }

  private heard(): void {
    this.news += 1;
    this.core.bus.touch('communityNews');
  }

  /** The room names the community first, so that those who are there are taken in as it comes. */
  async put(id: string, jid: string, everybody: boolean): Promise<void> {
    await this.rooms.configure(jid, {
      [PARENT]: this.address(id),
      // Who is not in it by itself must find it and be able to ask.
      ...(!everybody && { 'muc#roomconfig_publicroom': true, [`{${NS.rooms}}requests`]: true }),
    });
    const conference = x('conference', NS.bookmarks, { name: this.rooms.known(jid).name || undefined, autojoin: String(everybody) });
    await this.pubsub('set', NS.pubsub, x('publish', NS.pubsub, { node: id }, x('item', NS.pubsub, { id: jid }, conference)));
  }

  async drop(id: string, jid: string): Promise<void> {
    await this.pubsub('set', NS.pubsub, x('retract', NS.pubsub, { node: id, notify: 'true' }, x('item', NS.pubsub, { id: jid })));
    await this.part(id, jid);
  }

  /** The room does not name the community any more. */
  private async part(id: string, jid: string): Promise<void> {
    if (this.of(jid) === id) await this.rooms.configure(jid, { [PARENT]: '' }).catch(() => undefined);
  }

  /** Who waits to be let in. */
  async asking(id: string): Promise<string[]> {
    const answer = await this.pubsub('get', NS.pubsubOwner, x('subscriptions', NS.pubsubOwner, { node: id }));
    const list = answer?.child('subscriptions')?.all('subscription') ?? [];
    return list.filter((one) => one.attr('subscription') === 'pending').map((one) => bare(one.attr('jid') ?? ''));
  }

  async answer(id: string, jid: string, allow: boolean): Promise<void> {
    await this.pubsub('set', NS.pubsubOwner, x('subscriptions', NS.pubsubOwner, { node: id }, x('subscription', NS.pubsubOwner, { jid, subscription: allow ? 'subscribed' : 'none' })));
  }
}

function described({ name, description, asks }: { name: string; description: string; asks: boolean }): Record<string, Value> {
  return { 'pubsub#title': name, 'pubsub#description': description, 'pubsub#access_model': asks ? 'authorize' : 'open' };
}
