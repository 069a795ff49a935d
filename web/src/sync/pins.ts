// Pins of a group, which the room keeps (docs/rooms.md). Rows and the chat follow what it says; where a room
// knows no pins they are this device's own.

import { bare } from '../protocol/jid.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import { byArchiveId, chatRow } from '../store/log.ts';
import type { MessageRow } from '../store/rows.ts';
import type { Core } from './core.ts';

/** As many as the room keeps. */
const MOST = 50;

/** Whether the room keeps pins: it is one that tells of rights. */
export function keepsPins(core: Core, room: string): boolean {
  return core.live.rooms.get(room)?.facts?.has(`{${NS.roomsOwn}}rights`) ?? false;
}

/** Asks the room what is pinned; what is not here (yet) is passed over. */
export async function readPins(core: Core, room: string): Promise<void> {
  if (!keepsPins(core, room)) return;
  const answer = await core.iq('get', x('pins', NS.roomsOwn), room);
  const ids = (answer.child('pins', NS.roomsOwn)?.all('pin') ?? []).map((pin) => pin.attr('id') ?? '').filter(Boolean);
  await core.inOrder(() => core.db.write(async (tx) => {
    const chat = await chatRow(tx, room, 'room');
    const rows = (await Promise.all(ids.map((id) => byArchiveId(tx, room, id)))).filter((row): row is MessageRow => row !== undefined);
    for (const old of chat.pins ?? []) {
      const row = rows.some((one) => one.id === old) ? undefined : await tx.get<MessageRow>('messages', [room, old]);
      if (row) await tx.put('messages', { ...row, pinned: false });
    }
    for (const row of rows) if (!row.pinned) await tx.put('messages', { ...row, pinned: true });
    // The room says the newest first; the bar shows the last of these.
    chat.pins = rows.map((row) => row.id).reverse();
    await tx.put('chats', chat);
  }));
  core.bus.touch(`chat ${room}`);
}

/** True if the message only told of a pin. It has its turn already: to wait for another would be to wait for itself. */
export async function pinEvent(core: Core, stanza: XmlElement): Promise<boolean> {
  const from = stanza.attr('from') ?? '';
  const pinned = stanza.child('pinned', NS.roomsOwn);
  const told = pinned ?? stanza.child('unpinned', NS.roomsOwn);
  // Only the room itself says so, never somebody inside.
  if (!told || from !== bare(from) || !core.live.rooms.has(from)) return false;
  await write(core, from, told.attr('id') ?? '', pinned !== undefined);
  return true;
}

/** After a command of one's own: in its turn among what arrives. */
export function setPin(core: Core, room: string, archiveId: string, on: boolean): Promise<void> {
  return core.inOrder(() => write(core, room, archiveId, on));
}

async function write(core: Core, room: string, archiveId: string, on: boolean): Promise<void> {
  await core.db.write(async (tx) => {
    const row = await byArchiveId(tx, room, archiveId);
    if (!row) return;
    const chat = await chatRow(tx, room, 'room');
    chat.pins = [...(chat.pins ?? []).filter((id) => id !== row.id), ...(on ? [row.id] : [])].slice(-MOST);
    await tx.put('messages', { ...row, pinned: on });
    await tx.put('chats', chat);
  });
  core.bus.touch(`chat ${room}`);
}
