import { expect, test } from 'vitest';
import { parse } from '../../frame/markup.ts';
import { pastedOf, styled } from './pasted.ts';

test.each([
  ['words in bold, slanted, struck and as code', '<p>a <b>bold</b>, <em>slanted</em>, <s>gone</s> and <code>x = 1</code></p>', 'a *bold*, _slanted_, ~gone~ and `x = 1`'],
  ['styles that are only said', '<span>plain </span><span style="font-weight: 700; color: red">strong</span><span style="font-style:italic"> and so</span>', 'plain *strong* _and so_'],
  ['a document whose bold wrapper is not bold', '<b style="font-weight:normal" id="docs-internal"><p>one <span style="font-weight:700">two</span></p></b>', 'one *two*'],
  ['paragraphs and lines', '<p>one</p><p><b>two</b> three<br>four</p>', 'one\n\n*two* three\nfour'],
  ['lists in lists', '<ul><li>milk</li><li>bread<ol><li>dark</li><li>light</li></ol></li></ul>', '- milk\n- bread\n  1. dark\n  2. light'],
  ['a quote in a talk', '<div>she said</div><blockquote><p>never</p><p>ever</p></blockquote><p>ok</p>', 'she said\n\n> never\n>\n> ever\n\nok'],
  ['code on lines of its own', '<p>try</p><pre><code>if (a &lt; b) {\n  go();\n}</code></pre>', 'try\n\n```\nif (a < b) {\n  go();\n}\n```'],
  ['a link with words, and one that says where it leads', '<p>see <a href="https://a.example/x?y=1&amp;z=2">this</a> or <a href="https://b.example/">b.example</a></p>', 'see this (https://a.example/x?y=1&z=2) or https://b.example/'],
  ['a heading over a text', '<h2>Plan</h2><p>Go.</p>', '*Plan*\n\nGo.'],
  ['what a program puts around it', '<html><head><style>b{x:1}</style></head><body><!--StartFragment--><i>so</i> it is<!--EndFragment--></body></html>', '_so_ it is'],
  ['Chinese words without spaces', '<p>请<b>记得</b>带<i>手套</i>！</p>', '请*记得*带_手套_！'],
])('%s', (_, html, text) => expect(styled(html)).toBe(text));

test('marks that would not be understood are left out: inside a word, around spaces, around their own sign', () => {
  expect(styled('<p>un<b>believ</b>able <b> much </b>, <b>2 * 3</b> <i>yes</i></p>')).toBe('unbelievable *much* , 2 * 3 _yes_');
});

test('what has no style, or one for all of it, and a range of a spreadsheet, are the plain words', () => {
  expect(styled('<meta charset="utf-8"><span style="color:#111">just words</span>')).toBeUndefined();
  expect(styled('<h1>A headline</h1>')).toBeUndefined();
  expect(styled('<table><tr><td><b>a</b></td><td>1</td></tr><tr><td>b</td><td>2</td></tr></table>')).toBeUndefined();
  expect(styled('x'.repeat(500_000))).toBeUndefined();
});

test('no markup, however broken, becomes more than text', () => {
  for (const html of ['<b>a<script>alert(1)</script>b</b> c', '<<b>x</b', '<b x="', '</b></b><i>a</i> b', `${'<div>'.repeat(9000)}<b>deep</b> end`, '<b>&#0;&#xD800;&bogus;</b> a', '<!-- <b>a</b>']) {
    expect(() => styled(html)).not.toThrow();
    expect(styled(html) ?? '').not.toContain('alert');
  }
});

test('what comes out is read as it was meant', () => {
  expect(parse(styled('<p>a <b>bold</b> word</p>') ?? '')[0]).toEqual({ kind: 'p', children: [{ kind: 'text', text: 'a ' }, { kind: 'strong', children: [{ kind: 'text', text: 'bold' }] }, { kind: 'text', text: ' word' }] });
});

test('of words and their picture the words win, and the picture is there still; a picture alone is a file', () => {
  const picture = new File(['x'], 'range.png', { type: 'image/png' });
  const data = (kinds: Record<string, string>) => ({ types: [...Object.keys(kinds), 'Files'], files: [picture] as unknown as FileList, getData: (kind: string) => kinds[kind] ?? '' });
  expect(pastedOf(data({ 'text/plain': 'a\t1', 'text/html': '<table><tr><td><b>a</b></td><td>1</td></tr></table>' }))).toEqual({ text: 'a\t1', styled: false, files: [picture] });
  expect(pastedOf(data({ 'text/html': '<img src="x">' }))).toEqual({ text: undefined, styled: false, files: [picture] });
});
