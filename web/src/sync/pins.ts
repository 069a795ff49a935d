// What a group has pinned (docs/rooms.md): the room keeps it, for everybody in it.

import { bare } from '../protocol/jid.ts';
import { readForwarded, readTime } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import { byArchiveId, chatRow, MAX_PINS, pinRow } from '../store/log.ts';
import type { MessageRow } from '../store/rows.ts';
import type { Core } from './core.ts';
import type { Islands } from './islands.ts';

export class Pins {
  constructor(private readonly core: Core, private readonly islands: Islands) {}

  /** All that is pinned in the room, once its archive is read. What is not here comes with it, in its place among what is. */
  async read(room: string): Promise<void> {
    const answer = await this.core.iq('get', x('pins', NS.rooms), room);
    const pins = answer.child('pins', NS.rooms)?.all('pin').slice(0, MAX_PINS) ?? [];
    await this.core.db.write(async (tx) => {
      const rows: MessageRow[] = [];
      // The newest pin comes first.
      for (const pin of [...pins].reverse()) {
        const id = pin.attr('id') ?? '';
        const forwarded = readForwarded(pin);
        if (!(await byArchiveId(tx, room, id)) && forwarded) await this.islands.weave(tx, room, { entries: [{ id, message: forwarded.message, time: forwarded.time ?? readTime(pin.attr('stamp')) ?? 0 }] });
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
