import { describe, expect, it } from 'vitest';
import vectors from '../../../../lib/wire/tests/vectors.txt?raw';
import { parse, x } from '../xml.ts';
import { fromHex } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { openSocket, type Raw } from './socket.ts';
import { ownOf } from './value.ts';
import { toHex } from '../../util/bytes.ts';

const lines = vectors.trimEnd().split('\n');
const cases = Array.from({ length: lines.length / 3 }, (_, at) => lines.slice(3 * at, 3 * at + 3) as [string, string, string]);

describe('the vectors of all implementations', () => {
  it('are there', () => expect(cases.length).toBeGreaterThan(30));

  for (const [own, xml, hex] of cases) {
    const address = own === '-' ? undefined : ownOf(own);
    it(`decodes and encodes ${xml.slice(0, 60)}… for ${own}`, () => {
      const decoded = decode(fromHex(hex), address);
      expect('xml' in decoded && parse(decoded.xml)).toEqual(parse(xml));
      expect(toHex(encode(parse(xml), address))).toBe(hex);
    });
  }
});

describe('hostile messages', () => {
  const own = ownOf('juliet@example.org/balcony');
  const [, , hex] = cases.find(([address]) => address === own.full) ?? ['', '', ''];

  it('are refused, wherever they are cut', () => {
    const message = fromHex(cases.find(([, xml]) => xml.includes('Good morning'))?.[2] ?? '');
    for (let cut = 0; cut < message.length; cut++) expect(() => decode(message.subarray(0, cut), own), `${cut}`).toThrow();
  });

  it('have no tail', () => expect(() => decode(fromHex(`${hex}00`), own)).toThrow());

  it('are what they seem: no markup in names', () => {
    const name = (text: string): number[] => [text.length * 4, ...new TextEncoder().encode(text)];
    const element = (text: string) => decode(Uint8Array.from([4, 0xe0, 1, 0xe0, 0, ...name(text), ...name('urn:x')]), own);
    expect(element('a')).toEqual({ xml: '<a xmlns="urn:x"/>' });
    for (const bad of ['a b', 'a><b', 'a/', '', 'p:a']) expect(() => element(bad), bad).toThrow();
  });

  it('shorten no address before there is one', () => {
    const message = encode(x('message', 'jabber:client', { to: own.full }), own);
    expect(() => decode(message, undefined)).toThrow();
    expect(decode(message, own)).toEqual({ xml: `<message xmlns="jabber:client" to="${own.full}"/>` });
  });
});

describe('a socket', () => {
  function pair(protocol: string) {
    const sent: (string | Uint8Array)[] = [];
    const raw = { protocol, binaryType: '', onopen: null, onmessage: null, onclose: null, send: (data: string | Uint8Array) => sent.push(data), close: () => sent.push('closed') } as unknown as Raw;
    let offered: string[] = [];
    const socket = openSocket('wss://example.org/ws', (_, protocols) => ((offered = protocols), raw));
    const heard: unknown[] = [];
    socket.onmessage = ({ data }) => heard.push(data);
    return { raw, socket, sent, heard, offered };
  }

  it('offers the binding and XML', () => expect(pair('xmpp').offered).toEqual(['skein-wire-1', 'xmpp']));

  it('leaves XML as it is where the server speaks nothing else', () => {
    const { raw, socket, sent, heard } = pair('xmpp');
    socket.send('<r xmlns="urn:xmpp:sm:3"/>');
    raw.onmessage?.({ data: '<a/>' });
    expect([sent, heard]).toEqual([['<r xmlns="urn:xmpp:sm:3"/>'], ['<a/>']]);
  });

  it('translates both ways, and shortens addresses once it knows its own', () => {
    const { raw, socket, sent, heard } = pair('skein-wire-1');
    const own = ownOf('juliet@example.org/balcony');
    const to = x('message', 'jabber:client', { to: 'romeo@example.org' });
    socket.send(to.toString());
    raw.onmessage?.({ data: Uint8Array.from([0, 1, ...new TextEncoder().encode(own.full)]).buffer });
    socket.send(to.toString());
    raw.onmessage?.({ data: encode(to, own).buffer });
    expect(sent).toEqual([encode(to, undefined), encode(to, own)]);
    expect(sent[1]?.length).toBeLessThan(sent[0]?.length ?? 0);
    expect(heard).toEqual(['<message xmlns="jabber:client" to="romeo@example.org"/>']);
  });

  it('gives up a connection that it cannot understand', () => {
    const { raw, sent } = pair('skein-wire-1');
    raw.onmessage?.({ data: Uint8Array.from([5]).buffer });
    expect(sent).toEqual(['closed']);
  });
});
