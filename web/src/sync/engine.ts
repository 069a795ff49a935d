// The engine: what comes from the server goes to its part, and after a login everything is brought up to date.

import { Connection, IqError, type World } from '../protocol/connection.ts';
import { faultOf } from '../protocol/faults.ts';
import { bare } from '../protocol/jid.ts';
import { readError, readForwarded, readMessage, type MessageFacts } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import { Db, StorageError } from '../store/db.ts';
import { chatRow } from '../store/log.ts';
import type { Device, Profile, ServerInfo } from '../store/types.ts';
import { readServer, socketUrl } from './server.ts';
import { Views } from './queries.ts';
import { ACCOUNT, ACCOUNT_VERSION, CACHE, CACHE_VERSION, type AccountRow, type ChatRow, type MessageRow, type MetaRow } from '../store/rows.ts';
import type { Link, Notice, Settings } from '../store/types.ts';
import { Bus } from '../util/bus.ts';
import { Archive } from './archive.ts';
import { Chats } from './chats.ts';
import { displayName, Live, shortName, type Core } from './core.ts';
import { Disco } from './disco.ts';
import { Expiry } from './expiry.ts';
import { ingest, type Ingested } from './ingest.ts';
import { learnOnce } from './once.ts';
import { Outbox } from './outbox.ts';
import { Pep } from './pep.ts';
import { pinEvent } from './pins.ts';
import { People } from './people.ts';
import { readCard } from './profile.ts';
import { Rooms } from './rooms.ts';
import { Uploads } from './uploads.ts';

export const DEFAULTS: Settings = { sendReceipts: true, sendMarkers: true, sendTyping: true, notifications: 'all', previewInNotifications: true };
/** A typist who says nothing more is taken for silent. */
const TYPING_MS = 15_000;

export interface Outside {
  world: World;
  fetch: typeof fetch;
  notice(notice: Notice): void;
  /** Of the page, `https://chat.example`. */
  origin: string;
}

export class Engine implements Core {
  live = new Live();
  account: AccountRow | undefined;
  fullJid = '';
  abilities: Core['abilities'] = { blocking: false, search: false, inbox: false, devices: false, reports: false, invitations: false, once: false };
  settings: Settings = { ...DEFAULTS };
  link: Link;
  db!: Db;
  accounts!: Db;
  readonly bus: Bus;
  readonly connection: Connection;
  readonly pep = new Pep(this);
  readonly people = new People(this, this.pep);
  readonly archive = new Archive(this);
  readonly rooms = new Rooms(this, this.pep, this.archive);
  readonly uploads = new Uploads(this, () => this.outbox);
  readonly outbox: Outbox = new Outbox(this, (row) => this.uploads.start(row), () => void this.expiry.look().catch(() => undefined));
  readonly chats = new Chats(this, this.pep);
  readonly views = new Views(this);
  readonly expiry = new Expiry(this);
  readonly cards = new Map<string, Partial<Profile>>();
  server: ServerInfo = { domain: '', registration: 'unknown' };
  readonly disco = new Disco(this, () => this.pep.notified);
  /** Whether any tab is looked at. */
  isVisible = true;
  private order: Promise<unknown> = Promise.resolve();

  constructor(private readonly outside: Outside, private readonly name = 'skein') {
    this.uploads.disco = this.disco;
    this.bus = new Bus((run) => void outside.world.timer(8, run));
    this.link = { state: 'signed-out', since: outside.world.now(), queued: 0 };
    this.connection = new Connection(outside.world, {
      state: (state, detail) => this.state(state, detail),
      token: (token) => void this.keepToken(token),
      live: (jid, resumed) => void this.started(jid, resumed),
      stanza: (stanza) => this.stanza(stanza),
    });
    this.pep.on(NS.nick, false, (owner, event) => this.people.nickEvent(owner, event));
    this.pep.on(NS.avatarMetadata, false, (owner, event) => this.people.avatarEvent(owner, event));
    this.pep.on(NS.bookmarks, true, (_, event) => this.rooms.bookmarkEvent(event));
    this.pep.on(NS.displayed, true, (_, event) => this.chats.displayedEvent(event));
    this.pep.on(NS.chats, true, (_, event) => this.chats.stateEvent(event));
  }

  get self(): Core['self'] {
    const jid = this.account?.jid ?? '';
    return {
      jid,
      name: this.live.people.get(jid)?.nick ?? shortName(jid),
      isRoom: (other) => this.live.rooms.has(other),
      occupant: (room) => {
        const known = this.live.rooms.get(room);
        return known && { nick: known.nick, ...(known.myOccupantId && { id: known.myOccupantId }) };
      },
    };
  }

