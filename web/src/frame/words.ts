// Words for rows: what a list says about a chat, a person, a message.

import { locale, t } from '../i18n/index.svelte.ts';
import type { Affiliation, Chat, Message, Preview, RoomEvent, Show } from '../store/types.ts';
import { listTime } from './format.ts';
import { plain } from './markup.ts';
import { span } from './timers.ts';

export function showWord(show: Show): string {
  return t(`show.${show}`);
}

export function dot(show: Show): 'online' | 'away' | 'busy' | 'offline' {
  if (show === 'dnd') return 'busy';
  if (show === 'away' || show === 'xa') return 'away';
  return show === 'offline' ? 'offline' : 'online';
}

export function chatName(chat: Chat): string {
  return chat.kind === 'self' ? t('chats.self') : chat.name;
}

/** What stands below the name at the head of a conversation. */
export function presenceLine(chat: Chat, now: number): string {
  if (chat.typing.length > 0) return typingLine(chat);
  if (chat.kind === 'self') return '';
  if (chat.kind === 'room') return chat.room?.subject || t('talk.members', { n: chat.room?.members ?? 0 });
  if (chat.show !== 'offline') return chat.status ? `${showWord(chat.show)} · ${chat.status}` : showWord(chat.show);
  return chat.lastSeen ? t('show.lastSeen', { time: listTime(chat.lastSeen, now, locale(), t('talk.yesterday')) }) : chat.status ?? '';
}

export function typingLine(chat: Chat): string {
  const [first, ...others] = chat.typing;
  if (!first) return '';
  if (others.length > 0) return t('chats.typingMany', { n: chat.typing.length });
  if (first.doing === 'recording') return t('chats.recording');
  return chat.kind === 'room' ? t('chats.typingName', { name: first.name }) : t('chats.typing');
}

const KINDS = ['image', 'video', 'voice', 'audio', 'file', 'contact', 'location', 'poll', 'sticker', 'encrypted'] as const;

/** One line about a message that may have no text. */
export function kindLine(kind: Message['kind'], text: string, mine: boolean): string {
  if (kind === 'deleted') return mine ? t('kind.deletedMine') : t('kind.deleted');
  if (text && kind !== 'encrypted') return plain(text);
  const known = KINDS.find((candidate) => candidate === kind);
  return known ? t(`kind.${known}`) : text;
}

export function previewLine(preview: Preview, room: boolean): { who: string; text: string } {
  const text = kindLine(preview.kind, preview.text, preview.mine);
  const who = preview.kind === 'system' ? '' : preview.mine && room ? t('app.you') : (room && preview.name) || '';
  return { who, text };
}

export function timerWord(seconds: number): string {
  return seconds > 0 ? span(seconds, locale()) : t('timer.off');
}

export function eventLine(event: RoomEvent): string {
  if (event.kind === 'timer') return t('event.timer', { by: event.by ?? '', text: timerWord(Number(event.text)) });
  // More than each of the sentences asks for.
  const values = { name: event.name ?? '', by: event.by ?? event.name ?? '', text: event.text ?? '' };
  return t(`event.${event.kind}`, values);
}

export function affiliationWord(affiliation: Affiliation, visitor: boolean): string {
  if (affiliation === 'owner' || affiliation === 'admin') return t(`group.${affiliation}`);
  return visitor ? t('group.visitor') : t('group.member');
}

/** Whether a name or an address matches what was typed, whatever its case and width. */
export function found(query: string, ...texts: (string | undefined)[]): boolean {
  const fold = (text: string): string => text.normalize('NFKC').toLocaleLowerCase();
  const words = fold(query).split(/\s+/).filter(Boolean);
  const all = fold(texts.filter(Boolean).join(' '));
  return words.every((word) => all.includes(word));
}
