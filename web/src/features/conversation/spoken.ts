// New messages of others are spoken once, if the conversation is looked at.

import { announce } from '../../frame/shell.svelte.ts';
import { kindLine } from '../../frame/words.ts';
import { t } from '../../i18n/index.svelte.ts';
import type { Message } from '../../store/types.ts';

/** More at once would be a reading of the whole. */
const MOST = 4;

/** With what its pictures show, which is not heard otherwise. */
function said(row: Message): string {
  const line = kindLine(row.kind, row.text, false);
  const shown = row.kind === 'deleted' || row.spoiler !== undefined ? [] : row.attachments.map((one) => one.desc).filter(Boolean);
  return [line, ...shown].join(', ');
}

export class Spoken {
  /** Up to where it was. */
  #to: number | undefined;

  say(rows: readonly Message[]): void {
    const known = this.#to;
    this.#to = Math.max(known ?? -Infinity, rows.findLast((row) => !row.mine)?.order ?? -Infinity);
    if (known === undefined || !document.hasFocus()) return;
    const fresh = rows.filter((row) => row.order > known && !row.mine && row.kind !== 'system');
    if (fresh.length > 0 && fresh.length <= MOST) announce(fresh.map((row) => t('talk.newFrom', { name: row.from.name, text: said(row) })).join('. '));
  }
}
