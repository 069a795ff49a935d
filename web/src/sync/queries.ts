// The live queries: what each answers, and which topics change it.

import { parts, readAddress } from '../protocol/jid.ts';
import { NS } from '../protocol/ns.ts';
import type { Tx } from '../store/db.ts';
import { byArchiveId, byStanzaId, lastRow, newChat, preview, QUEUE, rowAt, rowsBefore, rowsFrom } from '../store/log.ts';
import type { ChatRow, MessageRow, PictureRow } from '../store/rows.ts';
import type { Attachment, Chat, Contact, LinkCard, Me, Message, MessageWindow, Picture, Poll, Profile, Quote, Reaction, Request, Room, SearchHit, Story, Storyteller } from '../store/types.ts';
import type { Anchor, Queries, QueryName } from './api.ts';
import { FIRST_PAGE } from './archive.ts';
import { ChatList } from './chatlist.ts';
import { displayName, isRequest, presenceOf } from './core.ts';
import type { Engine } from './engine.ts';
import { named } from './finding.ts';
import { SHOWN_OCCUPANTS } from './rooms.ts';
import { viewers } from './viewers.ts';

/** Windows are no larger, whatever is asked. */
const MAX_WINDOW = 400;
const MAX_LIST = 500;

type Answers = { [Q in QueryName]: (args: Queries[Q]['args']) => Promise<Queries[Q]['row']> | Queries[Q]['row'] };

export class Views {
  private urls = new Map<string, string>();
  /** Where the divider stands in the windows that are open. */
  private dividers = new Map<string, string>();
  /** What is being fetched, or waits for its turn. */
  private fetched = new Set<string>();
  readonly list: ChatList;

  constructor(private readonly engine: Engine) {
    this.list = new ChatList(engine, (row) => this.chat(row));
  }

  topics<Q extends QueryName>(query: Q, args: Queries[Q]['args']): string[] {
    const given = args as { chat?: string; room?: string; jid?: string } | undefined;
    switch (query) {
      case 'messages': case 'message': case 'delivery': case 'pins': case 'media':
        return [`chat ${given?.chat}`];
      case 'chat':
        return [`chat ${given?.chat}`, `line ${given?.chat}`, 'chats'];
      case 'starred':
        return ['starred'];
      case 'room':
        return [`room ${given?.room}`];
      case 'profile':
        return [`profile ${given?.jid}`, 'contacts'];
      case 'badge':
        return ['badge'];
      default:
        return [query];
    }
  }

  answer<Q extends QueryName>(query: Q, args: Queries[Q]['args']): Promise<Queries[Q]['row']> {
    return Promise.resolve((this.answers[query] as (args: Queries[Q]['args']) => Promise<Queries[Q]['row']> | Queries[Q]['row'])(args));
  }

