// Who has looked at one's stories: told by their clients, if both of them tell when they have read (docs/ephemeral.md).

import type { Tx } from '../store/db.ts';
import type { ContactRow, MetaRow, StoryRow } from '../store/rows.ts';

const VIEWED = 'viewed ';

/** Only of a story that stands, and only by those who may see it. */
export async function noteViewer(tx: Tx, own: string, story: string, viewer: string, time: number): Promise<void> {
  const contact = await tx.get<ContactRow>('contacts', viewer);
  const isTrusted = contact?.subscription === 'both' || contact?.subscription === 'from';
  if (!isTrusted || !(await tx.get<StoryRow>('stories', [own, story]))) return;
  const key = `${VIEWED}${story} ${viewer}`;
  if (!(await tx.get<MetaRow>('meta', key))) await tx.put('meta', { key, value: time });
}

/** The newest first. */
export async function viewers(tx: Tx, story: string): Promise<{ jid: string; time: number }[]> {
  const begin = `${VIEWED}${story} `;
  const rows = await tx.all<MetaRow>('meta', { lower: begin, upper: `${begin}\uffff` });
  return rows.map(({ key, value }) => ({ jid: key.slice(begin.length), time: Number(value) })).sort((a, b) => b.time - a.time);
}

/** With a story goes who saw it. */
export async function forgetViewers(tx: Tx, story: string): Promise<void> {
  for (const { jid } of await viewers(tx, story)) await tx.delete('meta', `${VIEWED}${story} ${jid}`);
}