  now = (): number => this.outside.world.now();
  id = (): string => this.outside.world.nonce();
  timer = (ms: number, run: () => void): (() => void) => this.outside.world.timer(ms, run);
  notice = (notice: Notice): void => this.outside.notice(notice);
  get fetch(): typeof fetch {
    return this.outside.fetch;
  }

  get world(): World {
    return this.outside.world;
  }
  get cacheName(): string {
    return `${this.name}-cache`;
  }

  /** Which server served this page; asked once. */
  async loadServer(): Promise<void> {
    if (this.server.registration !== 'unknown') return;
    this.server = await readServer(this.outside.fetch, this.outside.origin);
    this.bus.touch('server');
  }

  socketUrl(domain: string): string {
    return socketUrl(this.outside.origin, domain);
  }

  /** Everything of an account is forgotten. */
  reset(): void {
    this.live = new Live();
    this.cards.clear();
    this.fullJid = '';
    this.settings = { ...DEFAULTS };
    this.bus.touch('me', 'chats', 'contacts', 'requests', 'blocked', 'settings', 'link', 'starred');
  }

  async fill(chat: string, before: MessageRow | undefined): Promise<void> {
    await this.inOrder(() => this.archive.fill(chat, before));
  }

  devices(): Device[] {
    const own = this.live.presence.get(this.self.jid);
    return [...(own?.keys() ?? [])].map((name) => ({ id: name, name, current: this.fullJid.endsWith(`/${name}`), online: true }));
  }

  /** Reads somebody's card once. */
  async lookUp(jid: string): Promise<void> {
    if (this.cards.has(jid) || !this.connection.isLive || jid === '') return;
    this.cards.set(jid, {});
    const card = await readCard(this, jid).catch(() => undefined);
    if (card) this.cards.set(jid, card);
    this.bus.touch(`profile ${jid}`);
  }

  /** Proves the password by a login beside the session. */
  async prove(password: string): Promise<void> {
    const { account, world } = this;
    if (!account) return;
    await new Promise<void>((resolve, reject) => {
      const end = (then: () => void): void => (beside.stop(), then());
      const beside: Connection = new Connection(world, {
        state: (state, detail) => {
          if (state === 'refused' || state === 'waiting') end(() => reject(new IqError(detail?.reason ? 'not-authorized' : 'offline')));
        },
        token: () => undefined,
        live: () => end(resolve),
        stanza: () => undefined,
      });
      beside.start({ url: account.url, domain: account.domain, agent: { id: crypto.randomUUID(), software: 'Skein', device: 'Check' }, credentials: { user: account.user, password } });
    });
  }

  inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.order.then(work);
    this.order = result.catch((error: unknown) => console.error(error instanceof Error ? `${error.name}: ${error.message}` : 'a task failed'));
    return result;
  }

  iq(type: 'get' | 'set', payload: XmlElement, to?: string): Promise<XmlElement> {
    return this.connection.iq(type, payload, to);
  }

  /** Opens what is kept here and, if somebody is signed in, connects. */
  async open(): Promise<void> {
    this.accounts = await Db.open(`${this.name}-account`, ACCOUNT_VERSION, ACCOUNT);
    await this.openCache();
    void this.loadServer().catch(() => undefined);
    this.account = await this.accounts.read((tx) => tx.get<AccountRow>('account', 'account'));
    if (!this.account) return;
    await this.warm();
    this.connect();
  }

  async openCache(): Promise<void> {
    this.db = await Db.open(`${this.name}-cache`, CACHE_VERSION, CACHE);
  }

  /** What is kept is shown before there is a connection. */
  async warm(): Promise<void> {
    const { chats, settings } = await this.db.read(async (tx) => ({ chats: await tx.all<ChatRow>('chats'), settings: await tx.get<MetaRow>('meta', 'settings') }));
    this.settings = { ...DEFAULTS, ...(settings?.value as Partial<Settings> | undefined) };
    this.rooms.load(chats);
    await this.people.load();
    this.bus.touch('me', 'chats', 'contacts', 'settings', 'link');
    void this.expiry.look().catch(() => undefined);
  }

  connect(): void {
    const { account } = this;
    if (!account) return;
    this.connection.start({
      url: account.url,
      domain: account.domain,
      agent: { id: account.agent, software: 'Skein', device: 'Web' },
      credentials: { user: account.user, ...(account.password !== undefined && { password: account.password }), ...(account.token !== undefined && { token: account.token }) },
    });
  }

  private async keepToken(token: string): Promise<void> {
    if (!this.account) return;
    // From here on the password is not needed, and not kept.
    const { password: _, ...kept } = this.account;
    this.account = { ...kept, token };
    this.connection.credentials({ user: kept.user, token });
    await this.accounts.write((tx) => tx.put('account', this.account as AccountRow));
  }

  private state(state: 'connecting' | 'live' | 'waiting' | 'refused' | 'stopped', detail?: { retryAt?: number; reason?: Link['reason'] }): void {
    const shown = state === 'live' ? 'syncing' : state === 'stopped' ? 'signed-out' : state;
    this.setLink(shown, detail);
    if (state !== 'live' && state !== 'connecting') this.quiet();
  }

  private setLink(state: Link['state'], detail: { retryAt?: number; reason?: Link['reason'] } = {}): void {
    this.link = { state, since: this.now(), queued: this.link.queued, ...detail };
    this.bus.touch('link');
  }

  /** Without a connection nobody is known to be there. */
  private quiet(): void {
    this.live.presence.clear();
    this.live.typing.clear();
    this.bus.touch('chats', 'contacts');
  }

  private async started(jid: string, isResumed: boolean): Promise<void> {
    this.fullJid = jid;
    if (isResumed) {
      this.setLink('online');
      void this.outbox.flush();
      return;
    }
    try {
      await this.freshen();
    } catch (error) {
      if (!(error instanceof IqError)) console.error(error instanceof Error ? error.message : 'the start failed');
    }
    if (this.connection.isLive) this.setLink('online');
    void this.expiry.look().catch(() => undefined);
    void this.outbox.flush();
  }

  /** After a login that resumed nothing. Messages that come meanwhile wait for their turn. */
  private async freshen(): Promise<void> {
    this.live.presence.clear();
    const optional = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined);
    const caughtUp = this.inOrder(async () => {
      await this.disco.account();
      const hasGaps = await this.archive.catchUp();
      if (this.abilities.inbox) await this.archive.inbox(hasGaps);
    });
    await optional(this.people.roster());
    this.connection.send(await this.disco.presence());
    await optional(this.iq('set', x('enable', NS.carbons)));
    await optional(caughtUp);
    void this.outbox.flush();
    await optional(this.disco.server());
    if (this.abilities.blocking) await optional(this.people.blocklist());
    await optional(this.chats.states());
    await optional(this.rooms.start());
    this.connection.nonza(x(this.isVisible ? 'active' : 'inactive', NS.csi));
  }

  private stanza(stanza: XmlElement): Promise<void> | void {
    if (stanza.name === 'message') {
      if (this.archive.take(stanza)) return;
      return this.inOrder(() => this.message(stanza)).catch((error: unknown) => {
        // Not kept, so not acknowledged as kept: the server has it and the archive will show it.
        if (error instanceof StorageError) this.setLink(this.link.state, { reason: { code: 'storage' } });
      });
    }
    if (stanza.name === 'presence') {
      if (!this.rooms.presence(stanza)) this.people.presence(stanza);
      return;
    }
    return this.request(stanza);
  }

  private async message(stanza: XmlElement): Promise<void> {
    const isOwn = bare(stanza.attr('from') ?? this.self.jid) === this.self.jid;
    const carbon = stanza.child('received', NS.carbons) ?? stanza.child('sent', NS.carbons);
    if (carbon) {
      // Only the own server speaks of what others got (CVE-2017-5589 and its kin).
      const inner = readForwarded(carbon);
      if (isOwn && inner) await this.facts(readMessage(inner.message), carbon.name === 'sent' ? 'carbon' : 'live', inner.message, inner.time);
      return;
    }
    const facts = readMessage(stanza);
    if (facts.event && facts.type !== 'error') return this.pep.event(facts.from, facts.event);
    if (await this.rooms.subject(stanza)) return;
    if (await pinEvent(this, stanza)) return;
    await this.facts(facts, 'live', stanza);
  }

  private async facts(facts: MessageFacts, way: 'live' | 'carbon', stanza: XmlElement, time?: number): Promise<void> {
    if (facts.type === 'error') return this.bounced(facts, stanza);
    if (facts.invitation) this.invited(facts);
    this.typing(facts);
    const at = facts.delayed ?? time ?? this.now();
    const done = await this.db.write(async (tx) => {
      const result = await ingest(tx, this.self, facts, { way, time: at });
      const own = facts.stanzaIds[this.self.jid];
      const room = facts.type === 'groupchat' ? bare(facts.from) : undefined;
      const ofRoom = room === undefined ? undefined : facts.stanzaIds[room];
      if (own !== undefined && room === undefined) await this.archive.mark(tx, own);
      if (room !== undefined && ofRoom !== undefined) await this.archive.mark(tx, ofRoom, room);
      return result;
    });
    if (!done) return;
    this.bus.touch('chats', `chat ${done.chat}`, 'badge');
    if (done.unknownOnce !== undefined && way !== 'carbon') void learnOnce(this, done.chat, facts, at).catch(() => undefined);
    if (facts.timer) void this.expiry.look().catch(() => undefined);
    this.afterwards(done);
  }

  private afterwards(done: Ingested): void {
    if (done.owesReceipt !== undefined && this.settings.sendReceipts && this.live.contacts.has(done.chat)) {
      this.connection.send(x('message', NS.client, { to: done.chat, type: 'chat', id: this.id() }, x('received', NS.receipts, { id: done.owesReceipt }), x('store', NS.hints)));
    }
    if (done.fresh) void this.tell(done.fresh);
  }

  private async tell(row: MessageRow): Promise<void> {
    const chat = await this.db.read((tx) => tx.get<ChatRow>('chats', row.chat));
    const mention = row.mentions.some((one) => one.me);
    const { notifications } = this.settings;
    if (!chat || notifications === 'none' || (notifications === 'mentions' && chat.kind === 'room' && !mention)) return;
    if ((chat.mutedUntil > this.now() && !mention) || (this.isVisible && this.live.focused.has(row.chat))) return;
    const name = chat.name || displayName(this, row.chat);
    const text = this.settings.previewInNotifications ? row.text || row.attachments[0]?.name || '' : '';
    this.notice({ chat: row.chat, message: row.id, title: chat.kind === 'room' ? `${row.from.name} · ${name}` : name, text: text.slice(0, 300), mention });
  }

  private typing(facts: MessageFacts): void {
    if (facts.state === undefined || facts.delayed !== undefined) return;
    const isRoom = facts.type === 'groupchat';
    const jid = bare(facts.from);
    if (jid === this.self.jid) return;
    const who = isRoom ? facts.from : jid;
    const typists = this.live.typing.get(jid) ?? new Map();
    this.live.typing.set(jid, typists);
    if (facts.state === 'composing' && !(isRoom && facts.from.endsWith(`/${this.self.occupant(jid)?.nick}`))) {
      typists.set(who, { name: isRoom ? facts.from.slice(jid.length + 1) : displayName(this, jid), doing: 'composing', until: this.now() + TYPING_MS, ...(!isRoom && { jid }) });
      this.timer(TYPING_MS + 50, () => {
        if ((typists.get(who)?.until ?? Infinity) <= this.now() && typists.delete(who)) this.bus.touch('chats', `chat ${jid}`);
      });
    } else if (!typists.delete(who)) return;
    this.bus.touch('chats', `chat ${jid}`);
  }

  private invited(facts: MessageFacts): void {
    const { room, from, reason } = facts.invitation as NonNullable<MessageFacts['invitation']>;
    const inviter = from ?? bare(facts.from);
    if (this.live.rooms.get(room)?.state === 'joined') return;
    // Those whom one knows may bring one in at once; the others ask.
    if (this.live.contacts.get(inviter)?.subscription === 'both') {
      void this.rooms.join(room).then(() => this.rooms.remember(room, true)).catch(() => undefined);
      return;
    }
    this.live.requests.set(inviter, { time: this.now(), room, ...(reason && { text: reason }) });
    this.bus.touch('requests');
  }

  private async bounced(facts: MessageFacts, stanza: XmlElement): Promise<void> {
    const error = readError(stanza.child('error'));
    const jid = bare(facts.from);
    const { id } = facts;
    if (id === undefined || facts.receiptOf !== undefined) return;
    await this.db.write(async (tx) => {
      await chatRow(tx, jid, 'person');
      await this.outbox.refused(tx, jid, id, faultOf(error.condition, error.text));
    });
    this.bus.touch('chats', `chat ${jid}`, 'link');
  }

  private async request(stanza: XmlElement): Promise<void> {
    const payload = stanza.elements()[0];
    const from = stanza.attr('from');
    const isOwn = from === undefined || bare(from) === this.self.jid || from === this.account?.domain;
    const answer = (type: 'result' | 'error', content?: XmlElement): void => {
      this.connection.send(x('iq', NS.client, { type, id: stanza.attr('id'), to: from }, content));
    };
    if (payload?.is('query', NS.roster) && isOwn && stanza.attr('type') === 'set') {
      await this.inOrder(() => this.people.push(payload));
      return answer('result');
    }
    if (payload?.ns === NS.blocking && isOwn && stanza.attr('type') === 'set') {
      this.people.blockPush(payload);
      return answer('result');
    }
    if (payload?.is('ping', NS.ping)) return answer('result');
    if (payload?.is('query', NS.discoInfo) && stanza.attr('type') === 'get') return answer('result', this.disco.info(payload.attr('node')));
    answer('error', x('error', NS.client, { type: 'cancel' }, x('service-unavailable', NS.stanzas)));
  }
}
