// The published table of the compact binding (docs/wire.md), read from the very file that the server has.

import text from '../../../../lib/wire/table/1.txt?raw';

/** Symbols below this are operations; names follow. */
export const NAMES = 64;
export const SHORT_SHAPES = 192;
/** Two-byte codes from here on are single symbols, below it shapes. */
export const SINGLE = 8192;
export const SHORT_PHRASES = 96;
/** How many values of a stanza can be referred to. */
export const AGAIN = 16;

export const OP = {
  end: 0, element: 1, child: 2, attribute: 3, text: 4, uuid: 5, integer: 6, seconds: 7, millis: 8, micros: 9, base64: 10, hex: 11,
  bare: 12, full: 13, subBare: 14, subFull: 15, sub: 16, ownFull: 17, ownBare: 18, ownDomain: 19, same: 20, bareOf: 36, last: 52,
} as const;

export type Name = { kind: 'element'; ns: string; name: string } | { kind: 'attribute' | 'word'; name: string };

export class Table {
  readonly names: Name[] = [];
  readonly shapes: number[][] = [];
  readonly phrases: string[] = [];
  /** The symbol of `namespace name`. */
  readonly elements = new Map<string, number>();
  readonly attributes = new Map<string, number>();
  readonly words = new Map<string, number>();
  /** Phrases by their first unit, the longest first, with their codes. */
  readonly phrasesBy = new Map<string, [string, number][]>();
  private readonly edges = new Map<number, number>();
  private readonly codes: (number | undefined)[] = [undefined];

  constructor(source: string) {
    const pairs: [number, number][] = [];
    let section = '';
    let ns = '';
    for (const line of source.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const items = line.split(' ');
      if (line.startsWith('[')) section = line;
      else if (section === '[elements]' && line.startsWith('=')) ns = line.slice(1);
      else if (section === '[elements]') items.forEach((name) => this.add(this.elements, `${ns} ${name}`, { kind: 'element', ns, name }));
      else if (section === '[attributes]') items.forEach((name) => this.add(this.attributes, name, { kind: 'attribute', name }));
      else if (section === '[words]') items.forEach((name) => this.add(this.words, name, { kind: 'word', name }));
      else if (section === '[shapes]') items.forEach((item) => pairs.push(item.split('+').map(Number) as [number, number]));
      else if (section === '[phrases]') items.forEach((item) => this.phrases.push(item.replaceAll('_', ' ')));
    }
    const expand = (half: number): number[] => {
      if (half < SINGLE) return [half];
      const shape = half - SINGLE;
      const pair = pairs[shape];
      return (this.shapes[shape] ??= pair ? [...expand(pair[0]), ...expand(pair[1])] : []);
    };
    pairs.forEach((_, shape) => expand(SINGLE + shape));
    this.shapes.forEach((shape, code) => this.grow(shape, code));
    this.phrases.forEach((phrase, code) => {
      const first = phrase[0] ?? '';
      const known = this.phrasesBy.get(first);
      if (known) known.push([phrase, code]);
      else this.phrasesBy.set(first, [[phrase, code]]);
    });
    for (const list of this.phrasesBy.values()) list.sort((a, b) => b[0].length - a[0].length);
  }

  private add(numbers: Map<string, number>, key: string, name: Name): void {
    numbers.set(key, NAMES + this.names.length);
    this.names.push(name);
  }

  private grow(shape: number[], code: number): void {
    let at = 0;
    for (const symbol of shape) {
      const key = at * 65_536 + symbol;
      let next = this.edges.get(key);
      if (next === undefined) {
        next = this.codes.push(undefined) - 1;
        this.edges.set(key, next);
      }
      at = next;
    }
    this.codes[at] ??= code;
  }

  /** The longest shape that stands in `symbols` from `from` on. */
  longestShape(symbols: number[], from: number): { code: number; length: number } | undefined {
    let at = 0;
    let best: { code: number; length: number } | undefined;
    for (let i = from; i < symbols.length; i++) {
      const next = this.edges.get(at * 65_536 + (symbols[i] ?? 0));
      if (next === undefined) break;
      at = next;
      const code = this.codes[at];
      if (code !== undefined) best = { code, length: i - from + 1 };
    }
    return best;
  }

  name(symbol: number): Name | undefined {
    return this.names[symbol - NAMES];
  }
}

let known: Table | undefined;

/** Version 1. Read when it is needed first. */
export function table(): Table {
  return (known ??= new Table(text));
}
