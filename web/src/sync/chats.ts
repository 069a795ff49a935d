// What one's devices share about chats: how far one has read (XEP-0490), pins, mutes, archive, drafts (private
// items, XEP-0223: one item a chat in `urn:skein:chats:0`).

import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { Tx } from '../store/db.ts';
import { byArchiveId, chatRow, countUnread, lastRow, settleRead } from '../store/log.ts';
import type { ChatRow, MessageRow } from '../store/rows.ts';
import type { Core } from './core.ts';
import { items, Pep } from './pep.ts';

/** More than these are not counted. */
const MAX_UNREAD = 1000;

export class Chats {
  constructor(private readonly core: Core, private readonly pep: Pep) {}

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
    this.core.bus.touch('chats', ...items(event).map(({ id }) => `chat ${id}`));
  }

  private async state(tx: Tx, jid: string, payload: XmlElement): Promise<void> {
    if (payload.name !== 'chat' || !/^[^/\s]+@[^/\s]+$/.test(jid)) return;
    const chat = await chatRow(tx, jid, this.kind(jid));
    chat.pinned = payload.attr('pinned') === 'true';
    chat.archived = payload.attr('archived') === 'true';
    chat.marked = payload.attr('marked') === 'true';
    const muted = payload.attr('muted');
    chat.mutedUntil = muted === 'always' ? Infinity : Number(muted ?? 0) || 0;
    const draft = payload.child('draft');
    const time = Number(draft?.attr('time') ?? 0);
    if (draft && draft.text !== '' && time >= (chat.draft?.time ?? 0)) chat.draft = { text: draft.text, time };
    else if (!draft && chat.draft && Number(payload.attr('time') ?? 0) >= chat.draft.time) delete chat.draft;
    await tx.put('chats', chat);
  }

  /** Changes what is shared, here at once and for the others when there is a connection. */
  async set(jid: string, change: (chat: ChatRow) => void): Promise<void> {
    const chat = await this.core.db.write(async (tx) => {
      const row = await chatRow(tx, jid, this.kind(jid));
      change(row);
      await tx.put('chats', row);
      return row;
    });
    this.core.bus.touch('chats', `chat ${jid}`, 'badge');
    await this.share(chat);
  }

  private async share(chat: ChatRow): Promise<void> {
    if (!this.core.connection.isLive) return;
    const flag = (isSet: boolean): string | undefined => (isSet ? 'true' : undefined);
    const payload = x('chat', NS.chats,
      { pinned: flag(chat.pinned), archived: flag(chat.archived), marked: flag(chat.marked), muted: chat.mutedUntil === Infinity ? 'always' : chat.mutedUntil || undefined, time: this.core.now() },
      chat.draft ? x('draft', NS.chats, { time: chat.draft.time }, chat.draft.text) : undefined);
    await this.pep.publish(NS.chats, chat.jid, payload, 'whitelist', 'max').catch(() => undefined);
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
    this.core.bus.touch('chats', `chat ${jid}`, 'badge');
  }

  private async settle(tx: Tx, jid: string, order: number): Promise<void> {
    const chat = await chatRow(tx, jid, this.kind(jid));
    if (order <= chat.readTo && chat.unread === 0) return;
    const marked = chat.marked;
    settleRead(chat, order);
    chat.marked = marked && order < chat.tail;
    chat.unread = await countUnread(tx, chat, MAX_UNREAD);
    await tx.put('chats', chat);
  }

  /** The reader has seen everything up to this row: kept, told to one's devices and to the other side. */
  async read(jid: string, id: string): Promise<void> {
    const row = await this.core.inOrder(() => this.core.db.write(async (tx) => {
      const asked = await tx.get<MessageRow>('messages', [jid, id]);
      const before = await tx.get<ChatRow>('chats', jid);
      if (!asked || (before && asked.order <= before.readTo && before.unread === 0 && !before.marked)) return undefined;
      await this.settle(tx, jid, asked.order);
      // The other side is told of its newest message among these.
      if (!asked.mine && asked.archiveId) return asked;
      return lastRow(tx, jid, (one) => !one.mine && one.order <= asked.order && one.archiveId !== undefined);
    }));
    this.core.bus.touch('chats', `chat ${jid}`, 'badge');
    if (row?.archiveId === undefined) return;
    const isRoom = this.core.self.isRoom(jid);
    const isKnown = isRoom || this.core.live.contacts.has(jid);
    if (this.core.settings.sendMarkers && isKnown && row.stanzaId !== undefined) {
      const target = isRoom ? row.archiveId : row.stanzaId;
      this.core.connection.send(x('message', NS.client, { to: jid, type: isRoom ? 'groupchat' : 'chat', id: this.core.id() }, x('displayed', NS.markers, { id: target }), x('store', NS.hints)));
    }
    const by = isRoom ? jid : this.core.self.jid;
    await this.pep.publish(NS.displayed, jid, x('displayed', NS.displayed, {}, x('stanza-id', NS.sid, { by, id: row.archiveId })), 'whitelist', 'max').catch(() => undefined);
  }
}
