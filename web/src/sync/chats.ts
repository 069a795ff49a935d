// What one's devices share about chats: how far one has read (XEP-0490), up to where it was cleared, pins, favourites, mutes, archive, what is drawn behind, drafts (private
// items, XEP-0223: one item a chat in `urn:skein:chats:0`).

import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { Tx } from '../store/db.ts';
import { GROUNDS, oneOf } from '../store/looks.ts';
import { byArchiveId, chatRow, mentionsMe, lastRow, settleRead, unreadRows } from '../store/log.ts';
import type { ChatRow, MessageRow } from '../store/rows.ts';
import { clearAs } from './clearing.ts';
import type { Core } from './core.ts';
import type { Kind } from './debts.ts';
import { items, Pep } from './pep.ts';

/** More than these are not counted. */
const MAX_UNREAD = 1000;
/** What is being written goes to the other devices when it has rested for so long. */
const DRAFT_REST_MS = 3000;

export class Chats {
  private resting = new Map<string, () => void>();

  private readonly owedStates: Kind;
  private readonly owedReads: Kind;

  constructor(private readonly core: Core, private readonly pep: Pep) {
    this.owedStates = core.debts.kind('state', (jid) => this.share(jid));
    this.owedReads = core.debts.kind('read', (jid, id) => this.tellRead(jid, id as string));
  }

  private kind(jid: string): ChatRow['kind'] {
    return this.core.self.isRoom(jid) ? 'room' : jid === this.core.self.jid ? 'self' : 'person';
  }

  /** Reads what the other devices have set. */
  async states(): Promise<void> {
    const all = await this.pep.read(undefined, NS.chats);
    await this.core.db.write(async (tx) => {
      for (const { id, payload } of all) if (payload) await this.state(tx, id, payload);
    });
    this.core.bus.touch('chats');
  }

  async stateEvent(event: XmlElement): Promise<void> {
    // Events come in order already: to wait for one's turn again would be to wait for oneself.
    await this.core.db.write(async (tx) => {
      for (const { id, payload } of items(event)) if (payload) await this.state(tx, id, payload);
    });
    this.core.bus.touch('starred', ...items(event).map(({ id }) => `chat ${id}`));
  }

  private async state(tx: Tx, jid: string, payload: XmlElement): Promise<void> {
    if (payload.name !== 'chat' || !/^[^/\s]+@[^/\s]+$/.test(jid)) return;
    // What was done here since is newer, and on its way.
    if (await this.owedStates.isOwed(tx, jid)) return;
    const chat = await chatRow(tx, jid, this.kind(jid));
    chat.pinned = payload.attr('pinned') === 'true';
    chat.favourite = payload.attr('favourite') === 'true';
    chat.archived = payload.attr('archived') === 'true';
    const ground = oneOf(GROUNDS, payload.attr('ground'));
    if (ground) chat.ground = ground;
    else delete chat.ground;
    chat.marked = payload.attr('marked') === 'true';
    const [cleared, upTo] = [Number(payload.attr('cleared') ?? 0) || 0, payload.attr('cleared-id')];
    await clearAs(tx, chat, cleared > 0 ? { time: cleared, ...(upTo !== undefined && { id: upTo }) } : undefined);
    const muted = payload.attr('muted');
    chat.mutedUntil = muted === 'always' ? Infinity : Number(muted ?? 0) || 0;
    const draft = payload.child('draft');
    const time = Number(draft?.attr('time') ?? 0);
    if (draft && draft.text !== '' && time >= (chat.draft?.time ?? 0)) chat.draft = { text: draft.text, time };
    else if (!draft && chat.draft && !chat.draft.whisper && Number(payload.attr('time') ?? 0) >= chat.draft.time) delete chat.draft;
    await tx.put('chats', chat);
  }

  /** Changes what is shared, here at once and for the others as soon as there is a connection. */
  async set(jid: string, change: (chat: ChatRow, tx: Tx) => void | Promise<void>): Promise<void> {
    const changed = await this.core.db.write(async (tx) => {
      const row = await chatRow(tx, jid, this.kind(jid));
      const before = JSON.stringify(row);
      const draft = row.draft?.text;
      await change(row, tx);
      if (JSON.stringify(row) === before) return undefined;
      await tx.put('chats', row);
      await this.owedStates.owe(tx, jid, this.core.id());
      return { isBeingWritten: row.draft !== undefined && row.draft.text !== draft };
    });
    if (!changed) return;
    this.core.bus.touch(`chat ${jid}`);
    this.resting.get(jid)?.();
    this.resting.delete(jid);
    if (!changed.isBeingWritten) return void this.owedStates.settleOne(jid);
    this.resting.set(jid, this.core.timer(DRAFT_REST_MS, () => (this.resting.delete(jid), void this.owedStates.settleOne(jid))));
  }

