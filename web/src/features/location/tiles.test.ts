import { expect, test } from 'vitest';
import { pixels, tilesAround } from './tiles.ts';

const T = 'https://tiles.example/{z}/{x}/{y}.png';

test('the pictures around a place fill the box, the place in the middle', () => {
  // Zoom 1 has four pictures; their common corner is where equator and meridian meet.
  const tiles = tilesAround(T, 0, 0, 1, 200, 100);
  expect(tiles.map((one) => [one.url, one.left, one.top])).toEqual([
    ['https://tiles.example/1/0/0.png', -156, -206],
    ['https://tiles.example/1/1/0.png', 100, -206],
    ['https://tiles.example/1/0/1.png', -156, 50],
    ['https://tiles.example/1/1/1.png', 100, 50],
  ]);
});

test('a length on the ground is as long on the map as its pictures are', () => {
  expect(pixels(40_075_017, 0, 1)).toBeCloseTo(512);
  // Halfway to the pole a picture shows half as much.
  expect(pixels(100, 60, 14) / pixels(100, 0, 14)).toBeCloseTo(2);
});

test('the map goes on behind its edge in the east, and ends at the poles', () => {
  const urls = tilesAround(T, 84, 179.99, 3, 320, 180).map((one) => one.url);
  expect(urls).toContain('https://tiles.example/3/0/0.png');
  expect(urls.every((url) => /\/3\/[0-7]\/[0-7]\.png$/.test(url))).toBe(true);
});

test('a known place lies in its known picture', () => {
  const [middle] = tilesAround(T, 52.5163, 13.3777, 14, 1, 1);
  expect(middle?.url).toBe('https://tiles.example/14/8800/5373.png');
});
