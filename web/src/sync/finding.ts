// Where a message is that a link, an answer or a search names. If it is not here it is fetched, with what was said
// around it.

import { IqError } from '../protocol/connection.ts';
import { NS } from '../protocol/ns.ts';
import type { Tx } from '../store/db.ts';
import { byArchiveId, byStanzaId, clearedTo, rowsFrom } from '../store/log.ts';
import type { MessageRow } from '../store/rows.ts';
import type { Archive, Entry } from './archive.ts';
import type { Core } from './core.ts';
import type { Islands } from './islands.ts';

/** How a message that is not here is named by others: in a room by its place in the archive, else by its sender's id. */
export const named = (id: string): string => `r:${id}`;
/** The name that is good on every device: the place in the archive. */
export const linked = (row: MessageRow): string => (row.archiveId === undefined ? row.id : `a:${row.archiveId}`);

/** A name: of which kind it is, and what stands in the message. */
function read(name: string): { kind: 'archive' | 'own' | 'any'; id: string } | undefined {
  const kind = ({ 'a:': 'archive', 'o:': 'own', 'r:': 'any' } as const)[name.slice(0, 2)];
  const id = name.slice(2);
  return kind && id !== '' ? { kind, id } : undefined;
}

export class Finding {
  constructor(private readonly core: Core, private readonly archive: Archive, private readonly islands: Islands) {}

  /** Among what is kept here. */
  async held(tx: Tx, chat: string, name: string): Promise<MessageRow | undefined> {
    const row = await tx.get<MessageRow>('messages', [chat, name]);
    const wanted = row ? undefined : read(name);
    if (!wanted) return row;
    const at = wanted.kind === 'own' ? undefined : await byArchiveId(tx, chat, wanted.id);
    if (at || wanted.kind === 'archive') return at;
    return (await byStanzaId(tx, chat, wanted.id)).find((one) => one.mine || wanted.kind === 'any');
  }

  /** Nothing is here of what was said directly before or after it. */
  async isAlone(tx: Tx, row: MessageRow): Promise<boolean> {
    return row.gapBefore || ((await rowsFrom(tx, row.chat, row.order, 2))[1]?.gapBefore ?? false);
  }

  /** Fetches it, and what was said before and after it. Undefined: there is no such message. */
  async fetch(chat: string, name: string): Promise<MessageRow | undefined> {
    const found = await this.entry(chat, name);
    if (!found || found.time <= (await this.core.db.read((tx) => clearedTo(tx, chat)))) return undefined;
    const [before, after] = await Promise.all([this.archive.stretch(chat, {}, { before: found.id }), this.archive.stretch(chat, {}, { after: found.id })]);
    await this.islands.put(chat, { entries: [...before.entries, found, ...after.entries], isBegin: before.isComplete, isEnd: after.isComplete });
    return this.core.db.read((tx) => byArchiveId(tx, chat, found.id));
  }

  private async entry(chat: string, name: string): Promise<Entry | undefined> {
    const wanted = read(name);
    if (!wanted) return undefined;
    const isPlace = wanted.kind === 'archive' || (wanted.kind === 'any' && this.core.self.isRoom(chat));
    const fields = isPlace ? { ids: wanted.id } : { [`{${NS.archive}}message-id`]: wanted.id };
    try {
      const { entries } = await this.archive.query(...this.archive.of(chat, fields), { before: '', max: 1 });
      return entries[0];
    } catch (error) {
      // Not there, not ours to read, or of a server that does not know how to look for it.
      if (error instanceof IqError && ['item-not-found', 'forbidden', 'feature-not-implemented', 'service-unavailable', 'bad-request'].includes(error.condition)) return undefined;
      throw error;
    }
  }
}