  private readonly answers: Answers = {
    me: () => this.me(),
    link: async () => ({ ...this.engine.link, queued: await this.engine.outbox.count() }),
    server: () => this.engine.server,
    abilities: () => ({ ...this.engine.abilities }),
    settings: () => ({ ...this.engine.settings }),
    chats: () => this.list.now(),
    chat: async ({ chat }) => {
      const row = await this.engine.db.read((tx) => tx.get<ChatRow>('chats', chat));
      // A link leads to somebody with whom nothing was said yet.
      if (!row && readAddress(chat) === chat) return this.chat(newChat(chat, this.engine.self.isRoom(chat) ? 'room' : chat === this.engine.self.jid ? 'self' : 'person'));
      return row && this.chat(row);
    },
    messages: (args) => this.window(args),
    message: async ({ chat, id }) => this.engine.db.read(async (tx) => {
      const row = await tx.get<MessageRow>('messages', [chat, id]);
      return row && this.message(tx, row);
    }),
    delivery: async ({ chat, id }) => {
      const row = await this.engine.db.read((tx) => tx.get<MessageRow>('messages', [chat, id]));
      return Object.entries(row?.reads ?? {}).map(([author, one]) => ({ name: one.name || displayName(this.engine, author), ...(author.includes('@') && { jid: author }), ...(one.delivered && { delivered: one.delivered }), ...(one.read && { read: one.read }) }));
    },
    starred: () => this.hits((tx) => tx.all<MessageRow>('messages', { index: 'starred', max: MAX_LIST })),
    pins: async ({ chat }) => this.engine.db.read(async (tx) => {
      const row = await tx.get<ChatRow>('chats', chat);
      const rows: Message[] = [];
      for (const id of row?.pins ?? []) {
        const pinned = await tx.get<MessageRow>('messages', [chat, id]);
        if (pinned) rows.push(await this.message(tx, pinned));
      }
      return rows;
    }),
    media: async ({ chat, kind, max }) => this.engine.db.read(async (tx) => {
      const rows = await tx.all<MessageRow>('messages', { index: 'media', lower: [chat, kind], upper: [chat, kind, []], reverse: true, max: Math.min(max, MAX_LIST) });
      return Promise.all(rows.map((row) => this.message(tx, row)));
    }),
    sharing: () => this.engine.places.list(),
    scheduled: ({ chat }) => this.engine.later.list(chat),
    contacts: () => this.contacts(),
    requests: () => this.requests(),
    room: ({ room }) => this.room(room),
    profile: ({ jid }) => this.profile(jid),
    communityNews: () => this.engine.communities.news,
    folders: () => this.engine.folders.list(),
    looks: () => ({ ...this.engine.looks.known }),
    stickers: () => this.engine.stickers.list(),
    stories: () => this.storytellers(),
    storyViewers: async ({ id }) => Promise.all((await this.engine.db.read((tx) => viewers(tx, id))).map(async (one) => {
      const avatar = await this.picture(one.jid);
      return { ...one, name: displayName(this.engine, one.jid), ...(avatar && { avatar }) };
    })),
    blocked: () => [...this.engine.live.blocked].sort(),
    devices: () => this.engine.devices.list(),
    passkeys: () => this.engine.passkeys.list(),
    passkeyNews: () => this.engine.passkeys.news,
    waiting: () => this.engine.waiting.known,
    linked: () => this.engine.devices.linked,

    // Known to the page, not to the engine: see worker/page.ts.
    update: () => ({ ready: false }),
    badge: async () => (await this.list.now()).filter((chat) => (chat.unread > 0 || chat.marked) && chat.mutedUntil <= this.engine.now() && !chat.archived && !chat.request).length,
  };

  async picture(jid: string): Promise<Picture | undefined> {
    const hash = this.engine.live.people.get(jid)?.avatar;
    if (hash === undefined) return undefined;
    let url = this.urls.get(hash);
    if (url === undefined) {
      const row = await this.engine.db.read((tx) => tx.get<PictureRow>('pictures', hash));
      if (!row) return undefined;
      url = URL.createObjectURL(row.blob);
      this.urls.set(hash, url);
    }
    return { hash, url };
  }

  private async me(): Promise<Me | undefined> {
    const { jid, name } = this.engine.self;
    if (jid === '') return undefined;
    const avatar = await this.picture(jid);
    const { status, show = 'available' } = this.engine.live.people.get(jid) ?? {};
    return { jid, name, show: this.engine.link.state === 'online' ? show : 'offline', ...(avatar && { avatar }), ...(status && { status }) };
  }

  private async chat(row: ChatRow): Promise<Chat> {
    const { live } = this.engine;
    const room = row.kind === 'room' ? live.rooms.get(row.jid) : undefined;
    const presence = presenceOf(this.engine, row.jid);
    const avatar = await this.picture(row.jid);
    const ring = this.engine.stories.ring(row.jid);
    const lastSeen = live.people.get(row.jid)?.lastSeen;
    const { tail: _t, readTo: _r, peerRead: _p, cursor: _c, pins: _s, room: _m, answered: _a, cleared: _l, timing, last, ...shared } = row;
    const timer = row.kind === 'room' ? room?.rules.policy.timer : timing?.seconds;
    return {
      ...shared,
      // What one writes to oneself is read.
      ...(row.kind === 'self' && { unread: 0, mentions: 0 }),
      name: (room?.name || row.name) ?? displayName(this.engine, row.jid),
      typing: [...(live.typing.get(row.jid)?.values() ?? [])].map(({ until: _u, ...typist }) => typist),
      request: isRequest(this.engine, row),
      blocked: live.blocked.has(row.jid),
      show: presence.show,
      ...(presence.status && { status: presence.status }),
      ...(timer && { timer }),
      ...(last && { last }),
      ...(avatar && { avatar }),
      ...(lastSeen && { lastSeen }),
      ...(row.kind === 'person' && ring && { story: ring }),
      ...(room && { room: { state: room.state, subject: room.subject, members: room.occupants.size, nick: room.nick, role: room.occupants.get(room.nick)?.role ?? 'none', affiliation: room.affiliation, ...(room.fault && { fault: room.fault }) } }),
    };
  }

