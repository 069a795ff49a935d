// Who asks to be let into a group or a community that one looks after: told by those (XEP-0045 section 9.9, XEP-0060
// section 8.6, docs/rooms.md), and asked of them when one comes back.

import { fieldsOf } from '../protocol/form.ts';
import { bare } from '../protocol/jid.ts';
import { readTime } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { Jid, JoinRequest } from '../store/types.ts';
import type { Communities } from './communities.ts';
import { displayName, type Core } from './core.ts';

const REGISTER = 'http://jabber.org/protocol/muc#register';
/** More of one place are shown there alone. */
const MOST = 30;

/** Where somebody wants in. */
export type Place = { room: Jid } | { community: string };

export interface Asker extends JoinRequest {
  place: Place;
  /** As the place is called. */
  of: string;
}

const keyOf = (place: Place): string => ('room' in place ? `room ${place.room}` : `community ${place.community}`);

export class Askers {
  private all = new Map<string, readonly Asker[]>();

  constructor(private readonly core: Core, private readonly communities: Communities) {}

  get known(): Asker[] {
    return [...this.all.values()].flat();
  }

  forget(): void {
    this.all.clear();
    this.core.bus.touch('requests');
  }

  private put(place: Place, askers: readonly Asker[]): void {
    const before = this.all.get(keyOf(place)) ?? [];
    if (askers.length === 0) this.all.delete(keyOf(place));
    else this.all.set(keyOf(place), askers.slice(0, MOST));
    if (before.length > 0 || askers.length > 0) this.core.bus.touch('requests');
  }

  /** The queue of a group, as it says itself. */
  async queue(room: Jid): Promise<JoinRequest[]> {
    const answer = await this.core.iq('get', x('requests', NS.rooms), room);
    return (answer.child('requests', NS.rooms)?.all('request') ?? []).map((asker): JoinRequest => {
      const [jid, note] = [bare(asker.attr('jid') ?? ''), asker.textOf('note')];
      return { jid, name: asker.attr('nick') || jid, time: readTime(asker.attr('stamp')) ?? 0, ...(note && { note }) };
    });
  }

  /** A group that was entered, or whose rules are others now. */
  async ofRoom(room: Jid): Promise<void> {
    const live = this.core.live.rooms.get(room);
    const isMine = live?.affiliation === 'owner' || live?.affiliation === 'admin';
    if (!isMine || !live.rules.policy.requests) return this.put({ room }, []);
    this.put({ room }, (await this.queue(room)).map((one) => ({ ...one, place: { room }, of: live.name || room })));
  }

  async ofCommunity(id: string, name: string): Promise<void> {
    const people = await this.communities.asking(id);
    const known = new Map((this.all.get(keyOf({ community: id })) ?? []).map((one) => [one.jid, one]));
    this.put({ community: id }, people.map((jid) => known.get(jid) ?? { jid, name: displayName(this.core, jid), time: this.core.now(), place: { community: id }, of: name }));
  }

  /** After a login: communities are asked for by themselves, groups tell when they are entered. */
  async load(): Promise<void> {
    if (this.core.abilities.communities === undefined) return;
    for (const { id, name } of await this.communities.own()) await this.ofCommunity(id, name);
  }

  /** True if the message tells of somebody who asks, or who was answered: it is shown as that, not as a message. */
  take(stanza: XmlElement): boolean {
    const from = stanza.attr('from') ?? '';
    const fields = fieldsOf(stanza.child('x', NS.data));
    const [kind] = fields.get('FORM_TYPE') ?? [];
    if (this.communities.take(stanza)) {
      const id = fields.get('pubsub#node')?.[0];
      if (id !== undefined) void this.communities.name(id).then((name) => this.ofCommunity(id, name)).then(() => this.tell({ community: id })).catch(() => undefined);
      return true;
    }
    const isRoom = this.core.self.isRoom(from);
    if (!isRoom || (kind !== REGISTER && !stanza.child('answered', NS.rooms)?.attr('jid'))) return false;
    void this.ofRoom(from).then(() => kind === REGISTER && this.tell({ room: from })).catch(() => undefined);
    return true;
  }

  /** The newest of a place is notified of; the page finds the words. */
  private tell(place: Place): void {
    const newest = this.all.get(keyOf(place))?.at(-1);
    if (newest && this.core.settings.notifications !== 'none') this.core.notice({ chat: '', title: newest.of, text: newest.name, mention: false, asks: true });
  }

  async answer(place: Place, jid: Jid, allow: boolean, reason?: string): Promise<void> {
    if ('room' in place) await this.core.iq('set', x('request', NS.rooms, { jid, allow: allow ? '1' : '0' }, reason ? x('reason', NS.rooms, {}, reason) : undefined), place.room);
    else await this.communities.answer(place.community, jid, allow);
    this.put(place, (this.all.get(keyOf(place)) ?? []).filter((one) => one.jid !== jid));
  }
}
