// A chat that stays silent for a while.

import { t } from '../i18n/index.svelte.ts';
import type { Chat } from '../store/types.ts';
import { iconMute } from '../ui/icons.ts';
import type { MenuEntry } from '../ui/menu.ts';
import { api } from './api.svelte.ts';
import { attempt } from './fault.ts';
import { openMenu, toast } from './shell.svelte.ts';

const HOUR = 3_600_000;

type Mutable = Pick<Chat, 'jid' | 'mutedUntil'>;

export function mute(chat: Mutable | readonly Mutable[], until: number): void {
  const all = [chat].flat() as Mutable[];
  const set = (time: (one: Mutable) => number): Promise<unknown> => Promise.all(all.map((one) => api().mute({ chat: one.jid, until: time(one) })));
  void attempt(set(() => until)).then((ok) => {
    if (!ok) return;
    const done = until ? (all.length > 1 ? t('chats.mutedMany', { n: all.length }) : t('chats.mutedDone')) : t('chats.unmutedDone');
    toast(done, { action: { label: t('app.undo'), perform: () => void attempt(set((one) => one.mutedUntil)) } });
  });
}

/** Asks for how long. `at`: beside what was pressed; else in the middle. */
export function chooseMute(chat: Mutable | readonly Mutable[], at?: DOMRect): void {
  const entry = (id: 'chats.mute8' | 'chats.muteWeek' | 'chats.muteAlways', until: () => number): MenuEntry => ({ id, label: t(id), icon: iconMute, perform: () => mute(chat, until()) });
  openMenu({
    label: t('chats.mute'),
    at: at ?? { x: innerWidth / 2 - 110, y: innerHeight / 3 },
    entries: [entry('chats.mute8', () => Date.now() + 8 * HOUR), entry('chats.muteWeek', () => Date.now() + 168 * HOUR), entry('chats.muteAlways', () => Infinity)],
  });
}
