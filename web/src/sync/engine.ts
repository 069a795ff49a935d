// The engine: what comes from the server goes to its part, and after a login everything is brought up to date.

import { parts } from '../protocol/jid.ts';
import { Connection, IqError, type World } from '../protocol/connection.ts';
import { NS } from '../protocol/ns.ts';
import { type XmlElement } from '../protocol/xml.ts';
import { Db, StorageError } from '../store/db.ts';
import { readServer, socketUrl } from './server.ts';
import { Views } from './queries.ts';
import { ACCOUNT, ACCOUNT_VERSION, CACHE, CACHE_VERSION, type AccountRow, type ChatRow, type MessageRow, type MetaRow } from '../store/rows.ts';
import type { Link, Notice, Profile, ServerInfo, Settings } from '../store/types.ts';
import { Bus } from '../util/bus.ts';
import { Archive } from './archive.ts';
import { Chats } from './chats.ts';
import { Clearing } from './clearing.ts';
import { Askers } from './askers.ts';
import { Communities } from './communities.ts';
import { Live, shortName, type Core } from './core.ts';
import { Days } from './days.ts';
import { Debts } from './debts.ts';
import { Devices } from './devices.ts';
import { Passkeys } from './passkeys.ts';
import { Disco } from './disco.ts';
import { Expiry } from './expiry.ts';
import { Exporting } from './exporting.ts';
import { Files } from './files.ts';
import { Finding } from './finding.ts';
import { Folders } from './folders.ts';
import { Freshness } from './freshness.ts';
import { Inbound } from './inbound.ts';
import { Islands } from './islands.ts';
import { Later } from './later.ts';
import { Looks } from './looks.ts';
import { LivePlaces } from './live.ts';
import { Marks } from './marks.ts';
import { Mending } from './mending.ts';
import { Outbox } from './outbox.ts';
import { Pep } from './pep.ts';
import { People } from './people.ts';
import { Pins } from './pins.ts';
import { Privacy } from './privacy.ts';
import { readCard } from './profile.ts';
import { Removals } from './removals.ts';
import { Rooms } from './rooms.ts';
import { Stickers } from './stickers.ts';
import { Stories } from './stories.ts';
import { Waiting } from './waiting.ts';
import { carryBy, Uploads, type Carry } from './uploads.ts';

export const DEFAULTS: Settings = { sendReceipts: true, sendMarkers: true, sendTyping: true, notifications: 'all', previewInNotifications: true, linkPreviews: true, keepArchived: true };

/** A clock that is wrong by less is right. */
const CLOCK_MS = 60_000;
/** Changes within this time are told together, unless nothing has changed for longer than the other. */
const BATCH_MS = 8;
const REST_MS = 40;
/** Who waits for a connection waits no longer. */
const ONLINE_MS = 30_000;

export interface Outside {
  world: World;
  fetch: typeof fetch;
  /** How files travel, where it can be told how far they are. */
  carry?: Carry;
  notice(notice: Notice): void;
  /** Of the page, `https://chat.example`. */
  origin: string;
  /** What this browser is called in the list of devices. */
  device: string;
}

/** Of an engine that was closed nothing is asked any more: what was under way ends with it. */
const isOver = (error: unknown): boolean => error instanceof StorageError && error.isClosed;

