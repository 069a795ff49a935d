// Rooms (XEP-0045), their bookmarks (XEP-0402), who is there and what one may do.

import { fieldsOf, submit, type Value } from '../protocol/form.ts';
import { bare, resource } from '../protocol/jid.ts';
import { readError, readMessage } from '../protocol/message.ts';
import { faultOf } from '../protocol/faults.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import { chatRow } from '../store/log.ts';
import type { ChatRow } from '../store/rows.ts';
import type { Affiliation, Occupant, Role, Show } from '../store/types.ts';
import { PARENT, readRules } from './roominfo.ts';
import type { Freshness } from './freshness.ts';
import { displayName, shortName, type Core, type LiveRoom } from './core.ts';
import { items, Pep } from './pep.ts';
import { photoOf } from './people.ts';

/** A join that is not answered has failed. */
const JOIN_MS = 30_000;
/** What has changed: something, the archive begins or ends, addresses are shown or hidden. */
const CHANGED: ReadonlySet<string> = new Set(['104', '170', '171', '172', '173']);
/** The most occupants that are told to the interface; the count is right whatever it is. */
export const SHOWN_OCCUPANTS = 1000;
/** In larger rooms only contacts have their pictures. */
const PICTURED = 200;

export class Rooms {
  /** Entries that are under way, up to what was said before. */
  private entering = new Map<string, Promise<void>>();
  private joining = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();

  /** `entered`: what else is read of a room that was entered; `pictured`: a picture is named. */
  constructor(private readonly core: Core, private readonly pep: Pep, private readonly freshness: Freshness, private readonly entered: (room: string) => Promise<void>, private readonly pictured: (jid: string, photo: string | undefined, at?: string) => void) {}

  known(jid: string): LiveRoom {
    let room = this.core.live.rooms.get(jid);
    if (!room) {
      room = { jid, state: 'left', nick: '', affiliation: 'none', occupants: new Map(), subject: '', features: new Set(), name: '', description: '', rules: { policy: {} } };
      this.core.live.rooms.set(jid, room);
    }
    return room;
  }

  /** Rooms of the store, before there is a connection. */
  load(chats: ChatRow[]): void {
    for (const chat of chats) {
      if (chat.kind !== 'room') continue;
      const room = this.known(chat.jid);
      room.nick = chat.room?.nick ?? '';
      room.subject = chat.room?.subject ?? '';
      room.name = chat.name ?? '';
      room.affiliation = chat.room?.affiliation ?? 'none';
    }
  }

  /** After a new login: bookmarks are read and the rooms entered. */
  async start(): Promise<void> {
    // What was asked over the connection before is not answered any more.
    for (const { reject } of [...this.joining.values()]) reject(new Error('disconnected'));
    for (const room of this.core.live.rooms.values()) {
      room.state = 'left';
      room.occupants.clear();
    }
    await this.bookmarks().catch(() => undefined);
  }

  async bookmarks(): Promise<void> {
    const bookmarks = await this.pep.read(undefined, NS.bookmarks);
    for (const { id, payload } of bookmarks) if (payload) await this.bookmark(id, payload);
  }

  async bookmarkEvent(event: XmlElement): Promise<void> {
    for (const { id, payload, isRetracted } of items(event)) {
      if (isRetracted) await this.forget(id);
      else if (payload) await this.bookmark(id, payload);
    }
  }

  private async bookmark(jid: string, conference: XmlElement): Promise<void> {
    if (conference.name !== 'conference' || !/^[^/\s]+@[^/\s]+$/.test(jid)) return;
    const autojoin = ['true', '1'].includes(conference.attr('autojoin') ?? '');
    const nick = conference.textOf('nick') || this.core.self.name;
    const password = conference.textOf('password');
    const room = this.known(jid);
    room.name = conference.attr('name') || room.name;
    await this.core.db.write(async (tx) => {
      const chat = await chatRow(tx, jid, 'room');
      chat.kind = 'room';
      if (room.name) chat.name = room.name;
      if (!chat.time) chat.time = this.core.now();
      chat.room = { nick, autojoin, subject: chat.room?.subject ?? '', affiliation: chat.room?.affiliation ?? 'none', ...(password && { password }) };
      await tx.put('chats', chat);
    });
    this.core.bus.touch(`line ${jid}`, `room ${jid}`);
    if (autojoin && room.state === 'left') void this.join(jid, nick, password).catch(() => undefined);
    if (!autojoin && room.state === 'joined') this.exit(jid);
  }

  private async forget(jid: string): Promise<void> {
    this.exit(jid);
    this.core.bus.touch(`line ${jid}`, `room ${jid}`);
  }

