import { expect, test } from 'vitest';
import { letterSize, linesOf } from './draw.ts';

const ten = (line: string): number => [...line].length * 10;

test('lines break between words', () => {
  expect(linesOf('the quick brown fox', 100, ten)).toEqual(['the quick', 'brown fox']);
});

test('Chinese breaks between any two characters, but not before a full stop', () => {
  expect(linesOf('今天的山很美。明天还去', 70, ten)).toEqual(['今天的山很美。', '明天还去']);
  expect(linesOf('今天的山很美。', 60, ten)).toEqual(['今天的山很', '美。']);
});

test('a word that is longer than a line is cut, and empty lines stay', () => {
  expect(linesOf('abcdefghijkl', 50, ten)).toEqual(['abcde', 'fghij', 'kl']);
  expect(linesOf('a\n\nb', 50, ten)).toEqual(['a', '', 'b']);
});

test('the longer the text the smaller its letters', () => {
  const sizes = ['hi', 'x'.repeat(60), 'x'.repeat(200), 'x'.repeat(500)].map(letterSize);
  expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  expect(new Set(sizes).size).toBe(4);
});
