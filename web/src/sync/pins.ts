// What a group has pinned (docs/rooms.md): the room keeps it, for everybody in it.

import { bare } from '../protocol/jid.ts';
import { readForwarded, readMessage, readTime } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import { byArchiveId, chatRow, MAX_PINS, pinRow } from '../store/log.ts';
import type { MessageRow } from '../store/rows.ts';
import type { Core } from './core.ts';
import { ingest } from './ingest.ts';

export class Pins {
  constructor(private readonly core: Core) {}

  /** All that is pinned in the room. Messages that are not here come with it, far back. */
  async read(room: string): Promise<void> {
    const answer = await this.core.iq('get', x('pins', NS.rooms), room);
    const pins = answer.child('pins', NS.rooms)?.all('pin').slice(0, MAX_PINS) ?? [];
    await this.core.db.write(async (tx) => {
      const rows: MessageRow[] = [];
      // The oldest pin first: what is missing is put before all that is here, in that order.
      for (const pin of [...pins].reverse()) {
        const id = pin.attr('id') ?? '';
        const forwarded = readForwarded(pin);
        if (!(await byArchiveId(tx, room, id)) && forwarded) {
          const [first] = await tx.all<MessageRow>('messages', { index: 'order', lower: [room, -Infinity], upper: [room, Infinity], max: 1 });
          await ingest(tx, this.core.self, readMessage(forwarded.message), { way: 'fill', archiveId: id, time: forwarded.time ?? readTime(pin.attr('stamp')) ?? 0, order: (first?.order ?? 0) - 2 ** 40, afterGap: true });
          if (first && (await byArchiveId(tx, room, id))) await tx.put('messages', { ...first, gapBefore: true });
        }
        const row = await byArchiveId(tx, room, id);
        if (row) rows.push(row);
      }
      const chat = await chatRow(tx, room, 'room');
      for (const id of chat.pins ?? []) {
        const row = rows.some((one) => one.id === id) ? undefined : await tx.get<MessageRow>('messages', [room, id]);
        if (row) await tx.put('messages', { ...row, pinned: false });
      }
      chat.pins = [];
      for (const row of rows) {
        pinRow(chat, row, true);
        await tx.put('messages', row);
      }
      await tx.put('chats', chat);
    });
    this.core.bus.touch(`chat ${room}`);
  }

  /** The room tells of a change; false if the message says nothing of pins. */
  async take(stanza: XmlElement): Promise<boolean> {
    const [pinned, unpinned] = [stanza.child('pinned', NS.rooms), stanza.child('unpinned', NS.rooms)];
    const room = bare(stanza.attr('from') ?? '');
    if ((!pinned && !unpinned) || stanza.attr('type') !== 'groupchat' || stanza.attr('from') !== room || !this.core.live.rooms.has(room)) return false;
    const id = (pinned ?? unpinned)?.attr('id') ?? '';
    await this.core.db.write(async (tx) => {
      const row = await byArchiveId(tx, room, id);
      if (!row) return;
      const chat = await chatRow(tx, room, 'room');
      pinRow(chat, row, pinned !== undefined);
      await tx.put('messages', row);
      await tx.put('chats', chat);
    });
    this.core.bus.touch(`chat ${room}`);
    return true;
  }

  async set(room: string, archiveId: string, on: boolean): Promise<void> {
    await this.core.iq('set', x(on ? 'pin' : 'unpin', NS.rooms, { id: archiveId }), room);
  }
}
