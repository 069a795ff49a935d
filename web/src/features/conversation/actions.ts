// What can be done with a message.

import type { Action } from '../../frame/action.ts';
import { api } from '../../frame/api.svelte.ts';
import { attempt } from '../../frame/fault.ts';
import { formatRoute } from '../../frame/route.ts';
import { openDialog, toast } from '../../frame/shell.svelte.ts';
import { t, type Key } from '../../i18n/index.svelte.ts';
import type { Message } from '../../store/types.ts';
import { iconCopy, iconDelete, iconEdit, iconEyeOff, iconForward, iconInfo, iconLink, iconPin, iconReply, iconReport, iconRetry, iconSelect, iconStar, iconUnpin, iconUnstar } from '../../ui/icons.ts';
import type { Talk } from './talk.svelte.ts';

/** What a group lets one do beside writing. */
export interface May {
  whisper: boolean;
  pin: boolean;
  /** The server takes reports. */
  report: boolean;
}

export interface Target {
  message: Message;
  talk: Talk;
  /** Whether one may write here at all. */
  writable: boolean;
  /** Whether one may pin and take back what others wrote. */
  moderator: boolean;
  room: boolean;
  may: May;
}

/** What is on its way, or did not go, cannot be spoken of yet. */
const unsent = ({ message }: Target): Key | undefined => (message.ticks === 'queued' || message.ticks === 'failed' ? 'act.unsent' : undefined);
const alive = (target: Target): boolean => target.message.kind !== 'deleted' && target.message.kind !== 'system';

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(t('app.copied'));
  } catch {
    toast(t('app.failed'), { bad: true });
  }
}

/** An address that leads to the message, for whoever reads this conversation. */
async function copyLink(chat: string, id: string): Promise<void> {
  await attempt(api().nameInLinks({ chat, id }).then((message) => copy(location.origin + location.pathname + formatRoute({ view: 'chats', chat, message }))));
}

export function askToDelete(talk: Talk, messages: readonly Message[], moderator: boolean): void {
  const ids = messages.map((message) => message.id);
  const remove = (everyone: boolean) => async (): Promise<void> => {
    if (!(await attempt(api().remove({ chat: talk.chat, ids, everyone, mayUndo: true })))) return;
    talk.endSelection();
    // What a moderator removes is removed by the group, at once.
    const mayUndo = !everyone || messages.every((message) => message.mine);
    toast(t('delete.done', { n: ids.length }), mayUndo ? { action: { label: t('app.undo'), perform: () => void takeBack(talk.chat, ids) } } : {});
  };
  const everyone = messages.every((message) => (message.mine || moderator) && message.kind !== 'deleted');
  openDialog('confirm', {
    title: t('delete.title', { n: ids.length }),
    text: everyone ? t('delete.text') : undefined,
    options: [
      ...(everyone ? [{ label: t('delete.everyone'), danger: true, perform: remove(true) }] : []),
      { label: t('delete.me'), danger: true, perform: remove(false) },
    ],
  });
}

async function takeBack(chat: string, ids: string[]): Promise<void> {
  await attempt(api().undoRemove({ chat, ids }).then((count) => (count === 0 ? toast(t('delete.tooLate'), { bad: true }) : undefined)));
}

export const messageActions: Action<Target>[] = [
  { id: 'retry', label: 'act.retry', icon: iconRetry, when: ({ message }) => message.ticks === 'failed', perform: ({ message, talk }) => void attempt(api().retry({ chat: talk.chat, id: message.id })) },
  { id: 'reply', label: 'act.reply', icon: iconReply, shortcut: 'r', when: (target) => alive(target) && target.writable, unless: unsent, perform: ({ message, talk }) => talk.reply(message) },
  { id: 'edit', label: 'act.edit', icon: iconEdit, shortcut: 'e', when: (target) => target.message.mine && target.message.kind === 'text' && target.writable, unless: unsent, perform: ({ message, talk }) => talk.edit(message) },
  {
    id: 'whisper',
    label: 'compose.whisper',
    icon: iconEyeOff,
    when: ({ message, room, writable, may }) => room && may.whisper && writable && !message.mine && !message.whisper && message.kind !== 'system',
    perform: ({ message, talk }) => talk.whisperTo([{ nick: message.from.name, ...(message.from.occupantId && { id: message.from.occupantId }) }]),
  },
  { id: 'copy', label: 'act.copy', icon: iconCopy, shortcut: 'mod+c', when: (target) => alive(target) && !!target.message.text && !String(getSelection?.() ?? ''), perform: ({ message }) => void copy(message.text) },
  { id: 'copyLink', label: 'act.copyLink', icon: iconLink, shortcut: 'l', when: (target) => alive(target) && !target.message.whisper, unless: unsent, perform: ({ message, talk }) => void copyLink(talk.chat, message.id) },
  { id: 'forward', label: 'act.forward', icon: iconForward, shortcut: 'f', when: (target) => alive(target) && !target.message.whisper && !target.message.once, unless: unsent, perform: ({ message, talk }) => openDialog('forward', { chat: talk.chat, ids: [message.id] }) },
  {
    id: 'star',
    label: ({ message }) => (message.starred ? 'act.unstar' : 'act.star'),
    icon: ({ message }) => (message.starred ? iconUnstar : iconStar),
    shortcut: 's',
    when: alive,
    perform: ({ message, talk }) => void attempt(api().star({ chat: talk.chat, ids: [message.id], on: !message.starred })),
  },
  {
    id: 'pin',
    label: ({ message }) => (message.pinned ? 'act.unpin' : 'act.pin'),
    icon: ({ message }) => (message.pinned ? iconUnpin : iconPin),
    when: (target) => alive(target) && (!target.room || target.may.pin) && !target.message.whisper,
    unless: unsent,
    perform: ({ message, talk }) => void attempt(api().pinMessage({ chat: talk.chat, id: message.id, on: !message.pinned })),
  },
  { id: 'info', label: 'act.info', icon: iconInfo, shortcut: 'i', when: (target) => alive(target) && target.message.mine, perform: ({ message }) => openDialog('messageInfo', { message }) },
  {
    id: 'report',
    label: 'act.report',
    icon: iconReport,
    when: (target) => !target.message.mine && alive(target) && target.may.report,
    perform: ({ message, talk, room }) => {
      const person = room ? message.from.jid : talk.chat;
      openDialog('report', { chat: talk.chat, messages: [message], name: message.from.name, group: room, ...(person && { person }) });
    },
  },
  { id: 'select', label: 'act.select', icon: iconSelect, shortcut: 'x', divided: true, perform: ({ message, talk }) => talk.toggle(message.id) },
  { id: 'delete', label: 'act.delete', icon: iconDelete, danger: true, shortcut: 'Delete', perform: ({ message, talk, moderator }) => askToDelete(talk, [message], moderator) },
];

export const QUICK = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

/** One's whole set of reactions after an emoji was pressed. */
export function toggled(message: Message, emoji: string): string[] {
  const mine = message.reactions.filter((reaction) => reaction.mine).map((reaction) => reaction.emoji);
  return mine.includes(emoji) ? mine.filter((one) => one !== emoji) : [...mine, emoji];
}

export function react(message: Message, emoji: string): void {
  void attempt(api().react({ chat: message.chat, id: message.id, emojis: toggled(message, emoji) }));
}
