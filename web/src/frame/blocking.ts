// Who is to be silent for one, and of whom the administrators shall know.

import { t } from '../i18n/index.svelte.ts';
import type { Chat } from '../store/types.ts';
import { api } from './api.svelte.ts';
import { attempt } from './fault.ts';
import { openDialog } from './shell.svelte.ts';

export function askToBlock(chat: Pick<Chat, 'jid' | 'name'>): void {
  openDialog('confirm', {
    title: t('contacts.blockAsk', { name: chat.name }),
    text: t('contacts.blockText'),
    options: [
      { label: t('contacts.blockReport'), danger: true, perform: () => openDialog('report', { chat: chat.jid, messages: [], name: chat.name, person: chat.jid, group: false }) },
      { label: t('contacts.block'), danger: true, perform: async () => void (await attempt(api().block({ jid: chat.jid, on: true }), t('contacts.blockedDone'))) },
    ],
  });
}
