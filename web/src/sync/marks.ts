// What one does to messages for oneself alone, the same on all of one's devices: stars, pins of conversations between
// two, and what is removed from one's own view. Private items (XEP-0223), one a message, in `urn:skein:marks:0`.

import { IqError } from '../protocol/connection.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { Tx } from '../store/db.ts';
import type { MessageRow } from '../store/rows.ts';
import { amend } from './amend.ts';
import type { Archive } from './archive.ts';
import type { Core } from './core.ts';
import type { Kind } from './debts.ts';
import { chatRow } from '../store/log.ts';
import { items, type Pep } from './pep.ts';

export interface Mark {
  starred: boolean;
  pinned: boolean;
  hidden: boolean;
}

/** A mark of a message that was sent from here, as long as its place in the archive is not known: all devices name it by that. */
interface Unnamed {
  mark: Mark;
  stanzaId: string;
  time: number;
}

export class Marks {
  private readonly owed: Kind;
  private readonly unnamed: Kind;

  constructor(private readonly core: Core, private readonly pep: Pep, private readonly archive: Archive) {
    this.owed = core.debts.kind('mark', (name, mark) => this.share(name, mark as Mark));
    this.unnamed = core.debts.kind('unnamed', (name, value) => this.name(name, value as Unnamed));
  }

  /** What the other devices have marked. */
  async read(): Promise<void> {
    const all = await this.pep.read(undefined, NS.marks);
    await this.core.db.write(async (tx) => {
      for (const { payload } of all) if (payload) await this.apply(tx, payload);
    });
    this.core.bus.touch('starred', 'chats');
  }

  async event(event: XmlElement): Promise<void> {
    const told = items(event).flatMap(({ payload }) => (payload ? [payload] : []));
    await this.core.db.write(async (tx) => {
      for (const payload of told) await this.apply(tx, payload);
    });
    this.core.bus.touch('starred', ...told.map((payload) => `chat ${payload.attr('chat')}`));
  }

  private async apply(tx: Tx, payload: XmlElement): Promise<void> {
    const [jid, target] = [payload.attr('chat'), payload.attr('id')];
    if (payload.name !== 'mark' || !jid || !target || (await this.owed.isOwed(tx, `${jid} ${target}`))) return;
    const is = (name: string): boolean => payload.attr(name) === 'true';
    const chat = await chatRow(tx, jid, this.core.self.isRoom(jid) ? 'room' : 'person');
    await amend(tx, chat, { kind: 'mark', target, mark: { starred: is('starred'), pinned: is('pinned'), hidden: is('hidden') } }, { author: this.core.self.jid, name: '', mine: true, isRoom: chat.kind === 'room', time: this.core.now() }, false);
    if (chat.time > 0) await tx.put('chats', chat);
  }

  /** The rows are marked here; the others are told as soon as that can be. */
  async tell(rows: MessageRow[]): Promise<void> {
    await this.core.db.write(async (tx) => {
      for (const row of rows) {
        const mark: Mark = { starred: row.starred, pinned: row.pinned, hidden: row.kind === 'deleted' && row.deleted?.by === 'me' };
        if (row.archiveId !== undefined) await this.owed.owe(tx, `${row.chat} ${row.archiveId}`, mark);
        else if (row.mine && row.stanzaId !== undefined) await this.unnamed.owe(tx, `${row.chat} ${row.id}`, { mark, stanzaId: row.stanzaId, time: row.time } satisfies Unnamed);
      }
    });
    if (rows.some((row) => row.archiveId === undefined)) await this.unnamed.settle();
    await this.owed.settle();
  }

  /** Learns which entry of the archive the message is; from then on its mark is owed as any other. */
  private async name(name: string, { mark, stanzaId, time }: Unnamed): Promise<void> {
    const at = name.indexOf(' ');
    const [chat, id] = [name.slice(0, at), name.slice(at + 1)];
    const row = await this.core.db.read((tx) => tx.get<MessageRow>('messages', [chat, id]));
    if (row?.queued !== undefined) throw new IqError('offline');
    const entry = row?.archiveId ?? (await this.archive.entryOf(chat, stanzaId, row?.time ?? time));
    // What no archive has, the other devices have not got either.
    if (entry === undefined) return;
    await this.core.db.write((tx) => this.owed.owe(tx, `${chat} ${entry}`, mark));
    await this.owed.settleOne(`${chat} ${entry}`);
  }

  private async share(name: string, mark: Mark): Promise<void> {
    const [chat = '', id = ''] = name.split(' ');
    const flag = (isSet: boolean): string | undefined => (isSet ? 'true' : undefined);
    await this.pep.publish(NS.marks, id, x('mark', NS.marks, { chat, id, starred: flag(mark.starred), pinned: flag(mark.pinned), hidden: flag(mark.hidden) }), 'whitelist', 'max');
    // Told to the other devices first: what is only taken away they could not tell whose it was.
    if (!mark.starred && !mark.pinned && !mark.hidden) await this.pep.retract(NS.marks, id);
  }
}
