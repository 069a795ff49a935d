import { expect, test } from 'vitest';
import { parse, x, XmlElement, XmlError, type Node } from './xml.ts';

test('names get their namespaces', () => {
  const features = parse("<stream:features xmlns:stream='http://etherx.jabber.org/streams'><bind xmlns='urn:b'/><a xmlns='urn:a'><b k='&lt;&#x41;'>t &amp; u</b></a></stream:features>");
  expect(features.is('features', 'http://etherx.jabber.org/streams')).toBe(true);
  expect(features.child('a', 'urn:a')?.child('b')?.text).toBe('t & u');
  expect(features.child('a', 'urn:a')?.child('b')?.attr('k')).toBe('<A');
  expect(features.child('bind', 'urn:b')).toBeDefined();
});

test('what XMPP forbids is refused', () => {
  const bad = [
    '', 'x', '<a>', '<a></b>', '<a/><b/>', '<a b=c/>', "<a b='1' b='2'/>", "<a b='1'c='2'/>", '<p:a/>', "<a p:b='1'/>", '<a>&nbsp;</a>', '<a>&</a>', '<a>&amp</a>',
    '<!-- --><a/>', '<a><!-- --></a>', "<?xml version='1.0'?><a/>", '<!DOCTYPE a><a/>', '<a><![CDATA[x]]></a>', '<a>]]></a>', "<a b='<'/>",
    '<a>\u0001</a>', '<a>&#1;</a>', '<a>&#xD800;</a>', '<a>\uD800</a>', '<a>&#x110000;</a>', '<a'.repeat(3), '< a/>', '<a>'.repeat(70) + '</a>'.repeat(70),
  ];
  for (const source of bad) expect(() => parse(source), source).toThrow(XmlError);
});

test('prototype names are attributes and entities like any other', () => {
  expect(parse("<a constructor='1'/>").attr('toString')).toBeUndefined();
  expect(() => parse('<a>&constructor;</a>')).toThrow(XmlError);
});

// A generator with a seed: the same elements each time.
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('what is written reads back as it was', () => {
  const next = random(7);
  const pick = <T>(list: T[]): T => list[Math.floor(next() * list.length)] as T;
  const texts = ['', 'a', '<>&"\'', 'line\nline\ttab\rreturn', '你好，世界', '👩‍👩‍👧', ']]>', '\u0085\u2028', '&amp;'];
  const make = (depth: number): XmlElement => {
    const children: Node[] = [];
    for (let i = 0; i < 3 && depth > 0; i++) if (next() < 0.6) children.push(pick<() => Node>([() => make(depth - 1), () => `t${pick(texts)}`])());
    const merged = children.filter((node, i) => typeof node !== 'string' || typeof children[i - 1] !== 'string');
    return x(pick(['a', 'b-c', 'message']), pick(['urn:one', 'urn:two', '']), { id: pick(texts), to: next() < 0.5 ? pick(texts) : undefined }, ...merged);
  };
  for (let i = 0; i < 500; i++) {
    const element = make(4);
    expect(parse(element.toString())).toEqual(element);
  }
});

test('a frame that is cut or has a byte changed is read or refused, never anything else', () => {
  const frame = "<message xmlns='jabber:client' to='a@b'><body>x &amp; y</body><x xmlns='urn:x'><y z='1'/></x></message>";
  const next = random(11);
  for (let i = 0; i < 3000; i++) {
    const at = Math.floor(next() * frame.length);
    const changed = next() < 0.5 ? frame.slice(0, at) : frame.slice(0, at) + String.fromCharCode(32 + Math.floor(next() * 95)) + frame.slice(at + 1);
    try {
      parse(changed);
    } catch (error) {
      expect(error).toBeInstanceOf(XmlError);
    }
  }
});
