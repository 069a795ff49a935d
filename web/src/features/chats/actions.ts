// What can be done with a chat.

import type { Action } from '../../frame/action.ts';
import { api } from '../../frame/api.svelte.ts';
import { askToBlock } from '../../frame/blocking.ts';
import { attempt } from '../../frame/fault.ts';
import { chooseFolder } from '../../frame/folders.ts';
import { chooseMute, mute } from '../../frame/mute.ts';
import { go, openDialog, shell, toast } from '../../frame/shell.svelte.ts';
import { chatName } from '../../frame/words.ts';
import { t } from '../../i18n/index.svelte.ts';
import type { Chat } from '../../store/types.ts';
import { iconArchive, iconBell, iconBlock, iconClear, iconClose, iconExport, iconFavourite, iconFolder, iconMute, iconPin, iconSelect, iconStory, iconUnarchive, iconUnfavourite, iconUnpin, iconUnread } from '../../ui/icons.ts';
import { isMuted, isUnread } from './model.ts';
import { selection } from './selection.svelte.ts';

export function setArchived(chats: readonly Pick<Chat, 'jid'>[], on: boolean): void {
  const set = (to: boolean): Promise<unknown> => Promise.all(chats.map((chat) => api().archive({ chat: chat.jid, on: to })));
  void attempt(set(on)).then((ok) => {
    if (!ok) return;
    const done = !on ? t('chats.unarchivedDone') : chats.length > 1 ? t('chats.archivedMany', { n: chats.length }) : t('chats.archivedDone');
    toast(done, { action: { label: t('app.undo'), perform: () => void attempt(set(!on)) } });
  });
}

export function setFavourite(chats: readonly Pick<Chat, 'jid'>[], on: boolean): void {
  void attempt(Promise.all(chats.map((chat) => api().favour({ chat: chat.jid, on }))), t(on ? 'chats.favouredDone' : 'chats.unfavouredDone'));
}

export function setRead(chat: Chat, isRead: boolean): Promise<void> {
  if (isRead && chat.unread > 0 && chat.last) return api().read({ chat: chat.jid, upTo: chat.last.id });
  return api().markUnread({ chat: chat.jid, on: !isRead });
}

function askToClear(chat: Chat): void {
  const undo = (): void => void attempt(api().undoClear({ chat: chat.jid }).then((isBack) => (isBack ? undefined : toast(t('delete.tooLate'), { bad: true }))));
  openDialog('confirm', {
    title: t('chats.clearAsk', { name: chatName(chat) }),
    text: t('chats.clearText'),
    options: [
      {
        label: t('chats.clear'),
        danger: true,
        perform: async () => {
          if (await attempt(api().clearChat({ chat: chat.jid }))) toast(t('chats.clearDone'), { action: { label: t('app.undo'), perform: undo } });
        },
      },
    ],
  });
}

export const chatActions: Action<Chat>[] = [
  { id: 'story', label: 'story.see', icon: iconStory, when: (chat) => chat.story !== undefined, perform: (chat) => openDialog('stories', { jid: chat.jid }) },
  {
    id: 'pin',
    label: (chat) => (chat.pinned ? 'chats.unpin' : 'chats.pin'),
    icon: (chat) => (chat.pinned ? iconUnpin : iconPin),
    when: (chat) => !chat.archived,
    perform: (chat) => void attempt(api().pin({ chat: chat.jid, on: !chat.pinned })),
  },
  {
    id: 'favourite',
    label: (chat) => (chat.favourite ? 'chats.unfavour' : 'chats.favour'),
    icon: (chat) => (chat.favourite ? iconUnfavourite : iconFavourite),
    when: (chat) => !chat.request,
    perform: (chat) => setFavourite([chat], !chat.favourite),
  },
  { id: 'mute', label: 'chats.mute', icon: iconMute, when: (chat) => !isMuted(chat, Date.now()) && chat.kind !== 'self', perform: (chat) => setTimeout(() => chooseMute(chat)) },
  { id: 'unmute', label: 'chats.unmute', icon: iconBell, when: (chat) => isMuted(chat, Date.now()), perform: (chat) => mute(chat, 0) },
  {
    id: 'unread',
    label: (chat) => (isUnread(chat) ? 'chats.markRead' : 'chats.markUnread'),
    icon: iconUnread,
    perform: (chat) => void attempt(setRead(chat, isUnread(chat))),
  },
  { id: 'folder', label: 'folder.add', icon: iconFolder, perform: (chat) => setTimeout(() => chooseFolder(chat.jid, chatName(chat))) },
  {
    id: 'archive',
    label: (chat) => (chat.archived ? 'chats.unarchive' : 'chats.archive'),
    icon: (chat) => (chat.archived ? iconUnarchive : iconArchive),
    perform: (chat) => setArchived([chat], !chat.archived),
  },
  { id: 'select', label: 'chats.select', icon: iconSelect, perform: (chat) => selection.toggle(chat.jid) },
  { id: 'export', label: 'export.title', icon: iconExport, when: (chat) => chat.last !== undefined, perform: (chat) => openDialog('exportChat', { chat: chat.jid, name: chatName(chat) }) },
  { id: 'clear', label: 'chats.clear', icon: iconClear, danger: true, divided: true, when: (chat) => chat.last !== undefined, perform: askToClear },
  { id: 'block', label: 'contacts.block', icon: iconBlock, danger: true, when: (chat) => chat.kind === 'person' && !chat.blocked, perform: askToBlock },
  {
    id: 'close',
    label: 'chats.close',
    icon: iconClose,
    danger: true,
    perform: (chat) => {
      void attempt(api().closeChat({ chat: chat.jid }), t('chats.closedDone'));
      if (shell.route.view === 'chats' && shell.route.chat === chat.jid) go({ view: 'chats' }, true);
    },
  },
];

export function menuLabel(chat: Chat): string {
  return chatName(chat);
}
