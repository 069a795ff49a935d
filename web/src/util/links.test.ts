import { expect, test } from 'vitest';
import { sameLink, webLinks } from './links.ts';

test('addresses of pages are found in a text, without the sign that ends the sentence', () => {
  expect(webLinks('see https://a.example/x. (or http://b.example/y?z=(1)) mailto:c@d.example')).toEqual(['https://a.example/x', 'http://b.example/y?z=(1)']);
  expect(webLinks('看 https://a.example/路，好')).toEqual(['https://a.example/路']);
});

test('an address is the same however it is written', () => {
  expect(sameLink('https://A.example', 'https://a.example/')).toBe(true);
  expect(sameLink('https://a.example/路', 'https://a.example/%E8%B7%AF')).toBe(true);
  expect(sameLink('https://a.example/x', 'https://a.example/y')).toBe(false);
  expect(sameLink('x', 'x')).toBe(false);
});
