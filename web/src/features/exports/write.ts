// The work of an export: messages page by page from the engine, then the files they name, then one file for the reader.

import { api } from '../../frame/api.svelte.ts';
import { full } from '../../frame/format.ts';
import { locale, t } from '../../i18n/index.svelte.ts';
import type { Message } from '../../store/types.ts';
import { fileName, lines, stamp } from './text.ts';
import { Zip } from './zip.ts';

export interface Way {
  phase: 'reading' | 'fetching';
  done: number;
  total?: number;
}

export interface Wish {
  chat: string;
  name: string;
  /** Who exports. */
  by: string;
  zone: string;
  /** Origins of which files go along; none without. What lies elsewhere would tell them who reads. */
  files: readonly string[] | undefined;
  signal: AbortSignal;
  tell: (way: Way) => void;
}

export async function write(wish: Wish): Promise<{ blob: Blob; name: string; messages: number }> {
  const { chat, name, files, signal, tell } = wish;
  const { id, partial } = await api().beginExport({ chat });
  try {
    const messages = await readAll(id, signal, tell);
    const zip = files && new Zip();
    const places = zip ? await fetchAll(zip, messages, files, signal, tell) : new Map<string, string>();
    const text = [...head(wish, partial), ...messages.map((message) => lines(message, (i) => places.get(`${message.id} ${i}`))), ''].join('\n');
    const base = `${fileName(name)} ${stamp(Date.now()).slice(0, 10)}`;
    // With a mark of its encoding, for programs that would guess.
    const bytes = new TextEncoder().encode(`\ufeff${text}`);
    zip?.add('chat.txt', bytes, Date.now());
    return zip ? { blob: zip.end(), name: `${base}.zip`, messages: messages.length } : { blob: new Blob([bytes], { type: 'text/plain;charset=utf-8' }), name: `${base}.txt`, messages: messages.length };
  } finally {
    void api().endExport().catch(() => undefined);
  }
}

async function readAll(id: string, signal: AbortSignal, tell: (way: Way) => void): Promise<Message[]> {
  const messages: Message[] = [];
  for (;;) {
    signal.throwIfAborted();
    const step = await api().stepExport({ id });
    messages.push(...step.rows);
    if (step.over) return messages;
    if (step.rows.length === 0) tell({ phase: 'reading', done: step.done, ...(step.total !== undefined && { total: step.total }) });
  }
}

function head({ chat, name, by, zone }: Wish, partial: boolean): string[] {
  return [
    t('export.head', { name, chat }), t('export.by', { time: full(Date.now(), locale()), name: by }), t('export.zone', { zone }), t('export.leftOut'),
    ...(partial ? [t('export.partial')] : []), '',
  ].map((line) => line.replace(/[\u2068\u2069]/g, ''));
}

/** Answers where each lies. What is not there any more, or does not fit, is named by its address alone. */
async function fetchAll(zip: Zip, messages: readonly Message[], origins: readonly string[], signal: AbortSignal, tell: (way: Way) => void): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  const wanted = messages.flatMap((message) => message.attachments.flatMap((one, i) => (one.url !== undefined && !message.deleted && origins.includes(originOf(one.url)) ? [{ message, one, i, url: one.url }] : [])));
  for (const [at, { message, one, i, url }] of wanted.entries()) {
    tell({ phase: 'fetching', done: at, total: wanted.length });
    if (!zip.fits(one.size)) continue;
    const answer = await fetch(url, { signal, credentials: 'omit', referrerPolicy: 'no-referrer' }).catch(() => undefined);
    signal.throwIfAborted();
    if (!answer?.ok) continue;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (!zip.fits(bytes.length)) continue;
    const place = `files/${String(at + 1).padStart(4, '0')} ${fileName(one.name)}`;
    zip.add(place, bytes, message.time);
    places.set(`${message.id} ${i}`, place);
  }
  return places;
}

function originOf(url: string): string {
  try {
    return new URL(url).origin;
  } catch {
    return '';
  }
}

/** Into the folder where this browser puts what is loaded down. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
