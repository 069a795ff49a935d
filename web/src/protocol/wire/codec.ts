// Messages of the compact binding: elements to bytes and back (docs/wire.md).

import type { XmlElement } from '../xml.ts';
import { Sink, Source, WireError } from './bytes.ts';
import { AGAIN, NAMES, OP, SHORT_SHAPES, SINGLE, type Table, table } from './table.ts';
import { putString, readString } from './text.ts';
import { type Own, ownOf, putValue, readValue } from './value.ts';

/** Values shorter than this are not worth a reference. */
const AGAIN_LEAST = 4;
const CLIENT_BODY = 'jabber:client body';

/** The message of an element. */
export function encode(element: XmlElement, own: Own | undefined): Uint8Array<ArrayBuffer> {
  const encoder = new Encoder(table(), own);
  encoder.element(element, undefined);
  return encoder.finish();
}

class Encoder {
  private readonly symbols: number[] = [];
  private readonly values = new Sink();
  private readonly before: string[] = [];

  constructor(private readonly table: Table, private readonly own: Own | undefined) {}

  element(element: XmlElement, around: string | undefined): void {
    const known = this.table.elements.get(`${element.ns} ${element.name}`);
    if (known !== undefined) this.symbols.push(known);
    else {
      this.symbols.push(element.ns === around ? OP.child : OP.element);
      putString(this.table, element.name, this.values);
      if (element.ns !== around) putString(this.table, element.ns, this.values);
    }
    for (const [name, value] of Object.entries(element.attributes)) {
      const symbol = this.table.attributes.get(name);
      this.symbols.push(symbol ?? OP.attribute);
      if (symbol === undefined) putString(this.table, name, this.values);
      this.value(value);
    }
    const isBody = `${element.ns} ${element.name}` === CLIENT_BODY;
    for (const child of element.children) {
      if (typeof child !== 'string') this.element(child, element.ns);
      else if (child !== '' && isBody) this.text(child);
      else if (child !== '') this.value(child);
    }
    this.symbols.push(OP.end);
  }

  /** What people write is text, whatever it looks like. */
  private text(text: string): void {
    this.note(text);
    this.symbols.push(OP.text);
    putString(this.table, text, this.values);
  }

  private value(text: string): void {
    const symbol = this.table.words.get(text) ?? this.ownSymbol(text) ?? this.again(text);
    if (symbol !== undefined) {
      this.symbols.push(symbol);
      return;
    }
    this.note(text);
    this.symbols.push(putValue(this.table, this.own, text, this.values));
  }

  private ownSymbol(text: string): number | undefined {
    if (!this.own) return undefined;
    if (text === this.own.full) return OP.ownFull;
    if (text === this.own.bare) return OP.ownBare;
    return text === this.own.domain ? OP.ownDomain : undefined;
  }

  private again(text: string): number | undefined {
    if (text.length < AGAIN_LEAST) return undefined;
    for (const [number, before] of this.before.entries()) {
      if (before === text) return OP.same + number;
      if (!text.includes('/') && before.startsWith(`${text}/`)) return OP.bareOf + number;
    }
    return undefined;
  }

  private note(text: string): void {
    if (this.before.length < AGAIN) this.before.push(text);
  }

  finish(): Uint8Array<ArrayBuffer> {
    const codes: number[] = [];
    for (let at = 0; at < this.symbols.length; ) {
      const found = this.table.longestShape(this.symbols, at);
      const code = found ? found.code : SHORT_SHAPES + SINGLE + (this.symbols[at] ?? 0);
      at += found ? found.length : 1;
      if (code < SHORT_SHAPES) codes.push(code);
      else codes.push(SHORT_SHAPES + ((code - SHORT_SHAPES) >> 8), (code - SHORT_SHAPES) & 0xff);
    }
    const out = new Sink();
    out.number(codes.length);
    out.bytes(codes);
    out.bytes(this.values.take());
    return out.take();
  }
}

export type Decoded = { xml: string } | { own: Own };

/** What a message stands for: XML, to be read as strictly as any, or the own address. */
export function decode(message: Uint8Array, own: Own | undefined): Decoded {
  const source = new Source(message);
  const length = source.length();
  if (length > 0) return { xml: new Decoder(table(), own, new Source(source.take(length)), source).run() };
  const form = source.byte();
  if (form > 1) throw new WireError('an unknown form');
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(source.rest());
  return form === 0 ? { xml: text } : { own: ownOf(text) };
}

