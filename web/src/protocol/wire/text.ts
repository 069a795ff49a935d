// Strings of the compact binding: the bytes of a string in the shortest of four ways.

import { fromBase64, toBase64, toHex, utf8 } from '../../util/bytes.ts';
import { fromHex, isBase64Url, isHex, Sink, Source, WireError } from './bytes.ts';
import { SHORT_PHRASES, type Table } from './table.ts';

const RAW = 0;
const PHRASES = 1;
const HEX = 2;
const BASE64URL = 3;
const LONG_LEAD = 0xc0;
const RUN_LEAD = 0xf8;
const RUN = 8;

export function putString(table: Table, text: string, out: Sink): void {
  if (isHex(text)) return put(HEX, fromHex(text), out);
  const phrases = asPhrases(table, text);
  if (isBase64Url(text)) {
    const bytes = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
    if (bytes.length < phrases.length) return put(BASE64URL, bytes, out);
  }
  const raw = utf8(text);
  if (phrases.length < raw.length) put(PHRASES, phrases, out);
  else put(RAW, raw, out);
}

function put(way: number, bytes: Uint8Array, out: Sink): void {
  out.number(bytes.length * 4 + way);
  out.bytes(bytes);
}

export function readString(table: Table, source: Source): string {
  const head = source.length();
  const bytes = source.take(Math.floor(head / 4));
  switch (head % 4) {
    case RAW:
      return decoded(bytes);
    case PHRASES:
      return fromPhrases(table, bytes);
    case HEX:
      return toHex(bytes);
    default:
      return toBase64(bytes).replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
  }
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function isLiteral(unit: string): boolean {
  return (unit >= ' ' && unit <= '~') || unit === '\n';
}

function asPhrases(table: Table, text: string): Uint8Array {
  const out: number[] = [];
  let run = -1;
  for (let at = 0; at < text.length; ) {
    const unit = text[at] ?? '';
    const found = table.phrasesBy.get(unit)?.find(([phrase]) => text.startsWith(phrase, at));
    if (found) {
      putCode(found[1], out);
      at += found[0].length;
      run = -1;
    } else if (isLiteral(unit)) {
      out.push(unit.charCodeAt(0));
      at += 1;
      run = -1;
    } else {
      const letter = String.fromCodePoint(text.codePointAt(at) ?? 0);
      const bytes = utf8(letter);
      // Letters that stand together share a lead.
      if (run >= 0 && (out[run] ?? 0) - RUN_LEAD + 1 + bytes.length <= RUN) out[run] = (out[run] ?? 0) + bytes.length;
      else run = out.push(RUN_LEAD + bytes.length - 1) - 1;
      out.push(...bytes);
      at += letter.length;
    }
  }
  return Uint8Array.from(out);
}

function putCode(code: number, out: number[]): void {
  if (code <= 9) out.push(code);
  else if (code <= 30) out.push(code + 1);
  else if (code === 31) out.push(0x7f);
  else if (code < SHORT_PHRASES) out.push(0x80 + code - 32);
  else out.push(LONG_LEAD + ((code - SHORT_PHRASES) >> 8), (code - SHORT_PHRASES) & 0xff);
}

function fromPhrases(table: Table, codes: Uint8Array): string {
  const source = new Source(codes);
  const bytes = new Sink();
  while (!source.isEmpty) {
    const byte = source.byte();
    if ((byte >= 0x20 && byte <= 0x7e) || byte === 0x0a) {
      bytes.byte(byte);
    } else if (byte >= RUN_LEAD) {
      bytes.bytes(source.take(byte - RUN_LEAD + 1));
    } else {
      const phrase = table.phrases[codeOf(byte, source)];
      if (phrase === undefined) throw new WireError('an unknown phrase');
      bytes.bytes(utf8(phrase));
    }
  }
  return decoded(bytes.take());
}

function codeOf(byte: number, source: Source): number {
  if (byte <= 9) return byte;
  if (byte <= 31) return byte - 1;
  if (byte === 0x7f) return 31;
  if (byte < LONG_LEAD) return byte - 0x80 + 32;
  return SHORT_PHRASES + (byte - LONG_LEAD) * 256 + source.byte();
}
