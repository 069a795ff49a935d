import zhHant from 'emojibase-data/zh-hant/compact.json';
import zh from 'emojibase-data/zh/compact.json';
import { expect, test } from 'vitest';
import { find, fold, toned, type Emoji } from './data.ts';
import syllables from './pinyin.json';
import { readingsOf, sounds } from './pinyin.ts';

const all = readingsOf(syllables);

test('every sign in the names of emoji has a reading', () => {
  for (const names of [zh, zhHant].map((emoji) => (emoji as { label: string; tags?: string[] }[]).flatMap((one) => [one.label, ...(one.tags ?? [])]))) {
    const mute = [...new Set(names.join('').match(/\p{Script=Han}/gu))].filter((sign) => !all.has(sign));
    expect(mute).toEqual([]);
  }
});

test('signs are found by how they are read, begun or whole, also from the middle and by the letters they begin with', () => {
  for (const typed of ['xiaolian', 'xiaol', 'lian', 'xl', 'xiao']) expect(sounds('大笑脸', typed, all)).toBe(true);
  expect(sounds('银行', 'yinhang', all)).toBe(true);
  for (const typed of ['xiaolianx', 'lx', 'smile', 'x1', '', 'a'.repeat(90)]) expect(sounds('大笑脸', typed, all)).toBe(false);
});

test('an emoji is found by its name, as that sounds, and in English; the colour of skin is kept where it has one', () => {
  const hand: Emoji = { text: '👋', name: '挥手', group: 1, words: fold('挥手 再见 waving hand'), skins: ['👋🏻', '👋🏼', '👋🏽', '👋🏾', '👋🏿'], readings: all };
  const car: Emoji = { text: '🚗', name: '汽车', group: 5, words: fold('汽车 car'), readings: all };
  for (const typed of ['挥手', 'huishou', 'zaijian', 'waving', 'hs hand']) expect(find([car, hand], typed)).toEqual([hand]);
  expect(find([car, hand], 'qiche')).toEqual([car]);
  expect([toned(hand, 0), toned(hand, 5), toned(car, 5)]).toEqual(['👋', '👋🏿', '🚗']);
});
