// The emoji and their names in the reader's language, as that sounds, and in English. Fetched when a picker is first opened,
// from this server; the drawings are those of the reader's own system.

import en from 'emojibase-data/en/compact.json?url';
import zh from 'emojibase-data/zh/compact.json?url';
import zhHant from 'emojibase-data/zh-hant/compact.json?url';
import type { Language } from '../../i18n/index.svelte.ts';
import { keep, kept } from '../kept.ts';
import { readings, sounds, type Readings } from './pinyin.ts';

interface Compact {
  hexcode: string;
  unicode: string;
  label: string;
  tags?: string[];
  group?: number;
  order?: number;
  skins?: { hexcode: string; unicode: string }[];
}

export interface Emoji {
  text: string;
  name: string;
  group: number;
  /** Words to find it by, folded. */
  words: string;
  /** With each colour of skin, where it has one. */
  skins?: readonly string[];
  /** How its words are read, if that is another thing. */
  readings?: Readings;
}

const URLS: Record<Language, string> = { en, 'zh-Hans': zh, 'zh-Hant': zhHant };
/** Skin tones and hair are parts, not emoji. */
const PARTS = 2;

/** Colours of skin, light to dark, as they stand in the name of an emoji (Fitzpatrick). */
const TONES = ['1F3FB', '1F3FC', '1F3FD', '1F3FE', '1F3FF'] as const;

const loaded = new Map<Language, Promise<Emoji[]>>();

async function read(url: string): Promise<Compact[]> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`emoji: ${answer.status}`);
  return (await answer.json()) as Compact[];
}

export const fold = (text: string): string => text.normalize('NFKC').toLocaleLowerCase();

/** All emoji in their order. A failed fetch is tried again the next time. */
export function emojis(language: Language): Promise<Emoji[]> {
  let all = loaded.get(language);
  if (!all) {
    all = build(language);
    all.catch(() => loaded.delete(language));
    loaded.set(language, all);
  }
  return all;
}

async function build(language: Language): Promise<Emoji[]> {
  const isEnglish = language === 'en';
  const [own, english, spoken] = await Promise.all([read(URLS[language]), isEnglish ? undefined : read(URLS.en), isEnglish ? undefined : readings()]);
  const names = new Map(english?.map((one) => [one.hexcode, `${one.label} ${(one.tags ?? []).join(' ')}`]));
  return own
    .filter((one) => one.group !== undefined && one.group !== PARTS)
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map((one) => ({
      text: one.unicode,
      name: one.label,
      group: one.group ?? 0,
      words: fold(`${one.label} ${(one.tags ?? []).join(' ')} ${names.get(one.hexcode) ?? ''}`),
      ...(one.skins && { skins: skinsOf(one.skins) }),
      ...(spoken && { readings: spoken }),
    }));
}

/** Of those with several people, all in one colour. */
function skinsOf(skins: NonNullable<Compact['skins']>): string[] {
  return TONES.flatMap((tone) => skins.find(({ hexcode }) => (hexcode.match(/1F3F[B-F]/g) ?? []).every((one) => one === tone))?.unicode ?? []);
}

/** The emoji in the colour that was chosen: 0 is none, 1 the lightest. */
export const toned = (one: Emoji, tone: number): string => (tone > 0 ? one.skins?.[tone - 1] : undefined) ?? one.text;

/** Those that have all the words; names that begin with it come first. */
export function find(all: readonly Emoji[], query: string, max = 120): Emoji[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  const first = words[0] ?? '';
  return all
    .filter((one) => words.every((word) => one.words.includes(word) || (one.readings !== undefined && sounds(one.words, word, one.readings))))
    .sort((a, b) => Number(fold(b.name).startsWith(first)) - Number(fold(a.name).startsWith(first)))
    .slice(0, max);
}

const KEY = 'skein.emoji';
const RECENT = 24;
const TONE_KEY = 'skein.emoji.tone';

export function tone(): number {
  const chosen = Number(kept(TONE_KEY) ?? 0);
  return Number.isInteger(chosen) && chosen >= 0 && chosen <= TONES.length ? chosen : 0;
}

export function chooseTone(to: number): void {
  keep(TONE_KEY, String(to));
}

export function recent(): string[] {
  try {
    const told: unknown = JSON.parse(kept(KEY) ?? '[]');
    return Array.isArray(told) ? told.filter((one) => typeof one === 'string').slice(0, RECENT) : [];
  } catch {
    return [];
  }
}

export function remember(emoji: string): void {
  keep(KEY, JSON.stringify([emoji, ...recent().filter((one) => one !== emoji)].slice(0, RECENT)));
}
