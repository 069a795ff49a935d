// SCRAM-SHA-256 (RFC 5802, RFC 7677) and hashed tokens (XEP-0484, draft-schmaus-kitten-sasl-ht), as a
// client, without channel binding: browsers give none.

import { equal, fromBase64, toBase64, utf8 } from '../util/bytes.ts';

export class SaslError extends Error {}

type Bytes = Uint8Array<ArrayBuffer>;
/** Fewer iterations than these would give the password away to whoever listens (RFC 7677 section 4). */
const MIN_ITERATIONS = 4096;
/** More would hang the browser. */
const MAX_ITERATIONS = 5_000_000;

export async function hmac(key: Bytes, data: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data));
}

async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data));
}

/** What the server offered, for the downgrade protection of XEP-0474. */
export interface Offer {
  mechanisms: string[];
  bindings: string[];
}

export class Scram {
  static readonly mechanism = 'SCRAM-SHA-256';
  private readonly bare: string;
  private serverSignature: Bytes | undefined;

  /** `nonce` is fresh for each attempt. */
  constructor(user: string, private readonly password: string, private readonly nonce: string, private readonly offer?: Offer) {
    this.bare = `n=${user.replace(/=/g, '=3D').replace(/,/g, '=2C')},r=${nonce}`;
  }

  first(): string {
    return `n,,${this.bare}`;
  }

  /** Answers the server's first message. */
  async answer(challenge: string): Promise<string> {
    const fields = parse(challenge);
    const nonce = fields.get('r') ?? '';
    const iterations = Number(fields.get('i'));
    if (fields.has('m')) throw new SaslError('an extension that is not known');
    if (!nonce.startsWith(this.nonce) || nonce.length <= this.nonce.length) throw new SaslError('the nonce is not ours');
    if (!(iterations >= MIN_ITERATIONS && iterations <= MAX_ITERATIONS)) throw new SaslError('iterations out of bounds');
    await this.check(fields.get('h'));
    const material = await crypto.subtle.importKey('raw', utf8(this.password.normalize('NFKC')), 'PBKDF2', false, ['deriveBits']);
    const salt = fromBase64(fields.get('s') ?? '');
    const salted = new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, material, 256));
    const clientKey = await hmac(salted, utf8('Client Key'));
    const final = `c=biws,r=${nonce}`;
    const message = utf8(`${this.bare},${challenge},${final}`);
    const signature = await hmac(await sha256(clientKey), message);
    this.serverSignature = await hmac(await hmac(salted, utf8('Server Key')), message);
    return `${final},p=${toBase64(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)))}`;
  }

  /** The server must know the password too. */
  verify(final: string): void {
    const signature = parse(final).get('v');
    if (!this.serverSignature || !signature || !equal(fromBase64(signature), this.serverSignature)) throw new SaslError('the server does not know the password');
  }

  private async check(hash: string | undefined): Promise<void> {
    if (hash === undefined || !this.offer) return;
    const sorted = (names: string[]): string => [...names].sort().join('\x1e');
    const text = sorted(this.offer.mechanisms) + (this.offer.bindings.length ? `\x1f${sorted(this.offer.bindings)}` : '');
    if (toBase64(await sha256(utf8(text))) !== hash) throw new SaslError('somebody changed what the server offers');
  }
}

function parse(message: string): Map<string, string> {
  return new Map(message.split(',').map((field) => [field.slice(0, 1), field.slice(2)]));
}

/** HT-SHA-256-NONE: shows a token that the server gave before. */
export class HashedToken {
  static readonly mechanism = 'HT-SHA-256-NONE';

  constructor(private readonly user: string, private readonly token: string) {}

  async first(): Promise<Bytes> {
    const proof = await hmac(utf8(this.token), utf8('Initiator'));
    return new Uint8Array([...utf8(this.user), 0, ...proof]);
  }

  async verify(answer: Bytes): Promise<void> {
    if (!equal(answer, await hmac(utf8(this.token), utf8('Responder')))) throw new SaslError('the server does not know the token');
  }
}