  private async share(jid: string): Promise<void> {
    const chat = await this.core.db.read((tx) => tx.get<ChatRow>('chats', jid));
    if (!chat) return;
    const flag = (isSet: boolean): string | undefined => (isSet ? 'true' : undefined);
    const payload = x('chat', NS.chats,
      { pinned: flag(chat.pinned), favourite: flag(chat.favourite ?? false), archived: flag(chat.archived), ground: chat.ground, marked: flag(chat.marked), muted: chat.mutedUntil === Infinity ? 'always' : chat.mutedUntil || undefined, cleared: chat.cleared?.time, 'cleared-id': chat.cleared?.id, time: this.core.now() },
      chat.draft && !chat.draft.whisper ? x('draft', NS.chats, { time: chat.draft.time }, chat.draft.text) : undefined);
    await this.pep.publish(NS.chats, chat.jid, payload, 'whitelist', 'max');
  }

  /** Another device has read. */
  async displayedEvent(event: XmlElement): Promise<void> {
    for (const { id, payload } of items(event)) {
      const stanzaId = payload?.child('stanza-id', NS.sid)?.attr('id');
      if (stanzaId !== undefined) await this.readUpTo(id, stanzaId);
    }
  }

  private async readUpTo(jid: string, archiveId: string): Promise<void> {
    await this.core.db.write(async (tx) => {
      const row = await byArchiveId(tx, jid, archiveId);
      if (row) await this.settle(tx, jid, row.order);
    });
    this.core.bus.touch(`chat ${jid}`);
  }

  private async settle(tx: Tx, jid: string, order: number): Promise<void> {
    const chat = await chatRow(tx, jid, this.kind(jid));
    if (order <= chat.readTo && chat.unread === 0) return;
    const marked = chat.marked;
    settleRead(chat, order);
    chat.marked = marked && order < chat.tail;
    const unread = await unreadRows(tx, chat, MAX_UNREAD);
    chat.unread = unread.length;
    chat.mentions = unread.filter(mentionsMe).length;
    await tx.put('chats', chat);
  }

  /** The reader has seen what somebody felt of this message. */
  async sawReaction(jid: string, id: string): Promise<void> {
    const isNews = await this.core.db.write(async (tx) => {
      const chat = await tx.get<ChatRow>('chats', jid);
      if (chat?.reacted !== id) return false;
      const { reacted: _, ...seen } = chat;
      await tx.put('chats', seen);
      return true;
    });
    if (isNews) this.core.bus.touch(`line ${jid}`);
  }

  /** The oldest that was not read and names the reader. */
  async nextMention(jid: string): Promise<string | undefined> {
    return this.core.db.read(async (tx) => (await unreadRows(tx, await chatRow(tx, jid, this.kind(jid)), MAX_UNREAD)).find(mentionsMe)?.id);
  }

  /** The reader has seen everything up to this row: kept, told to one's devices and to the other side. */
  async read(jid: string, id: string): Promise<void> {
    const told = await this.core.db.write(async (tx) => {
      const asked = await tx.get<MessageRow>('messages', [jid, id]);
      const before = await tx.get<ChatRow>('chats', jid);
      if (!asked || (before && asked.order <= before.readTo && before.unread === 0 && !before.marked)) return undefined;
      await this.settle(tx, jid, asked.order);
      // The other side is told of its newest message among these.
      const newest = !asked.mine && asked.archiveId ? asked : await lastRow(tx, jid, (one) => !one.mine && one.order <= asked.order && one.archiveId !== undefined);
      if (newest) await this.owedReads.owe(tx, jid, newest.id);
      return newest?.id;
    });
    this.core.bus.touch(`chat ${jid}`);
    if (told !== undefined) await this.owedReads.settleOne(jid);
  }

  private async tellRead(jid: string, id: string): Promise<void> {
    const { row, chat } = await this.core.db.read(async (tx) => ({ row: await tx.get<MessageRow>('messages', [jid, id]), chat: await tx.get<ChatRow>('chats', jid) }));
    if (row?.archiveId !== undefined) {
      const isRoom = this.core.self.isRoom(jid);
      const isKnown = isRoom || chat?.answered || this.core.live.contacts.has(jid);
      if (this.core.settings.sendMarkers && isKnown && row.stanzaId !== undefined) {
        const target = isRoom ? row.archiveId : row.stanzaId;
        this.core.connection.send(x('message', NS.client, { to: jid, type: isRoom ? 'groupchat' : 'chat', id: this.core.id() }, x('displayed', NS.markers, { id: target }), x('store', NS.hints)));
      }
      const by = isRoom ? jid : this.core.self.jid;
      await this.pep.publish(NS.displayed, jid, x('displayed', NS.displayed, {}, x('stanza-id', NS.sid, { by, id: row.archiveId })), 'whitelist', 'max');
    }
  }
}