export class Engine implements Core {
  live = new Live();
  account: AccountRow | undefined;
  fullJid = '';
  abilities: Core['abilities'] = { blocking: false, search: false, inbox: false, devices: false, reports: false, invitations: false, once: false, stories: false, linking: false, passkeys: false, previews: false, privacy: false, circles: false, approvals: false };
  settings: Settings = { ...DEFAULTS };
  link: Link;
  db!: Db;
  accounts!: Db;
  readonly bus: Bus;
  readonly connection: Connection;
  readonly debts: Debts = new Debts(this);
  readonly pep = new Pep(this);
  readonly people = new People(this, this.pep);
  readonly archive = new Archive(this);
  readonly freshness: Freshness = new Freshness(this);
  readonly rooms: Rooms = new Rooms(this, this.pep, this.freshness, (room) => this.entered(room), (jid, photo, at) => this.people.pictured(jid, photo, at));
  readonly communities = new Communities(this, this.rooms);
  readonly askers = new Askers(this, this.communities);
  readonly uploads: Uploads = new Uploads(this, () => this.outbox, (url, request) => (this.outside.carry ?? carryBy(this.outside.fetch))(url, request));
  readonly outbox: Outbox = new Outbox(this, (row) => this.uploads.start(row), (chat) => this.inOrder(() => this.archive.look(chat)));
  readonly chats = new Chats(this, this.pep);
  readonly clearing = new Clearing(this, this.chats, this.archive);
  readonly islands = new Islands(this, this.archive);
  readonly days = new Days(this, this.archive, this.islands);
  readonly finding = new Finding(this, this.archive, this.islands);
  readonly marks = new Marks(this, this.pep, this.archive);
  readonly places = new LivePlaces(this, () => this.outbox);
  readonly later = new Later(this, () => this.outbox);
  readonly removals = new Removals(this, () => this.outbox, this.marks);
  readonly pins = new Pins(this, this.islands);
  readonly privacy = new Privacy(this);
  readonly stories = new Stories(this, this.pep, () => this.outbox);
  readonly stickers = new Stickers(this, this.pep, this.uploads, (origin) => this.isHome(origin));
  readonly folders = new Folders(this, this.pep);
  readonly looks = new Looks(this, this.pep);
  readonly devices = new Devices(this);
  readonly passkeys = new Passkeys(this, (path, body) => this.outside.fetch(`${this.outside.origin}${path}`, { method: 'POST', body, credentials: 'omit' }));
  readonly inbound = new Inbound(this);
  readonly views = new Views(this);
  readonly expiry = new Expiry(this, (row) => this.views.forget(row.id));
  readonly mending = new Mending(this);
  readonly files = new Files(this);
  readonly waiting = new Waiting(this);
  readonly exporting = new Exporting(this);
  readonly cards = new Map<string, Partial<Profile>>();
  private isServerKnown = false;
  server: ServerInfo = { domain: '', registration: 'unknown' };
  readonly disco = new Disco(this, () => this.pep.notified);
  /** By how much the clock here is wrong, in milliseconds, where that is more than a network explains. */
  private skew = 0;
  /** Whether any tab is looked at. */
  isVisible = true;
  private order: Promise<unknown> = Promise.resolve();

  constructor(private readonly outside: Outside, private readonly name = 'skein') {
    this.uploads.disco = this.disco;
    let told = -Infinity;
    // What changes after a rest is told at once, what changes all the time a few at a time.
    this.bus = new Bus((run) => void outside.world.timer(this.now() - told > REST_MS ? 0 : BATCH_MS, () => ((told = this.now()), run())));
    this.link = { state: 'signed-out', since: outside.world.now(), queued: 0 };
    this.connection = new Connection(outside.world, {
      state: (state, detail) => this.state(state, detail),
      token: (token) => void this.keepToken(token),
      offers: (isFast) => void this.keepOffer(isFast),
      live: (jid, resumed) => void this.started(jid, resumed),
      stanza: (stanza) => this.inbound.take(stanza),
    });
    this.pep.on(NS.nick, false, (owner, event) => this.people.nickEvent(owner, event));
    this.pep.on(NS.avatarMetadata, false, (owner, event) => this.people.avatarEvent(owner, event));
    this.pep.on(NS.bookmarks, true, (_, event) => this.rooms.bookmarkEvent(event));
    this.pep.on(NS.displayed, true, (_, event) => this.chats.displayedEvent(event));
    this.pep.on(NS.marks, true, (_, event) => this.marks.event(event));
    this.pep.on(NS.stories, false, (owner, event) => this.stories.event(owner, event));
    this.pep.on(NS.storiesSeen, true, (_, event) => this.stories.seenEvent(event));
    this.pep.on(NS.ownStickers, true, (_, event) => this.stickers.event(event));
    this.pep.on(NS.looks, true, (_, event) => this.looks.event(event));
    this.pep.on(NS.folders, true, (_, event) => this.folders.event(event));
    this.pep.on(NS.chats, true, (_, event) => this.chats.stateEvent(event));
  }

  /** A new device may be led to a room by its address before it has been told of it: the server's rooms are known by where they are. */
  private isRoomHost({ local, domain }: { local?: string; domain: string }): boolean {
    return !!local && domain === (this.abilities.rooms ?? `rooms.${this.account?.domain}`);
  }