  /** Who is let in on the way already is not asked twice; what was given here counts if that way fails. */
  join(jid: string, nick?: string, password?: string): Promise<void> {
    const before = this.entering.get(jid);
    const entry = before ? before.catch(() => this.enter(jid, nick, password)) : this.enter(jid, nick, password);
    this.entering.set(jid, entry);
    const over = (): void => void (this.entering.get(jid) === entry && this.entering.delete(jid));
    void entry.then(over, over);
    return entry;
  }

  private async enter(jid: string, nick?: string, password?: string): Promise<void> {
    const room = this.known(jid);
    if (room.state === 'joined') return;
    room.nick = nick || room.nick || this.core.self.name || shortName(this.core.self.jid);
    room.state = 'joining';
    delete room.fault;
    room.occupants.clear();
    this.core.bus.touch(`line ${jid}`, `room ${jid}`);
    const joined = new Promise<void>((resolve, reject) => {
      const cancel = this.core.timer(JOIN_MS, () => reject(new Error('timeout')));
      const end = <T extends unknown[]>(then: (...args: T) => void) => (...args: T): void => (cancel(), this.joining.delete(jid), then(...args));
      this.joining.set(jid, { resolve: end(resolve), reject: end(reject) });
    });
    // History comes by the archive, and what is said from here on stands behind it.
    this.freshness.hold(jid);
    this.core.connection.send(x('presence', NS.client, { to: `${jid}/${room.nick}` },
      x('x', NS.muc, {}, password === undefined ? undefined : x('password', NS.muc, {}, password), x('history', NS.muc, { maxstanzas: 0 }))));
    try {
      await joined;
    } catch (error) {
      if (room.state === 'joining') room.state = 'left';
      this.core.bus.touch(`line ${jid}`, `room ${jid}`);
      throw error;
    }
    await this.info(jid).catch(() => undefined);
    if (room.features.has(NS.mam)) await this.core.inOrder(() => this.freshness.catchUp(jid)).catch(() => undefined);
    else this.freshness.release(jid);
    // What is pinned has its place among what was said.
    void this.entered(jid);
    this.core.bus.touch(`room ${jid}`, `chat ${jid}`);
  }

  exit(jid: string): void {
    const room = this.core.live.rooms.get(jid);
    if (!room || room.state === 'left') return;
    this.core.connection.send(x('presence', NS.client, { to: `${jid}/${room.nick}`, type: 'unavailable' }));
    room.state = 'left';
    room.occupants.clear();
  }

  async info(jid: string): Promise<void> {
    const answer = await this.core.iq('get', x('query', NS.discoInfo), jid);
    const query = answer.child('query', NS.discoInfo);
    const room = this.known(jid);
    room.features = new Set(query?.all('feature').map((feature) => feature.attr('var') ?? ''));
    room.name = query?.all('identity').find((one) => one.attr('category') === 'conference')?.attr('name') || room.name;
    const form = query?.child('x', NS.data);
    room.rules = readRules(form);
    const fields = fieldsOf(form);
    room.description = fields.get('muc#roominfo_description')?.[0] ?? '';
    if (room.features.has(NS.vcard)) this.pictured(jid, fields.get('muc#roominfo_avatarhash')?.[0] ?? '');
    room.parent = fields.get(PARENT)?.[0] || undefined;
    await this.keep(jid, room);
  }

  /** Changes what is named of the room's configuration; the rest stays as it is. */
  async configure(jid: string, fields: Readonly<Record<string, Value>>): Promise<void> {
    await this.core.iq('set', x('query', NS.mucOwner, {}, submit('http://jabber.org/protocol/muc#roomconfig', fields)), jid);
    await this.info(jid).catch(() => undefined);
  }

  private async keep(jid: string, room: LiveRoom): Promise<void> {
    await this.core.db.write(async (tx) => {
      const chat = await chatRow(tx, jid, 'room');
      chat.kind = 'room';
      if (room.name) chat.name = room.name;
      chat.room = { autojoin: true, ...chat.room, nick: room.nick, subject: room.subject, affiliation: room.affiliation };
      await tx.put('chats', chat);
    });
    this.core.bus.touch(`line ${jid}`, `room ${jid}`);
  }

  /** True if the presence was a room's. */
  presence(stanza: XmlElement): boolean {
    const from = stanza.attr('from') ?? '';
    const jid = bare(from);
    const user = stanza.child('x', NS.mucUser);
    const room = this.core.live.rooms.get(jid);
    if (!room && !user) return false;
    if (stanza.attr('type') === 'error') {
      if (room?.state === 'joining') this.refused(room, stanza);
      return true;
    }
    // The room's own presence names its picture (XEP-0486).
    if (room && !user && jid === from) this.pictured(jid, photoOf(stanza));
    if (!room || !user) return room !== undefined;
    this.occupant(room, resource(from), stanza, user);
    this.core.bus.touch(`line ${jid}`, `room ${jid}`);
    return true;
  }

