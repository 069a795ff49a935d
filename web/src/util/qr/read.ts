// From the modules of a QR code to its text.

import { correct } from './correct.ts';
import { alignments, blocksOf } from './tables.ts';

/** A square of modules; true is dark. */
export interface Modules {
  size: number;
  dark(x: number, y: number): boolean;
}

const FORMAT_MASK = 0x5412;
/** Bits of a format that may be wrong. */
const MAX_WRONG = 3;

function formatBits(five: number): number {
  let rest = five << 10;
  for (let i = 4; i >= 0; i--) if (rest & (1 << (i + 10))) rest ^= 0x537 << i;
  return ((five << 10) | rest) ^ FORMAT_MASK;
}

function ones(bits: number): number {
  let count = 0;
  for (let left = bits; left; left &= left - 1) count += 1;
  return count;
}

/** Level and mask, from whichever of the two copies is nearer to something that exists. */
function format({ size, dark }: Modules): { level: number; mask: number } | undefined {
  const bit = (x: number, y: number, i: number): number => (dark(x, y) ? 1 << i : 0);
  let [first, second] = [0, 0];
  for (let i = 0; i < 6; i++) first |= bit(8, i, i);
  first |= bit(8, 7, 6) | bit(8, 8, 7) | bit(7, 8, 8);
  for (let i = 9; i < 15; i++) first |= bit(14 - i, 8, i);
  for (let i = 0; i < 8; i++) second |= bit(size - 1 - i, 8, i);
  for (let i = 8; i < 15; i++) second |= bit(8, size - 15 + i, i);
  let best = { wrong: MAX_WRONG + 1, five: 0 };
  for (let five = 0; five < 32; five++) {
    const wrong = Math.min(ones(formatBits(five) ^ first), ones(formatBits(five) ^ second));
    if (wrong < best.wrong) best = { wrong, five };
  }
  return best.wrong > MAX_WRONG ? undefined : { level: best.five >> 3, mask: best.five & 7 };
}

const MASKS: ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** Modules that hold no data: finders, timing, alignment, format, version. */
function reserved(version: number, size: number): (x: number, y: number) => boolean {
  const middles = alignments(version);
  const corner = (x: number, y: number): boolean => (x < 9 && y < 9) || (x >= size - 8 && y < 9) || (x < 9 && y >= size - 8);
  const isFinder = (x: number, y: number): boolean => (x === 6 && y === 6) || (x === 6 && y === size - 7) || (x === size - 7 && y === 6);
  return (x, y) =>
    corner(x, y) || x === 6 || y === 6 ||
    (version >= 7 && ((x >= size - 11 && y < 6) || (y >= size - 11 && x < 6))) ||
    middles.some((mx) => Math.abs(mx - x) <= 2 && middles.some((my) => Math.abs(my - y) <= 2 && !isFinder(mx, my)));
}

function codewords(modules: Modules, version: number, mask: number): Uint8Array {
  const { size } = modules;
  const isReserved = reserved(version, size);
  const inverts = MASKS[mask] as (x: number, y: number) => boolean;
  const out: number[] = [];
  let [bits, count] = [0, 0];
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    // The column of the timing pattern is skipped.
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const y = up ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (isReserved(x, y)) continue;
        bits = (bits << 1) | (modules.dark(x, y) !== inverts(x, y) ? 1 : 0);
        if (++count < 8) continue;
        out.push(bits);
        [bits, count] = [0, 0];
      }
    }
  }
  return Uint8Array.from(out);
}

/** Parts them into their blocks, puts each right, and joins what they hold. */
function data(all: Uint8Array, version: number, level: number): Uint8Array | undefined {
  const { ecc, count } = blocksOf(version, level);
  const short = Math.floor(all.length / count);
  const shorts = count - (all.length % count);
  const blocks = Array.from({ length: count }, (_, i) => new Uint8Array(short + (i < shorts ? 0 : 1)));
  let k = 0;
  for (let i = 0; i < short - ecc + 1; i++) {
    for (const [j, block] of blocks.entries()) if (i < short - ecc || j >= shorts) block[i] = all[k++] ?? 0;
  }
  for (let i = 0; i < ecc; i++) for (const block of blocks) block[block.length - ecc + i] = all[k++] ?? 0;
  if (!blocks.every((block) => correct(block, ecc))) return undefined;
  return Uint8Array.from(blocks.flatMap((block) => [...block.subarray(0, block.length - ecc)]));
}

const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

class Bits {
  private place = 0;
  constructor(private readonly bytes: Uint8Array) {}

  get left(): number {
    return this.bytes.length * 8 - this.place;
  }
  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.place++) value = (value << 1) | (((this.bytes[this.place >> 3] ?? 0) >> (7 - (this.place & 7))) & 1);
    return value;
  }
}

function textOf(bytes: Uint8Array, version: number): string | undefined {
  const bits = new Bits(bytes);
  const size = version < 10 ? 0 : version < 27 ? 1 : 2;
  let out = '';
  while (bits.left >= 4) {
    const mode = bits.take(4);
    if (mode === 0) break;
    if (mode === 7) {
      // What bytes mean (ECI): UTF-8 is tried anyway. One to three bytes long.
      const first = bits.take(8);
      if (first & 0x80) bits.take(first & 0x40 ? 16 : 8);
    } else if (mode === 1) {
      for (let left = bits.take([10, 12, 14][size] ?? 10); left > 0; left -= 3) out += String(bits.take([0, 4, 7, 10][Math.min(3, left)] ?? 0)).padStart(Math.min(3, left), '0');
    } else if (mode === 2) {
      for (let left = bits.take([9, 11, 13][size] ?? 9); left > 0; left -= 2) {
        const pair = bits.take(left > 1 ? 11 : 6);
        out += left > 1 ? `${ALPHANUMERIC[Math.floor(pair / 45)] ?? ''}${ALPHANUMERIC[pair % 45] ?? ''}` : (ALPHANUMERIC[pair] ?? '');
      }
    } else if (mode === 4) {
      const length = bits.take([8, 16, 16][size] ?? 8);
      if (length * 8 > bits.left) return undefined;
      const some = Uint8Array.from({ length }, () => bits.take(8));
      try {
        out += new TextDecoder('utf-8', { fatal: true }).decode(some);
      } catch {
        out += new TextDecoder('latin1').decode(some);
      }
    } else return undefined;
  }
  return out;
}

/** The text of a code, or undefined if it is none or too much of it is wrong. */
export function readModules(modules: Modules): string | undefined {
  const version = (modules.size - 17) / 4;
  if (!Number.isInteger(version) || version < 1 || version > 40) return undefined;
  const known = format(modules);
  if (!known) return undefined;
  const bytes = data(codewords(modules, version, known.mask), version, known.level);
  return bytes && textOf(bytes, version);
}