  get self(): Core['self'] {
    const jid = this.account?.jid ?? '';
    return {
      jid,
      name: this.live.people.get(jid)?.nick ?? shortName(jid),
      now: this.now,
      isRoom: (other) => this.live.rooms.has(other) || this.isRoomHost(parts(other)),
      occupant: (room) => {
        const known = this.live.rooms.get(room);
        return known && { nick: known.nick, ...(known.myOccupantId && { id: known.myOccupantId }) };
      },
    };
  }

  /** The server's time: what comes from it is compared with this. */
  now = (): number => this.outside.world.now() + this.skew;
  id = (): string => this.outside.world.nonce();
  timer = (ms: number, run: () => void): (() => void) => this.outside.world.timer(ms, run);
  notice = (notice: Notice): void => this.outside.notice(notice);
  expires = (at: number | undefined): void => this.expiry.note(at);
  get fetch(): typeof fetch {
    return this.outside.fetch;
  }

  get origin(): string {
    return this.outside.origin;
  }

  get world(): World {
    return this.outside.world;
  }
  get cacheName(): string {
    return `${this.name}-cache`;
  }

  /** Which server served this page; asked once. */
  async loadServer(): Promise<void> {
    if (this.isServerKnown) return;
    const { server, time } = await readServer(this.outside.fetch, this.outside.origin);
    const skew = time === undefined ? 0 : time - this.outside.world.now();
    this.skew = Math.abs(skew) > CLOCK_MS ? skew : 0;
    this.server = server;
    this.isServerKnown = true;
    this.bus.touch('server');
    await this.db.write((tx) => tx.put('meta', { key: 'server', value: this.server }));
  }

  /** Whether the page may load from there: its own origin, or where its server keeps files. */
  isHome(origin: string): boolean {
    return origin === this.outside.origin || origin === this.server.files;
  }

  socketUrl(domain: string): string {
    return socketUrl(this.outside.origin, domain);
  }

  /** Another engine takes over: the connection goes without a word, so that the session can be resumed. */
  close(): void {
    this.connection.abandon();
    this.db?.close();
    this.accounts?.close();
  }

  /** Everything of an account is forgotten. */
  reset(): void {
    this.live = new Live();
    this.cards.clear();
    this.privacy.forget();
    this.stories.forget();
    this.folders.forget();
    this.looks.forget();
    this.stickers.forget();
    this.later.forget();
    this.waiting.forget();
    this.askers.forget();
    this.freshness.forget();
    this.fullJid = '';
    this.settings = { ...DEFAULTS };
    this.bus.touch('me', 'chats', 'contacts', 'requests', 'blocked', 'settings', 'link', 'starred');
  }

  /** What is missing before a row, from the side of `after` if the reader is there. */
  async fill(chat: string, before: MessageRow | undefined, after?: MessageRow, max?: number): Promise<void> {
    await this.inOrder(() => (before && after?.archiveId ? this.islands.fillAfter(chat, after, before) : this.archive.fill(chat, before, max)));
  }

  private async entered(room: string): Promise<void> {
    if (this.live.rooms.get(room)?.features.has(NS.rooms)) await this.inOrder(() => this.pins.read(room)).catch(() => undefined);
    await this.askers.ofRoom(room).catch(() => undefined);
  }

