// What can be added to a message here, as entries of a menu.

import { attachables } from '../../frame/feature.ts';
import { openDialog } from '../../frame/shell.svelte.ts';
import { t } from '../../i18n/index.svelte.ts';
import type { Chat } from '../../store/types.ts';
import { iconEyeOff, iconTimer } from '../../ui/icons.ts';
import type { MenuEntry } from '../../ui/menu.ts';
import type { Talk } from './talk.svelte.ts';

export interface Attaching {
  chat: Chat;
  talk: Talk;
  /** There is somebody here to whom one may whisper. */
  mayWhisper: boolean;
  /** Opens the browser's own choice of files. */
  choose: (accept: string, camera: boolean) => void;
  take: (files: File[], attached?: boolean) => void;
}

export function attachEntries({ chat, talk, mayWhisper, choose, take }: Attaching): MenuEntry[] {
  const whispers = talk.whisper.length > 0;
  // What has a dialog of its own goes to everybody: not while one whispers.
  const entries = attachables(chat)
    .filter((entry) => !whispers || !entry.dialog || entry.dialog === 'camera')
    .map((entry): MenuEntry => ({
      id: entry.id,
      label: t(entry.label),
      icon: entry.icon,
      hue: entry.hue,
      perform: () => {
        if (entry.dialog === 'camera') openDialog('camera', { ontaken: take });
        else if (entry.dialog) openDialog(entry.dialog, { chat: chat.jid });
        else choose(entry.accept ?? '', entry.capture ?? false);
      },
    }));
  if (mayWhisper) entries.push({ id: 'whisper', label: t('compose.whisper'), icon: iconEyeOff, hue: 22, perform: () => openDialog('whisper', { chat: chat.jid, onchosen: (to) => talk.whisperTo(to) }) });
  if (chat.kind === 'person') entries.push({ id: 'timer', label: t('compose.timer'), icon: iconTimer, hue: 78, perform: () => openDialog('timer', { chat: chat.jid }) });
  return entries;
}
