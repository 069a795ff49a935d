// Places that move for a while (docs/marks.md): the message says until when, what comes after says where. Only where it
// ended is kept by archives.

import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import { chatRow } from '../store/log.ts';
import type { MessageRow, MetaRow } from '../store/rows.ts';
import type { Place, Sharing } from '../store/types.ts';
import { amend } from './amend.ts';
import { ApiError } from './api.ts';
import { displayName, type Core } from './core.ts';
import type { Outbox } from './outbox.ts';

const SHARED = 'live ';
/** As often as it is told at most. */
export const STEP_MS = 4000;
/** The longest that may be asked for. */
const LONGEST_S = 8 * 3600;

interface Shared {
  chat: string;
  id: string;
  until: number;
}

export function writePlace(place: Place): XmlElement {
  return x('geoloc', NS.geo, {},
    x('lat', NS.geo, {}, String(place.lat)), x('lon', NS.geo, {}, String(place.lon)),
    place.accuracy === undefined ? undefined : x('accuracy', NS.geo, {}, String(Math.round(place.accuracy))),
    place.text === undefined ? undefined : x('text', NS.geo, {}, place.text));
}

export class LivePlaces {
  private told = new Map<string, number>();

  constructor(private readonly core: Core, private readonly outbox: () => Outbox) {}

  async list(): Promise<Sharing[]> {
    const rows = await this.core.db.read((tx) => tx.all<MetaRow>('meta', { lower: SHARED, upper: `${SHARED}~` }));
    return rows.map(({ value }) => value as Shared).filter((one) => one.until > this.core.now()).map((one) => ({ ...one, name: displayName(this.core, one.chat) }));
  }

  async begin(chat: string, place: Place, seconds: number): Promise<string> {
    if (!(seconds > 0) || seconds > LONGEST_S) throw new ApiError({ code: 'bad-request' });
    const until = this.core.now() + seconds * 1000;
    const id = await this.outbox().add({ chat, text: '', place, live: until });
    await this.core.db.write((tx) => tx.put('meta', { key: SHARED + id, value: { chat, id, until } satisfies Shared }));
    this.core.bus.touch('sharing');
    this.core.timer(until - this.core.now(), () => void this.forget(id).catch(() => undefined));
    return id;
  }

  async move(chat: string, id: string, place: Place): Promise<void> {
    const row = await this.row(chat, id);
    const now = this.core.now();
    if (!row || now - (this.told.get(id) ?? 0) < STEP_MS) return;
    this.told.set(id, now);
    const stanza = this.stanza(row, place, false);
    await this.change(row, place, false);
    // What is not heard now is of no use later.
    if (stanza) this.core.connection.send(stanza);
  }

  async end(chat: string, id: string): Promise<void> {
    const row = await this.row(chat, id);
    await this.forget(id);
    if (!row?.place) return;
    const stanza = this.stanza(row, row.place, true);
    await this.change(row, row.place, true);
    if (stanza) await this.outbox().addStanza(chat, stanza);
  }

  private async forget(id: string): Promise<void> {
    this.told.delete(id);
    await this.core.db.write((tx) => tx.delete('meta', SHARED + id));
    this.core.bus.touch('sharing');
  }

  private async row(chat: string, id: string): Promise<MessageRow | undefined> {
    const row = await this.core.db.read((tx) => tx.get<MessageRow>('messages', [chat, id]));
    return row?.mine && row.live && !row.live.ended && row.live.until > this.core.now() ? row : undefined;
  }

  private async change(row: MessageRow, place: Place, ended: boolean): Promise<void> {
    await this.core.db.write(async (tx) => {
      const chat = await chatRow(tx, row.chat, 'person');
      await amend(tx, chat, { kind: 'moved', target: row.stanzaId ?? '', place, ended }, { author: row.author, name: '', mine: true, isRoom: this.core.self.isRoom(row.chat), time: this.core.now() }, false);
    });
    this.core.bus.touch(`chat ${row.chat}`);
  }

  /** Undefined while the group has not said what it calls the message. */
  private stanza(row: MessageRow, place: Place, ended: boolean): XmlElement | undefined {
    const isRoom = this.core.self.isRoom(row.chat);
    const target = isRoom ? row.archiveId : row.stanzaId;
    if (target === undefined) return undefined;
    const id = this.core.id();
    return x('message', NS.client, { to: row.chat, type: isRoom ? 'groupchat' : 'chat', id },
      x('moved', NS.live, { id: target, ended: ended ? 'true' : undefined }, writePlace(place)),
      x(ended ? 'store' : 'no-store', NS.hints));
  }
}
