// What one does to messages for oneself alone, the same on all of one's devices: stars, pins of conversations between
// two, and what is removed from one's own view. Private items (XEP-0223), one a message, in `urn:skein:marks:0`.

import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { Tx } from '../store/db.ts';
import type { MessageRow } from '../store/rows.ts';
import { amend } from './amend.ts';
import type { Core } from './core.ts';
import type { Kind } from './debts.ts';
import { chatRow } from '../store/log.ts';
import { items, type Pep } from './pep.ts';

export interface Mark {
  starred: boolean;
  pinned: boolean;
  hidden: boolean;
}

export class Marks {
  private readonly owed: Kind;

  constructor(private readonly core: Core, private readonly pep: Pep) {
    this.owed = core.debts.kind('mark', (name, mark) => this.share(name, mark as Mark));
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
    const told = rows.filter((row) => row.archiveId !== undefined);
    if (told.length === 0) return;
    await this.core.db.write(async (tx) => {
      for (const row of told) await this.owed.owe(tx, `${row.chat} ${row.archiveId}`, { starred: row.starred, pinned: row.pinned, hidden: row.kind === 'deleted' && row.deleted?.by === 'me' } satisfies Mark);
    });
    await this.owed.settle();
  }

  private async share(name: string, mark: Mark): Promise<void> {
    const [chat = '', id = ''] = name.split(' ');
    const flag = (isSet: boolean): string | undefined => (isSet ? 'true' : undefined);
    await this.pep.publish(NS.marks, id, x('mark', NS.marks, { chat, id, starred: flag(mark.starred), pinned: flag(mark.pinned), hidden: flag(mark.hidden) }), 'whitelist', 'max');
    // Told to the other devices first: what is only taken away they could not tell whose it was.
    if (!mark.starred && !mark.pinned && !mark.hidden) await this.pep.retract(NS.marks, id);
  }
}
