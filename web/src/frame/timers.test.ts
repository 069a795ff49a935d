import { expect, test } from 'vitest';
import { span } from './timers.ts';

test('a timer is said in the largest unit that counts it whole', () => {
  expect([30, 90, 3600, 86_400, 604_800, 5400].map((seconds) => span(seconds, 'en'))).toEqual(['30 seconds', '90 seconds', '1 hour', '1 day', '7 days', '90 minutes']);
  expect(span(3600, 'zh-Hans')).toContain('小时');
});
