import { expect, test } from 'vitest';
import { grouped, type Piece } from './albums.ts';

const picture = (caption?: string): Piece => ({ seen: true, ...(caption !== undefined && { caption }) });
const paper: Piece = { seen: false };
const shape = (files: Piece[], words?: string): string[] => grouped(files, words).map((one) => `${one.files.length}:${one.text}`);

test('pictures without words of their own are one message, with the words of all', () => {
  expect(shape([picture(), picture(' '), picture()], ' ridge ')).toEqual(['3:ridge']);
});
test('a picture with words of its own stands by itself, where it was', () => {
  expect(shape([picture(), picture('the hut'), picture(), picture()])).toEqual(['1:', '1:the hut', '2:']);
});
test('the words of all go with the first that has none of its own', () => {
  expect(shape([picture('the hut'), picture(), picture()], 'ridge')).toEqual(['1:the hut', '2:ridge']);
});
test('where each has words of its own, those of all go before', () => {
  expect(shape([picture('a'), picture('b')], 'ridge')).toEqual(['0:ridge', '1:a', '1:b']);
});
test('documents follow the pictures, each by itself', () => {
  expect(shape([paper, picture(), paper, picture()], 'ridge')).toEqual(['2:ridge', '1:', '1:']);
});
test('an album has a bound', () => {
  expect(shape(Array.from({ length: 31 }, () => picture()))).toEqual(['30:', '1:']);
});