class Decoder {
  private readonly parts: string[] = [];
  private readonly open: { name: string; ns: string }[] = [];
  private readonly before: string[] = [];
  private inTag = false;
  private named = false;

  constructor(private readonly table: Table, private readonly own: Own | undefined, private readonly codes: Source, private readonly values: Source) {}

  run(): string {
    while (!this.codes.isEmpty) {
      const byte = this.codes.byte();
      const code = byte < SHORT_SHAPES ? byte : SHORT_SHAPES + (byte - SHORT_SHAPES) * 256 + this.codes.byte();
      const single = code - SHORT_SHAPES - SINGLE;
      const symbols = single >= 0 ? [single] : this.table.shapes[code];
      if (!symbols) throw new WireError('an unknown shape');
      for (const symbol of symbols) {
        if (this.parts.length > 0 && this.open.length === 0) throw new WireError('goes on behind its end');
        this.symbol(symbol);
      }
    }
    if (this.open.length > 0 || !this.values.isEmpty) throw new WireError('is not whole');
    return this.parts.join('');
  }

  private symbol(symbol: number): void {
    if (this.named) {
      this.named = false;
      this.parts.push(escape(this.value(symbol)), '"');
      return;
    }
    const name = symbol >= NAMES ? this.table.name(symbol) : undefined;
    if (name?.kind === 'element') this.start(name.name, name.ns);
    else if (symbol === OP.element || symbol === OP.child) this.unknown(symbol);
    else if (name?.kind === 'attribute') this.attribute(name.name);
    else if (symbol === OP.attribute) this.attribute(this.literal());
    else if (symbol === OP.end) this.end();
    else {
      if (this.open.length === 0) throw new WireError('a value outside of an element');
      this.closeTag();
      this.parts.push(escape(this.value(symbol)));
    }
  }

  private unknown(symbol: number): void {
    const name = this.literal();
    const around = this.open.at(-1)?.ns;
    if (symbol === OP.child && around === undefined) throw new WireError('a child of nothing');
    const ns = symbol === OP.child ? (around ?? '') : readString(this.table, this.values);
    if (name.includes(':')) throw new WireError('a name with a prefix');
    this.start(name, ns);
  }

  private start(name: string, ns: string): void {
    const around = this.open.at(-1)?.ns ?? '';
    this.closeTag();
    this.parts.push('<', name);
    if (ns !== around) this.parts.push(' xmlns="', escape(ns), '"');
    this.open.push({ name, ns });
    this.inTag = true;
  }

  /** A name: nothing in it may end a name, the reader of XML sees the rest. */
  private literal(): string {
    const name = readString(this.table, this.values);
    if (name === '' || /[\u0000- <>&='"/]/.test(name)) throw new WireError('a malformed name');
    return name;
  }

  private attribute(name: string): void {
    if (!this.inTag || name === 'xmlns') throw new WireError('a misplaced attribute');
    this.parts.push(' ', name, '="');
    this.named = true;
  }

  private value(symbol: number): string {
    const name = symbol >= NAMES ? this.table.name(symbol) : undefined;
    if (name?.kind === 'word') return name.name;
    if (symbol >= OP.ownFull && symbol <= OP.ownDomain) {
      if (!this.own) throw new WireError('no address yet');
      return symbol === OP.ownFull ? this.own.full : symbol === OP.ownBare ? this.own.bare : this.own.domain;
    }
    if (symbol >= OP.same && symbol < OP.last) {
      const before = this.before[(symbol - OP.same) % AGAIN];
      if (before === undefined || (symbol >= OP.bareOf && !before.includes('/'))) throw new WireError('a reference to nothing');
      return symbol < OP.bareOf ? before : before.slice(0, before.indexOf('/'));
    }
    const text = readValue(this.table, this.own, symbol, this.values);
    if (this.before.length < AGAIN) this.before.push(text);
    return text;
  }

  private end(): void {
    const open = this.open.pop();
    if (!open) throw new WireError('an end of nothing');
    if (this.inTag) this.parts.push('/>');
    else this.parts.push('</', open.name, '>');
    this.inTag = false;
  }

  private closeTag(): void {
    if (this.inTag) this.parts.push('>');
    this.inTag = false;
  }
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;', '\n': '&#10;', '\t': '&#9;' };

function escape(text: string): string {
  return text.replace(/[&<>"\r\n\t]/g, (letter) => ESCAPES[letter] ?? letter);
}
