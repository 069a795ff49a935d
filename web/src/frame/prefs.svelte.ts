// How this browser shows things: kept here, so that the first thing painted is right; what of it the account keeps too says looks.svelte.ts. Applied as attributes of the page, which the tokens follow.

import { LANGUAGES, preferred, speak, type Language } from '../i18n/index.svelte.ts';
import { keep, kept } from './kept.ts';
import { chooseKeys, type Chosen } from './keys.ts';
import { DYES, GROUNDS, THEMES, type Looks } from '../store/looks.ts';

export interface Prefs extends Looks {
  /** The looks here are not those of the account's other devices. */
  ownLooks: boolean;
  contrast: 'system' | 'normal' | 'more';
  density: 'roomy' | 'compact';
  /** 1 is the browser's own size. */
  textScale: number;
  lessMotion: boolean;
  enterSends: boolean;
  singleKeys: boolean;
  /** Keys that were chosen in place of those that act by themselves. */
  keys: Chosen;
  language: Language;
  /** Width of the list, in px. */
  listWidth: number;
}

const KEY = 'skein.prefs';
/** Text of 12 to 24 px where the browser's own size is 16. */
export const TEXT_SCALES = [0.8, 0.9, 1, 1.25, 1.6] as const;

function read(): Prefs {
  const base: Prefs = {
    ownLooks: false,
    theme: 'system',
    contrast: 'system',
    density: 'roomy',
    textScale: 1,
    lessMotion: false,
    dye: 'indigo',
    ground: 'strands',
    enterSends: true,
    singleKeys: true,
    keys: {},
    language: preferred(navigator.languages),
    listWidth: 360,
  };
  try {
    // Before there were several grounds one could have none.
    const { plainGround, ...told } = JSON.parse(kept(KEY) ?? '{}') as Partial<Prefs> & { plainGround?: boolean };
    const all = { ...base, ...(plainGround && { ground: 'plain' as const }), ...told };
    all.keys = Object.fromEntries(Object.entries(all.keys).filter(([, key]) => typeof key === 'string'));
    const { textScale } = all;
    all.textScale = TEXT_SCALES.reduce((best, one) => (Math.abs(one - textScale) < Math.abs(best - textScale) ? one : best), 1);
    if (!THEMES.includes(all.theme)) all.theme = base.theme;
    if (!DYES.includes(all.dye)) all.dye = base.dye;
    if (!GROUNDS.includes(all.ground)) all.ground = base.ground;
    if (!LANGUAGES.some((language) => language.value === all.language)) all.language = base.language;
    return all;
  } catch {
    return base;
  }
}

const values = $state<Prefs>(read());

export const prefs: Readonly<Prefs> = values;

export function setPref<K extends keyof Prefs>(key: K, value: Prefs[K]): void {
  values[key] = value;
  keep(KEY, JSON.stringify(values));
  apply();
}

const media = (query: string): boolean => matchMedia(query).matches;

export function isDark(): boolean {
  return values.theme === 'dark' || (values.theme === 'system' && media('(prefers-color-scheme: dark)'));
}

function apply(): void {
  const root = document.documentElement;
  const set = (name: string, value: string | undefined): void => (value ? root.setAttribute(name, value) : root.removeAttribute(name));
  set('data-theme', values.theme === 'system' ? undefined : values.theme);
  set('data-contrast', values.contrast === 'more' || (values.contrast === 'system' && media('(prefers-contrast: more)')) ? 'more' : undefined);
  set('data-dye', values.dye === 'indigo' ? undefined : values.dye);
  set('data-density', values.density === 'compact' ? 'compact' : undefined);
  set('data-motion', values.lessMotion ? 'less' : undefined);
  chooseKeys({ ...values.keys });
  root.style.setProperty('--text-scale', String(values.textScale));
}

/** Applies what was kept, and follows the system where it decides. */
export async function startPrefs(): Promise<void> {
  apply();
  matchMedia('(prefers-contrast: more)').addEventListener('change', apply);
  await speak(values.language);
}

export async function setLanguage(language: Language): Promise<void> {
  await speak(language);
  setPref('language', language);
}
