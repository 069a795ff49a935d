import { expect, test } from 'vitest';
import { onlyEmoji, parse, safeHref, type Block, type Inline } from './markup.ts';

const flat = (nodes: Inline[]): string =>
  nodes.map((node) => ('children' in node ? `<${node.kind}>${flat(node.children)}</${node.kind}>` : node.kind === 'text' ? node.text : `<${node.kind}>${node.text}</${node.kind}>`)).join('');
const show = (text: string): string =>
  parse(text)
    .map(function block(one: Block): string {
      if (one.kind === 'p') return flat(one.children);
      return one.kind === 'pre' ? `<pre>${one.text}</pre>` : `<quote>${one.children.map(block).join('|')}</quote>`;
    })
    .join('|');

test.each([
  ['a *strong* word', 'a <strong>strong</strong> word'],
  ['_emphasis_ and ~gone~', '<em>emphasis</em> and <strike>gone</strike>'],
  ['*a _b_ c*', '<strong>a <em>b</em> c</strong>'],
  ['2 * 3 * 4 and snake_case_name', '2 * 3 * 4 and snake_case_name'],
  ['`*not strong*`', '<code>*not strong*</code>'],
  ['*open', '*open'],
  ['你好*世界*吧', '你好<strong>世界</strong>吧'],
  ['**', '**'],
])('styling: %s', (text, expected) => expect(show(text)).toBe(expected));

test('a block of code is kept as it was written, also when nobody closed it', () => {
  expect(show('```\nlet a = *b*;\n```\nafter')).toBe('<pre>let a = *b*;</pre>|after');
  expect(show('```rust\nopen')).toBe('<pre>open</pre>');
});

test('quotes lie inside each other', () => {
  expect(show('> a\n> > b\nc')).toBe('<quote>a|<quote>b</quote></quote>|c');
});

test('a link ends before the full stop, the closing bracket and Chinese punctuation', () => {
  expect(show('see https://example.org/a(b).')).toBe('see <link>https://example.org/a(b)</link>.');
  expect(show('(https://example.org)')).toBe('(<link>https://example.org</link>)');
  expect(show('看https://example.org/路。好')).toContain('<link>https://example.org/路</link>。好');
});

test('only harmless schemes become links', () => {
  for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'blob:x', 'file:///etc/passwd', 'vbscript:x', ' javascript:x']) expect(safeHref(bad)).toBeUndefined();
  expect(show('javascript:alert(1) data:text/html,x')).toBe('javascript:alert(1) data:text/html,x');
  expect(safeHref('https://example.org')).toBe('https://example.org/');
});

test('mentions stand at their ranges, also inside styling', () => {
  const [block] = parse('hi *@Ann*!', [{ begin: 4, end: 8, me: true }]);
  expect(block).toEqual({ kind: 'p', children: [{ kind: 'text', text: 'hi ' }, { kind: 'strong', children: [{ kind: 'mention', text: '@Ann', me: true }] }, { kind: 'text', text: '!' }] });
});

test('a range that points nowhere does no harm', () => {
  expect(parse('hi', [{ begin: 1, end: 99, me: false }, { begin: -4, end: -2, me: false }, { begin: 1, end: 1, me: true }])).toEqual([{ kind: 'p', children: [{ kind: 'text', text: 'hi' }] }]);
});

test('deep nesting and long lines end', () => {
  expect(() => parse('>'.repeat(10_000))).not.toThrow();
  const begun = performance.now();
  parse('*_~`'.repeat(5000));
  expect(performance.now() - begun).toBeLessThan(2000);
});

test('emoji alone are counted, those with parts as one', () => {
  expect(onlyEmoji('👍')).toBe(1);
  expect(onlyEmoji('👩‍👩‍👧 🏳️‍🌈')).toBe(2);
  expect(onlyEmoji('👍 ok')).toBe(0);
  expect(onlyEmoji('12')).toBe(0);
  expect(onlyEmoji('')).toBe(0);
});
