// The language of the interface. English is in the bundle; the others are fetched when they are chosen.

import en, { type Filling, type Key, type Messages } from './en/index.ts';
import { fill } from './text.ts';

export type { Key } from './en/index.ts';

export const LANGUAGES = [
  { value: 'en', label: 'English' },
  { value: 'zh-Hans', label: '简体中文' },
  { value: 'zh-Hant', label: '繁體中文' },
] as const;
export type Language = (typeof LANGUAGES)[number]['value'];

const load: Record<Language, () => Promise<{ default: Messages }>> = {
  en: () => Promise.resolve({ default: en }),
  'zh-Hans': () => import('./zh-Hans/index.ts'),
  'zh-Hant': () => import('./zh-Hant/index.ts'),
};

let language = $state<Language>('en');
let messages = $state.raw<Messages>(en);

/** A sentence of the interface in the present language. */
export function t<K extends Key>(key: K, ...values: Filling<K>): string {
  return fill(messages[key], values[0], language);
}

/** Names one after the other, as the present language sets them apart. */
export function listed(names: readonly string[]): string {
  return names.join(t('list.comma'));
}

export function locale(): Language {
  return language;
}

/** The language that fits best what the browser asks for. */
export function preferred(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const low = tag.toLowerCase();
    if (/^zh(-.*)?-(hant|tw|hk|mo)/.test(low)) return 'zh-Hant';
    if (/^zh/.test(low)) return 'zh-Hans';
    if (/^en/.test(low)) return 'en';
  }
  return 'en';
}

/** Switches the interface. Both the words and the page's own language change at once. */
export async function speak(next: Language): Promise<void> {
  const loaded = await load[next]();
  messages = loaded.default;
  language = next;
  document.documentElement.lang = next;
  document.documentElement.dir = 'ltr';
}
