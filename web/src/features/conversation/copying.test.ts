import { expect, test } from 'vitest';
import { lines } from './copying.ts';

test('what is copied over several messages says when and who, a line for each', () => {
  expect(lines([{ time: '14:20', name: 'Ann', text: 'hello' }, { time: '14:21', name: 'You', text: '好' }])).toBe('[14:20] Ann: hello\n[14:21] You: 好');
});
