import { expect, test } from 'vitest';
import { cut } from './cut.ts';

test('a long text is cut around what was sought', () => {
  const text = `${'a'.repeat(300)} needle ${'b'.repeat(300)}`;
  expect(cut(text, 'NEEDLE')).toContain('needle');
  expect(cut(text, 'needle').startsWith('…')).toBe(true);
  expect(cut(text, 'needle').endsWith('…')).toBe(true);
});

test('a short text stays whole', () => {
  expect(cut('short needle', 'needle')).toBe('short needle');
  expect(cut('short', 'absent')).toBe('short');
});
