// The other ways to send what is written, as entries of a menu.

import { when } from '../../frame/format.ts';
import { openDialog } from '../../frame/shell.svelte.ts';
import { locale, t } from '../../i18n/index.svelte.ts';
import type { Jid } from '../../store/types.ts';
import { iconEyeOff, iconMute, iconSchedule, iconTimer } from '../../ui/icons.ts';
import type { MenuEntry } from '../../ui/menu.ts';
import { offers } from './schedule.ts';

export interface Sending {
  chat: Jid;
  /** It goes to some alone already: then it goes now, as everything that is to be gone from a group's eyes. */
  whispers: boolean;
  mayWhisper: boolean;
  send: (more: { silent?: boolean; at?: number; timer?: number }) => void;
  whisper: () => void;
}

export function waysToSend({ chat, whispers, mayWhisper, send, whisper }: Sending): MenuEntry[] {
  const now = Date.now();
  const timer: MenuEntry = { id: 'timer', label: t('later.timer'), icon: iconTimer, perform: () => openDialog('timer', { chat, onchosen: (seconds) => send({ timer: seconds }) }) };
  if (whispers) return [timer];
  return [
    { id: 'silent', label: t('later.silent'), icon: iconMute, perform: () => send({ silent: true }) },
    ...offers(now).map((offer): MenuEntry => ({ id: offer.id, label: t(offer.id, { time: when(offer.at, now, locale()) }), icon: iconSchedule, perform: () => send({ at: offer.at }) })),
    { id: 'schedule', label: t('later.choose'), icon: iconSchedule, perform: () => openDialog('schedule', { onchosen: (at) => send({ at }) }) },
    timer,
    ...(mayWhisper ? [{ id: 'whisper', label: t('compose.whisper'), icon: iconEyeOff, divided: true, perform: whisper }] : []),
  ];
}
