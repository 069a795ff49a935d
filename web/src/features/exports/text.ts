// A chat as text that people and programs can read: a line begins with the time and its distance from UTC, what goes on is
// indented.

import { eventLine, kindLine } from '../../frame/words.ts';
import { listed, t } from '../../i18n/index.svelte.ts';
import type { Message } from '../../store/types.ts';

const two = (n: number): string => String(n).padStart(2, '0');

/** `2026-11-24 14:20:05 +01:00`, in the zone of this device. */
export function stamp(time: number): string {
  const at = new Date(time);
  const offset = -at.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${zone}`;
}

/** What no file system refuses, and no name that leads elsewhere. */
export function fileName(name: string): string {
  const safe = name.replace(/[\p{Cc}\p{Cf}/\\:*?"<>|]+/gu, ' ').replace(/\s+/g, ' ').replace(/^[.\s]+|[.\s]+$/g, '').slice(0, 80);
  return safe || 'file';
}

/** One message. `place`: where the file lies that goes along, if one does. */
export function lines(message: Message, place: (index: number) => string | undefined): string {
  if (message.kind === 'system') return `[${stamp(message.time)}] * ${message.event ? eventLine(message.event) : message.text}`;
  const said = message.deleted ? [kindLine('deleted', '', message.mine)] : [...quote(message), ...content(message, place), ...feelings(message)];
  const edited = message.edited !== undefined && !message.deleted ? ` (${t('talk.edited')})` : '';
  return `[${stamp(message.time)}] ${message.from.name}${edited}: ${said.join('\n').split('\n').join('\n    ')}`;
}

function quote({ replyTo }: Message): string[] {
  return replyTo ? [`> ${replyTo.name}: ${kindLine(replyTo.kind, replyTo.text, replyTo.mine).replace(/\s+/g, ' ')}`] : [];
}

function content(message: Message, place: (index: number) => string | undefined): string[] {
  const files = message.attachments.map((one, i) => `[${message.kind === 'sticker' ? t('kind.sticker') : t(`kind.${one.kind}`)}: ${[one.name || one.desc, place(i) ?? one.url].filter(Boolean).join(', ')}]`);
  const { place: spot, card, poll } = message;
  return [
    ...(message.encrypted ? [t('kind.encrypted')] : []),
    ...(message.text && !message.encrypted ? [message.text] : []),
    ...files,
    ...(spot ? [`[${t('kind.location')}: ${[spot.text, `${spot.lat}, ${spot.lon}`].filter(Boolean).join(', ')}]`] : []),
    ...(card ? [`[${t('kind.contact')}: ${[card.name, card.jid, card.phone, card.email].filter(Boolean).join(', ')}]`] : []),
    ...(poll ? [`[${t('kind.poll')}: ${poll.question}]`, ...poll.options.map((option) => `- ${option.text}: ${option.votes}`)] : []),
  ];
}

function feelings({ reactions }: Message): string[] {
  return reactions.length > 0 ? [`(${reactions.map((one) => `${one.emoji} ${listed(one.names)}`).join('; ')})`] : [];
}
