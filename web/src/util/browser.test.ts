import { expect, test } from 'vitest';
import { browserName, clearsWeekly } from './browser.ts';

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', 'Firefox, Linux'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0', 'Edge, Windows'],
  ['Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36', 'Chrome, Android'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1', 'Safari, iPhone'],
  ['something else', 'Web'],
])('%s', (agent, name) => expect(browserName(agent)).toBe(name));

test('a tablet that calls itself a Mac is told from one by its fingers', () => {
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15';
  expect(clearsWeekly({ userAgent: mac, maxTouchPoints: 5 })).toBe(true);
  expect(clearsWeekly({ userAgent: mac, maxTouchPoints: 0 })).toBe(false);
  expect(clearsWeekly({ userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/156', maxTouchPoints: 5 })).toBe(true);
  expect(clearsWeekly({ userAgent: 'Mozilla/5.0 (Linux; Android 16; K) Chrome/156.0.0.0', maxTouchPoints: 5 })).toBe(false);
});