  private refused(room: LiveRoom, stanza: XmlElement): void {
    const error = readError(stanza.child('error'));
    if (error.condition === 'conflict' && room.nick.length < 60) {
      // Somebody else has the nick: another is taken, once more.
      room.nick = `${room.nick}_`;
      this.core.connection.send(x('presence', NS.client, { to: `${room.jid}/${room.nick}` }, x('x', NS.muc, {}, x('history', NS.muc, { maxstanzas: 0 }))));
      return;
    }
    room.state = 'refused';
    room.fault = faultOf(error.condition, error.text);
    this.joining.get(room.jid)?.reject(Object.assign(new Error(error.condition), { fault: room.fault }));
    this.core.bus.touch(`line ${room.jid}`, `room ${room.jid}`);
  }

  private occupant(room: LiveRoom, nick: string, stanza: XmlElement, user: XmlElement): void {
    const codes = new Set(user.all('status').map((status) => status.attr('code')));
    const item = user.child('item');
    const isMe = codes.has('110') || (nick === room.nick && room.state === 'joined');
    const occupantId = stanza.child('occupant-id', NS.occupant)?.attr('id');
    if (stanza.attr('type') === 'unavailable') {
      room.occupants.delete(nick);
      const newNick = codes.has('303') ? item?.attr('nick') : undefined;
      if (isMe && newNick) room.nick = newNick;
      else if (isMe) {
        room.state = 'left';
        room.occupants.clear();
        if (codes.has('307') || codes.has('301')) room.fault = { code: 'forbidden', ...(item?.textOf('reason') && { text: item.textOf('reason') }) };
        room.affiliation = (item?.attr('affiliation') as Affiliation | undefined) ?? 'none';
      }
      return;
    }
    const jid = item?.attr('jid');
    room.occupants.set(nick, {
      nick,
      role: (item?.attr('role') as Role | undefined) ?? 'none',
      affiliation: (item?.attr('affiliation') as Affiliation | undefined) ?? 'none',
      show: (stanza.textOf('show') as Show | undefined) ?? 'available',
      me: isMe,
      ...(jid && { jid: bare(jid) }),
      ...(occupantId && { occupantId }),
    } satisfies Occupant);
    // Contacts tell by themselves.
    if (room.occupants.size <= PICTURED && !(jid && this.core.live.contacts.has(bare(jid)))) this.pictured(jid ? bare(jid) : `${room.jid}/${nick}`, photoOf(stanza), `${room.jid}/${nick}`);
    if (!isMe) return;
    room.nick = nick;
    room.state = 'joined';
    room.affiliation = (item?.attr('affiliation') as Affiliation | undefined) ?? 'none';
    if (occupantId) room.myOccupantId = occupantId;
    this.joining.get(room.jid)?.resolve();
  }

  /** What one's presence says is said in the rooms, too: each hears of it by itself (XEP-0045 section 7.7). The words are for one's own people. */
  tell(presence: XmlElement): void {
    const told = presence.elements().filter((one) => one.name !== 'status');
    for (const room of this.core.live.rooms.values()) {
      if (room.state === 'joined') this.core.connection.send(x('presence', NS.client, { to: `${room.jid}/${room.nick}` }, ...told));
    }
  }

  /** A subject is a message with a subject and no body. */
  async subject(stanza: XmlElement): Promise<boolean> {
    const facts = readMessage(stanza);
    if (facts.type !== 'groupchat' || facts.subject === undefined || facts.body !== undefined) return false;
    const room = this.known(bare(facts.from));
    room.subject = facts.subject;
    await this.keep(room.jid, room);
    return true;
  }

  /** Whether the stanza tells that the room is another than it was (XEP-0045 section 10.2.1): then it is asked anew. */
  changed(stanza: XmlElement): boolean {
    const jid = stanza.attr('from') ?? '';
    const codes = stanza.child('x', NS.mucUser)?.all('status').map((status) => status.attr('code') ?? '') ?? [];
    const isTold = stanza.attr('type') === 'groupchat' && bare(jid) === jid && this.core.live.rooms.has(jid) && codes.some((code) => CHANGED.has(code));
    if (isTold) void this.info(jid).catch(() => undefined);
    return isTold;
  }

  /** Keeps the room for all devices. */
  async remember(jid: string, autojoin: boolean): Promise<void> {
    const room = this.known(jid);
    await this.pep.publish(NS.bookmarks, jid, x('conference', NS.bookmarks, { name: room.name || undefined, autojoin: String(autojoin) }, x('nick', NS.bookmarks, {}, room.nick || displayName(this.core, this.core.self.jid))), 'whitelist', 'max');
  }
}
