// Numbers, digits and base64 of the compact binding.

export class WireError extends Error {}

/** Bytes that grow. */
export class Sink {
  private room = new Uint8Array(256);
  private used = 0;

  get length(): number {
    return this.used;
  }

  byte(value: number): void {
    this.reserve(1);
    this.room[this.used++] = value;
  }

  bytes(values: ArrayLike<number>): void {
    this.reserve(values.length);
    this.room.set(values, this.used);
    this.used += values.length;
  }

  /** A number in groups of seven bits, the lowest first. */
  number(value: number | bigint): void {
    let rest = BigInt(value);
    while (rest >= 0x80n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.room.slice(0, this.used);
  }

  private reserve(more: number): void {
    if (this.used + more <= this.room.length) return;
    const larger = new Uint8Array(Math.max(this.room.length * 2, this.used + more));
    larger.set(this.room);
    this.room = larger;
  }
}

/** Reads from the front of bytes. */
export class Source {
  private at = 0;

  constructor(private readonly all: Uint8Array) {}

  get isEmpty(): boolean {
    return this.at === this.all.length;
  }

  byte(): number {
    const byte = this.all[this.at];
    if (byte === undefined) throw new WireError('ends too early');
    this.at += 1;
    return byte;
  }

  take(length: number): Uint8Array {
    if (length > this.all.length - this.at) throw new WireError('ends too early');
    this.at += length;
    return this.all.subarray(this.at - length, this.at);
  }

  number(): bigint {
    let number = 0n;
    for (let shift = 0n; shift < 63n; shift += 7n) {
      const byte = this.byte();
      number |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0n) break;
        return number;
      }
    }
    throw new WireError('a number that is not in its shortest form');
  }

  length(): number {
    return Number(this.number());
  }

  rest(): Uint8Array {
    return this.take(this.all.length - this.at);
  }
}

export function isHex(text: string): boolean {
  return text.length >= 8 && text.length % 2 === 0 && /^[0-9a-f]+$/.test(text);
}

export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Whether the letters give back the same letters: the spare bits of the last are zero. */
function comesBack(letters: string): boolean {
  const rest = letters.length % 4;
  if (rest === 0) return true;
  if (rest === 1) return false;
  const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.indexOf((letters.at(-1) ?? '').replace('-', '+').replace('_', '/'));
  return (last & (rest === 2 ? 15 : 3)) === 0;
}

export function isBase64(text: string): boolean {
  return text.length >= 16 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text) && comesBack(text.replace(/=+$/, ''));
}

export function isBase64Url(text: string): boolean {
  return text.length >= 10 && /^[A-Za-z0-9_-]+$/.test(text) && comesBack(text);
}
