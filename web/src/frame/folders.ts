// In which folders a chat is, as a menu.

import { t } from '../i18n/index.svelte.ts';
import type { Folder } from '../store/folders.ts';
import { iconCheck, iconFolder, iconPlus } from '../ui/icons.ts';
import { api } from './api.svelte.ts';
import { attempt } from './fault.ts';
import { openDialog, openMenu } from './shell.svelte.ts';

export function chooseFolder(jid: string, name: string): void {
  // Asked once, for the menu that is opened.
  let isShown = false;
  const end = api().watch('folders', undefined, (folders) => {
    queueMicrotask(() => end());
    if (isShown) return;
    isShown = true;
    if (folders.length === 0) return openDialog('folder', { chats: [jid] });
    openMenu({
      label: t('folder.of', { name }),
      at: { x: innerWidth / 2 - 110, y: innerHeight / 3 },
      entries: [
        ...folders.map((folder) => ({ id: folder.id, label: folder.name, icon: folder.chats.includes(jid) ? iconCheck : iconFolder, perform: () => void toggle(folder, jid) })),
        { id: 'new', label: t('folder.new'), icon: iconPlus, divided: true, perform: () => openDialog('folder', { chats: [jid] }) },
      ],
    });
  });
}

function toggle(folder: Folder, jid: string): Promise<boolean> {
  const isIn = folder.chats.includes(jid);
  const chats = isIn ? folder.chats.filter((one) => one !== jid) : [...folder.chats, jid];
  return attempt(api().saveFolder({ ...folder, chats }), t(isIn ? 'folder.out' : 'folder.in', { name: folder.name }));
}