  private async window(args: { chat: string; anchor: Anchor; before: number; after: number }): Promise<MessageWindow> {
    const { chat } = args;
    const before = Math.min(args.before, MAX_WINDOW);
    const after = Math.min(args.after, MAX_WINDOW);
    const result = await this.engine.db.read(async (tx): Promise<MessageWindow & { fill?: MessageRow | undefined; from?: MessageRow | undefined; needs: boolean }> => {
      const row = await tx.get<ChatRow>('chats', chat);
      const at = await this.anchor(tx, row, args.anchor, chat);
      // It is being looked for: until it is found nothing else is shown, and nothing fetched.
      if (!at) return { chat, rows: [], hasOlder: true, hasNewer: true, loadingOlder: true, loadingNewer: false, needs: false };
      const older = await rowsBefore(tx, chat, at.order, before + 1);
      const newer = await rowsFrom(tx, chat, at.order, after + 1);
      const hasStoredOlder = older.length > before;
      if (hasStoredOlder) older.shift();
      const hasNewer = newer.length > after;
      if (hasNewer) newer.pop();
      const rows = [...older, ...newer];
      const gap = [...rows].reverse().find((one) => one.gapBefore);
      const first = rows[0];
      // Who comes from above reads on: then the gap is closed from there.
      const behind = gap ? rows.indexOf(gap) : 0;
      const from = behind > rows.length / 2 ? rows[behind - 1] : undefined;
      // Else the gap behind a row is closed first, with what lies before it in the same answer.
      const end = from ? undefined : rows.findLast((one) => one.gapAfter);
      const isLoading = [...this.engine.live.loading].some((key) => key.startsWith(`${chat} `));
      const divider = this.dividers.get(chat);
      return {
        chat,
        rows: await Promise.all(rows.map((one) => this.message(tx, one))),
        hasOlder: hasStoredOlder || !(row?.complete ?? false) || gap !== undefined,
        hasNewer,
        loadingOlder: isLoading,
        loadingNewer: false,
        needs: gap !== undefined || end !== undefined || (!hasStoredOlder && rows.length < before && !(row?.complete ?? false)),
        ...((end ?? gap ?? first) && { fill: end ?? gap ?? first }),
        ...(from && { from }),
        ...(divider && { firstUnread: divider }),
        ...(at.id && { anchor: at.id }),
      };
    });
    const { fill, from, needs, ...shown } = result;
    // What is missing in what is looked at is fetched, without being asked for.
    if (needs && !shown.loadingOlder && this.engine.connection.isLive) this.fetch(chat, fill, from, shown.rows.length < FIRST_PAGE ? FIRST_PAGE : undefined);
    return shown;
  }

  /** Once, however often the same is missed before it has its turn. */
  private fetch(chat: string, before: MessageRow | undefined, after: MessageRow | undefined, max: number | undefined): void {
    const key = `${chat} ${before?.id} ${after?.id}`;
    if (this.fetched.has(key)) return;
    this.fetched.add(key);
    void this.engine.fill(chat, before, after, max).catch(() => undefined).finally(() => this.fetched.delete(key));
  }

  private async anchor(tx: Tx, row: ChatRow | undefined, anchor: Anchor, chat: string): Promise<{ order: number; id?: string } | undefined> {
    if (anchor === 'end') return { order: Number.MAX_SAFE_INTEGER * 2 };
    if (anchor === 'unread') {
      const [first] = row && row.unread > 0 ? (await rowsFrom(tx, chat, row.readTo + 0.001, 50)).filter((one) => !one.mine && one.order < QUEUE) : [];
      if (first && !this.dividers.has(chat)) this.dividers.set(chat, first.id);
      const kept = this.dividers.get(chat);
      const at = kept === undefined ? undefined : await tx.get<MessageRow>('messages', [chat, kept]);
      return at ? { order: at.order, id: at.id } : { order: Number.MAX_SAFE_INTEGER * 2 };
    }
    if ('message' in anchor) {
      const at = await this.engine.finding.held(tx, chat, anchor.message);
      if (!at && anchor.sought) return undefined;
      return at ? { order: at.order, id: at.id } : { order: Number.MAX_SAFE_INTEGER * 2 };
    }
    const at = await rowAt(tx, chat, anchor.time);
    return at ? { order: at.order, id: at.id } : { order: Number.MAX_SAFE_INTEGER * 2 };
  }

