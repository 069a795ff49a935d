// Typed values of the compact binding. A type is taken only where it gives back the same text.

import { fromBase64, toBase64, toHex } from '../../util/bytes.ts';
import { fromHex, isBase64, isHex, type Sink, type Source, WireError } from './bytes.ts';
import { OP, type Table } from './table.ts';
import { putString, readString } from './text.ts';

/** Whose stream it is. */
export interface Own {
  full: string;
  bare: string;
  domain: string;
}

export function ownOf(full: string): Own {
  const slash = full.indexOf('/');
  const at = full.indexOf('@');
  if (at <= 0 || slash <= at + 1 || slash === full.length - 1) throw new WireError('no full address');
  return { full, bare: full.slice(0, slash), domain: full.slice(at + 1, slash) };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(?:\.(\d{3}|\d{6}))?Z$/;

/** Puts `text` as the type that it has, and says which. */
export function putValue(table: Table, own: Own | undefined, text: string, out: Sink): number {
  if (UUID.test(text)) {
    out.bytes(fromHex(text.replaceAll('-', '')));
    return OP.uuid;
  }
  if (/^(0|[1-9]\d{0,17})$/.test(text)) {
    out.number(BigInt(text));
    return OP.integer;
  }
  const time = putTime(text, out);
  if (time !== undefined) return time;
  if (isHex(text)) {
    const bytes = fromHex(text);
    out.number(bytes.length);
    out.bytes(bytes);
    return OP.hex;
  }
  const address = own && putAddress(table, own.domain, text, out);
  if (address !== undefined) return address;
  if (isBase64(text)) {
    const bytes = fromBase64(text);
    out.number(bytes.length);
    out.bytes(bytes);
    return OP.base64;
  }
  putString(table, text, out);
  return OP.text;
}

function putTime(text: string, out: Sink): number | undefined {
  const match = TIME.exec(text);
  if (!match) return undefined;
  const seconds = Date.parse(`${text.slice(0, 19)}Z`) / 1000;
  // A day that no month has would come back as another.
  if (!(seconds >= 0 && seconds < 2 ** 32) || timeOf(seconds) !== `${text.slice(0, 19)}Z`) return undefined;
  const fraction = Number(match[1] ?? 0);
  out.bytes([seconds / 2 ** 24, (seconds >>> 16) & 255, (seconds >>> 8) & 255, seconds & 255]);
  if (match[1] === undefined) return OP.seconds;
  if (match[1].length === 3) {
    out.bytes([fraction >> 8, fraction & 255]);
    return OP.millis;
  }
  out.bytes([fraction >> 16, (fraction >> 8) & 255, fraction & 255]);
  return OP.micros;
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function putAddress(table: Table, domain: string, text: string, out: Sink): number | undefined {
  const slash = text.indexOf('/');
  const bare = slash < 0 ? text : text.slice(0, slash);
  const resource = slash < 0 ? undefined : text.slice(slash + 1);
  if (!bare.endsWith(domain)) return undefined;
  const before = bare.slice(0, bare.length - domain.length);
  const put = (kind: number, ...strings: string[]): number => {
    strings.forEach((string) => putString(table, string, out));
    return kind;
  };
  if (before.endsWith('@')) {
    const local = before.slice(0, -1);
    return resource === undefined ? put(OP.bare, local) : put(OP.full, local, resource);
  }
  if (!before.endsWith('.')) return undefined;
  const labels = before.slice(0, -1);
  const at = labels.indexOf('@');
  if (at < 0) return resource === undefined ? put(OP.sub, labels) : undefined;
  const [local, sub] = [labels.slice(0, at), labels.slice(at + 1)];
  return resource === undefined ? put(OP.subBare, local, sub) : put(OP.subFull, local, sub, resource);
}

export function readValue(table: Table, own: Own | undefined, kind: number, source: Source): string {
  switch (kind) {
    case OP.text:
      return readString(table, source);
    case OP.uuid:
      return toHex(source.take(16)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    case OP.integer:
      return String(source.number());
    case OP.seconds:
    case OP.millis:
    case OP.micros:
      return readTime(kind, source);
    case OP.base64:
      return toBase64(source.take(source.length()));
    case OP.hex:
      return toHex(source.take(source.length()));
    default:
      return readAddress(table, own, kind, source);
  }
}

function big(bytes: Uint8Array): number {
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}

function readTime(kind: number, source: Source): string {
  const time = timeOf(big(source.take(4)));
  if (kind === OP.seconds) return time;
  const digits = kind === OP.millis ? 3 : 6;
  const fraction = String(big(source.take(digits === 3 ? 2 : 3)));
  if (fraction.length > digits) throw new WireError('a fraction of a second that is more');
  return time.replace('Z', `.${fraction.padStart(digits, '0')}Z`);
}

function readAddress(table: Table, own: Own | undefined, kind: number, source: Source): string {
  const string = (): string => readString(table, source);
  if (kind < OP.bare || kind > OP.sub) throw new WireError('an unknown type');
  if (!own) throw new WireError('no address yet');
  switch (kind) {
    case OP.bare:
      return `${string()}@${own.domain}`;
    case OP.full:
      return `${string()}@${own.domain}/${string()}`;
    case OP.subBare:
      return `${string()}@${string()}.${own.domain}`;
    case OP.subFull:
      return `${string()}@${string()}.${own.domain}/${string()}`;
    default:
      return `${string()}.${own.domain}`;
  }
}
