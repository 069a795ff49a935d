import { expect, test } from 'vitest';
import en from './en/index.ts';
import { preferred } from './index.svelte.ts';
import { fill, type Text } from './text.ts';
import hans from './zh-Hans/index.ts';
import hant from './zh-Hant/index.ts';

const places = (text: Text): string[] => {
  const last = typeof text === 'string' ? text : text.other;
  return [...last.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();
};

test.each([
  ['zh-Hans', hans],
  ['zh-Hant', hant],
])('%s says everything that English says, with the same places in it', (_, messages) => {
  expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of Object.entries(messages)) {
    expect([key, places(text)]).toEqual([key, places(en[key as keyof typeof en])]);
  }
});

test('no key is said by two areas, where the later would silence the earlier', () => {
  const areas = Object.entries(import.meta.glob<{ default: object }>('./en/*.ts', { eager: true })).filter(([file]) => !file.endsWith('/index.ts'));
  const keys = areas.flatMap(([, area]) => Object.keys(area.default));
  expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
  expect(keys.sort()).toEqual(Object.keys(en).sort());
});

test('the two Chinese scripts are not mixed up', () => {
  const all = (messages: object): string => JSON.stringify(messages);
  expect(all(hans)).not.toMatch(/[設訊傳聯絡組錄檔開關發這為]/u);
  expect(all(hant)).not.toMatch(/[设讯传联络组录档开关发这为]/u);
});

test('a number decides between one and many', () => {
  expect(fill({ one: '1 message', other: '{n} messages' }, { n: 1 }, 'en')).toBe('1 message');
  expect(fill({ one: '1 message', other: '{n} messages' }, { n: 1200 }, 'en')).toBe('1,200 messages');
});

test('a name in another direction is isolated, and one with braces is not filled again', () => {
  expect(fill('Hello {name}', { name: 'אבג' }, 'en')).toBe('Hello \u2068אבג\u2069');
  expect(fill('{a}{b}', { a: '{b}', b: 'x' }, 'en')).toBe('\u2068{b}\u2069\u2068x\u2069');
});

test('the script of the browser decides which Chinese is spoken', () => {
  expect(preferred(['zh-TW', 'en'])).toBe('zh-Hant');
  expect(preferred(['zh-CN'])).toBe('zh-Hans');
  expect(preferred(['zh-Hant-HK'])).toBe('zh-Hant');
  expect(preferred(['fr', 'en-GB', 'zh'])).toBe('en');
});