  /** The chat is left: its divider is gone when it is opened again. */
  leave(chat: string): void {
    this.dividers.delete(chat);
  }

  private author(row: MessageRow): Message['from'] {
    if (row.from.me) return { ...row.from, name: row.from.name || this.engine.self.name };
    return { ...row.from, name: row.from.name || displayName(this.engine, row.from.jid ?? row.chat) };
  }

  async message(tx: Tx, row: MessageRow): Promise<Message> {
    const { author: _a, stanzaId: _s, archiveId: _i, queued, uploads, slots: _l, star: _t, media: _m, reactionsBy, votesBy, poll, reply, reads: _r, onceId: _o, asOnce: _n, whisperTo: _w, early: _y, gapAfter: _g, ...shared } = row;
    const quote = reply && (await this.quote(tx, row.chat, reply));
    const attachments = row.attachments.map((one, i) => {
      const own = uploads?.[i];
      if (!own) return this.shownSafely(one);
      return { ...one, url: this.ownUrl(`${row.id} ${i}`, own), ...(queued !== undefined && one.url === undefined && { progress: this.engine.uploads.progress(row.id, i) }) };
    });
    const isFile = row.attachments.length > 0 && row.kind === row.attachments[0]?.kind;
    return { ...shared, ...(isFile && attachments[0] && { kind: attachments[0].kind }), attachments, from: this.author(row), ...(row.link && { link: this.linkCard(row.link) }), reactions: reactions(reactionsBy), ...(poll && { poll: counted(poll, votesBy) }), ...(quote && { replyTo: quote }) };
  }

  /** What was shown of the message is let go. */
  forget(id: string): void {
    for (const [name, url] of this.urls) {
      if (!name.startsWith(`${id} `)) continue;
      URL.revokeObjectURL(url);
      this.urls.delete(name);
    }
  }

  /** What lies elsewhere is not loaded into the page, which would tell them who reads what: it is a file, to be opened by hand. */
  private shownSafely(file: Attachment): Attachment {
    if (file.url === undefined || file.kind === 'file' || file.url.startsWith('blob:')) return file;
    const { origin } = new URL(file.url);
    return this.engine.isHome(origin) ? file : { ...file, kind: 'file' };
  }

  /** Its picture is shown if it lies at home: elsewhere they would learn who reads. */
  linkCard({ image, ...card }: LinkCard): LinkCard {
    return image !== undefined && this.engine.isHome(new URL(image).origin) ? { ...card, image } : card;
  }

  private ownUrl(id: string, blob: Blob): string {
    const url = this.urls.get(id) ?? URL.createObjectURL(blob);
    this.urls.set(id, url);
    return url;
  }

  private async quote(tx: Tx, chat: string, reply: NonNullable<MessageRow['reply']>): Promise<Quote> {
    const found = (await byArchiveId(tx, chat, reply.id)) ?? (await byStanzaId(tx, chat, reply.id))[0];
    if (!found) return { id: named(reply.id), name: reply.name ?? '', mine: false, kind: 'text', text: reply.text ?? '' };
    return { id: found.id, name: this.author(found).name, mine: found.mine, kind: found.kind, text: preview(found).text };
  }

  async hits(find: (tx: Tx) => Promise<MessageRow[]>): Promise<SearchHit[]> {
    return this.engine.db.read(async (tx) => {
      const hits: SearchHit[] = [];
      for (const row of await find(tx)) {
        const chat = await tx.get<ChatRow>('chats', row.chat);
        hits.push({ chat: row.chat, chatName: chat?.name ?? displayName(this.engine, row.chat), message: await this.message(tx, row) });
      }
      return hits.sort((a, b) => b.message.time - a.message.time);
    });
  }

  private async storytellers(): Promise<Storyteller[]> {
    const { stories, self, live } = this.engine;
    const tellers = await Promise.all([...stories.all()].filter(([jid]) => !live.blocked.has(jid)).map(async ([jid, rows]): Promise<Storyteller> => {
      const avatar = await this.picture(jid);
      const shown = rows.map((row): Story => ({ id: row.id, time: row.time, expires: row.expires, kind: row.mime.startsWith('video/') ? 'video' : 'image', link: row.url, text: row.text, drawn: row.drawn, seen: stories.isSeen(row), ...(this.engine.isHome(new URL(row.url).origin) && { url: row.url }) }));
      return { jid, name: displayName(this.engine, jid), mine: jid === self.jid, ring: stories.ring(jid) ?? 'seen', stories: shown, ...(avatar && { avatar }) };
    }));
    const newest = (one: Storyteller): number => one.stories.at(-1)?.time ?? 0;
    return tellers.sort((a, b) => Number(b.mine) - Number(a.mine) || Number(b.ring === 'new') - Number(a.ring === 'new') || newest(b) - newest(a));
  }