  /** Settles when everything is up to date; without a connection it fails. */
  online(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const { state } = this.link;
        if (state === 'online') end(resolve);
        else if (state !== 'connecting' && state !== 'syncing') end(() => reject(new IqError('offline')));
      };
      const stop = this.bus.watch(['link'], look);
      const cancel = this.timer(ONLINE_MS, () => end(() => reject(new IqError('remote-server-timeout'))));
      const end = (then: () => void): void => (stop(), cancel(), then());
      look();
    });
  }

  /** Reads somebody's card once. */
  async lookUp(jid: string): Promise<void> {
    if (this.cards.has(jid) || !this.connection.isLive || jid === '') return;
    this.cards.set(jid, {});
    const card = await readCard(this, jid).catch(() => undefined);
    if (card) this.cards.set(jid, card);
    this.bus.touch(`profile ${jid}`);
  }

  inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.order.then(work);
    this.order = result.catch((error: unknown) => {
      this.mending.look(error);
      if (isOver(error)) return;
      console.error(error instanceof Error ? `${error.name}: ${error.message}` : 'a task failed');
    });
    return result;
  }

  iq(type: 'get' | 'set', payload: XmlElement, to?: string): Promise<XmlElement> {
    return this.connection.iq(type, payload, to);
  }

  /** Opens what is kept here and, if somebody is signed in, connects. */
  async open(): Promise<void> {
    const [accounts] = await Promise.all([Db.open(`${this.name}-account`, ACCOUNT_VERSION, ACCOUNT), this.openCache()]);
    this.accounts = accounts;
    const [known, account] = await Promise.all([this.db.read((tx) => tx.get<MetaRow>('meta', 'server')), accounts.read((tx) => tx.get<AccountRow>('account', 'account'))]);
    if (known) this.server = known.value as ServerInfo;
    void this.loadServer().catch(() => undefined);
    this.account = account;
    if (!this.account) return;
    try {
      await this.warm();
    } catch {
      return this.mending.heal();
    }
    this.connect();
  }

  async openCache(): Promise<void> {
    this.db = await Db.open(`${this.name}-cache`, CACHE_VERSION, CACHE);
    this.db.onleft = (rows) => this.files.left(rows);
  }

  /** What is kept is shown before there is a connection. */
  async warm(): Promise<void> {
    const kept = this.db.read(async (tx) => ({ chats: await tx.all<ChatRow>('chats'), settings: await tx.get<MetaRow>('meta', 'settings') }));
    const [{ chats, settings }] = await Promise.all([kept, this.people.load(), this.expiry.run(), this.stories.load(), this.folders.load(), this.looks.load(), this.stickers.load()]);
    this.settings = { ...DEFAULTS, ...(settings?.value as Partial<Settings> | undefined) };
    this.rooms.load(chats);
    this.files.begin();
    // What was deleted when a page was left is told now.
    void this.removals.run(true).catch(() => undefined);
    void this.later.run().catch(() => undefined);
    this.bus.touch('me', 'chats', 'contacts', 'settings', 'link');
  }

  connect(): void {
    const { account } = this;
    if (!account) return;
    this.connection.start({
      url: account.url,
      domain: account.domain,
      agent: { id: account.agent, software: 'Skein', device: this.outside.device },
      isEager: account.isFast ?? false,
      credentials: { user: account.user, ...(account.password !== undefined && { password: account.password }), ...(account.token !== undefined && { token: account.token }), ...(account.isBorrowed && { isBorrowed: true }) },
    });
  }

  private async keepToken(token: string): Promise<void> {
    if (!this.account) return;
    // From here on the password is not needed, and not kept.
    const { password: _, isBorrowed: _b, ...kept } = this.account;
    this.account = { ...kept, token };
    this.connection.credentials({ user: kept.user, token });
    await this.accounts.write((tx) => tx.put('account', this.account as AccountRow));
  }

  private async keepOffer(isFast: boolean): Promise<void> {
    if (!this.account) return;
    this.account = { ...this.account, isFast };
    // Before the first success nobody is remembered.
    const { account } = this;
    await this.accounts.write(async (tx) => void ((await tx.get('account', 'account')) && (await tx.put('account', account))));
  }

  private state(state: 'connecting' | 'live' | 'waiting' | 'refused' | 'stopped', detail?: { retryAt?: number; reason?: Link['reason'] }): void {
    const shown = state === 'live' ? 'syncing' : state === 'stopped' ? 'signed-out' : state;
    this.setLink(shown, detail);
    if (state !== 'live' && state !== 'connecting') this.quiet();
  }

  setLink(state: Link['state'], detail: { retryAt?: number; reason?: Link['reason'] } = {}): void {
    this.link = { state, since: this.outside.world.now(), queued: this.link.queued, ...(this.link.full && { full: true }), ...detail };
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
      void this.debts.settle();
      void this.freshness.settle().catch(() => undefined);
      return;
    }
    try {
      await this.freshness.start();
    } catch (error) {
      if (!(error instanceof IqError) && !isOver(error)) console.error(error instanceof Error ? error.message : 'the start failed');
    }
    if (this.connection.isLive) this.setLink('online');
    void this.outbox.flush();
  }
}