  private async contacts(): Promise<Contact[]> {
    const { live } = this.engine;
    const contacts = await Promise.all([...live.contacts.values()].map(async (row): Promise<Contact> => {
      const avatar = await this.picture(row.jid);
      const ring = this.engine.stories.ring(row.jid);
      return { ...row, name: displayName(this.engine, row.jid), ...presenceOf(this.engine, row.jid), blocked: live.blocked.has(row.jid), ...(avatar && { avatar }), ...(ring && { story: ring }) };
    }));
    return contacts.sort((a, b) => a.name.localeCompare(b.name));
  }

  private requests(): Request[] {
    const joins = this.engine.askers.known.map((one): Request => ({ jid: one.jid, name: one.name, time: one.time, kind: 'join', of: one.of, ...one.place, ...(one.note && { text: one.note }) }));
    const others = [...this.engine.live.requests].map(([jid, one]): Request => ({ jid: one.by ?? jid, name: displayName(this.engine, one.by ?? jid), time: one.time, kind: one.room ? 'room-invitation' : 'contact', ...(one.room && { room: one.room }), ...(one.text && { text: one.text }) }));
    return [...joins, ...others];
  }

  private async room(jid: string): Promise<Room | undefined> {
    const room = this.engine.live.rooms.get(jid);
    if (!room) return undefined;
    const has = (feature: string): boolean => room.features.has(feature);
    return {
      jid, name: room.name || displayName(this.engine, jid), description: room.description, subject: room.subject, nick: room.nick,
      role: room.occupants.get(room.nick)?.role ?? 'none', affiliation: room.affiliation,
      occupants: await Promise.all([...room.occupants.values()].slice(0, SHOWN_OCCUPANTS).map(async (one) => {
        const avatar = await this.picture(one.jid ?? `${jid}/${one.nick}`);
        return avatar ? { ...one, avatar } : one;
      })),
      membersOnly: has('muc_membersonly'), moderated: has('muc_moderated'), hidden: has('muc_hidden'), persistent: has('muc_persistent'), nonAnonymous: has('muc_nonanonymous'), whispers: has(NS.whisper) && room.rules.policy.whispers !== 'none', ...room.rules,
      community: this.engine.communities.of(jid),
    };
  }

  private async profile(jid: string): Promise<Profile> {
    const person = this.engine.live.people.get(jid);
    const avatar = await this.picture(jid);
    void this.engine.lookUp(jid);
    return { jid, name: jid === this.engine.self.jid ? this.engine.self.name : displayName(this.engine, jid), ...this.engine.cards.get(jid), ...(person?.status && { status: person.status }), ...(avatar && { avatar }) };
  }

  /** The newest row, for what acts on "the last message". */
  last(chat: string): Promise<MessageRow | undefined> {
    return this.engine.db.read((tx) => lastRow(tx, chat));
  }

  domain(): string {
    return parts(this.engine.self.jid).domain;
  }
}

function counted(poll: NonNullable<MessageRow['poll']>, by: MessageRow['votesBy']): Poll {
  const votes = Object.values(by ?? {}).filter((vote) => vote.choices.length > 0);
  const options = poll.options.map((text, i) => {
    const these = votes.filter((vote) => vote.choices.includes(i));
    return { text, votes: these.length, mine: these.some((vote) => vote.mine), names: these.slice(0, 50).map((vote) => vote.name) };
  });
  return { question: poll.question, options, multiple: poll.multiple, closed: poll.closed ?? false, voters: votes.length };
}

function reactions(by: MessageRow['reactionsBy']): Reaction[] {
  const all = new Map<string, Reaction>();
  for (const { emojis, name, mine } of Object.values(by ?? {})) {
    for (const emoji of emojis) {
      const one = all.get(emoji) ?? { emoji, count: 0, mine: false, names: [] };
      all.set(emoji, one);
      one.count += 1;
      one.mine ||= mine;
      if (one.names.length < 20) one.names.push(name);
    }
  }
  return [...all.values()].sort((a, b) => b.count - a.count);
}
