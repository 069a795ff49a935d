// Passkeys: those of the account (urn:skein:passkeys:0), and signing in with one, which goes over HTTP.

import { faultOf } from '../protocol/faults.ts';
import { IqError } from '../protocol/connection.ts';
import { readTime } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { Passkey, PasskeyBegun, PasskeyList, PasskeyMade, PasskeyShown } from '../store/types.ts';
import { ApiError } from './api.ts';
import type { Core } from './core.ts';

export class Passkeys {
  private known: PasskeyList | undefined;
  private owner: string | undefined;
  private asked = 0;

  constructor(private readonly core: Core, private readonly post: (path: string, body: string) => Promise<Response>) {}

  /** What is known; asked for anew each time that somebody looks. */
  list(): PasskeyList | undefined {
    if (this.owner !== this.core.account?.jid) this.known = undefined;
    if (this.core.abilities.passkeys) void this.read().catch(() => undefined);
    return this.known;
  }

  private async read(): Promise<void> {
    // Looking at the answer is no new question.
    const owner = this.core.account?.jid;
    if (this.owner === owner && this.core.now() - this.asked < AGAIN_MS) return;
    this.owner = owner;
    this.asked = this.core.now();
    const answer = (await this.core.iq('get', x('passkeys', NS.passkeys))).child('passkeys', NS.passkeys);
    const all = (answer?.all('passkey') ?? []).map((one): Passkey => {
      const used = readTime(one.attr('used'));
      return { id: one.attr('id') ?? '', name: one.attr('name') ?? '', domain: one.attr('domain') ?? '', created: readTime(one.attr('created')) ?? 0, ...(used && { used }) };
    });
    this.known = { all, most: Number(answer?.attr('most')) || all.length };
    this.core.bus.touch('passkeys');
  }

  /** What another device added last. */
  news: { name: string; time: number } | undefined;

  /** The server says that another device added one. */
  came(added: XmlElement): void {
    this.news = { name: (added.child('passkey', NS.passkeys)?.attr('name') ?? '').slice(0, 100), time: this.core.now() };
    this.asked = 0;
    this.core.bus.touch('passkeys', 'passkeyNews');
  }

  /** It was seen. */
  seen(): void {
    this.news = undefined;
    this.core.bus.touch('passkeyNews');
  }

  private async change(payload: XmlElement): Promise<void> {
    await this.core.iq('set', payload);
    this.asked = 0;
    await this.read();
  }

  async begin(by: { password: string } | { shown: PasskeyShown }): Promise<PasskeyBegun> {
    const proof = 'password' in by ? x('password', NS.passkeys, {}, by.password) : x('token', NS.passkeys, {}, (await this.show(by.shown)).token);
    const begun = (await this.core.iq('set', x('begin', NS.passkeys, {}, proof))).child('begun', NS.passkeys);
    const [challenge, handle] = [begun?.attr('challenge'), begun?.attr('handle')];
    if (!challenge || !handle) throw new IqError('service-unavailable');
    return { challenge, handle, algorithms: (begun?.attr('algorithms') ?? '').split(' ').map(Number) };
  }

  add(name: string, made: PasskeyMade): Promise<void> {
    const part = (of: 'key' | 'client' | 'data') => x(of, NS.passkeys, {}, made[of]);
    return this.change(x('add', NS.passkeys, { name }, x('made', NS.passkeys, { algorithm: String(made.algorithm) }, part('key'), part('client'), part('data'))));
  }

  rename(id: string, name: string): Promise<void> {
    return this.change(x('rename', NS.passkeys, { id, name }));
  }

  remove(id: string): Promise<void> {
    return this.change(x('remove', NS.passkeys, { id }));
  }

  /** What is to be signed by who wants in. */
  async challenge(): Promise<{ challenge: string; expires: number }> {
    const { challenge, expiry } = await this.ask('/passkey/challenge', '');
    if (challenge === undefined) throw new ApiError({ code: 'internal' });
    return { challenge, expires: readTime(expiry) ?? this.core.now() + CHALLENGE_MS };
  }

  /** Who it is, and the token by which they come in once. */
  async show({ id, handle, client, data, signature }: PasskeyShown): Promise<{ address: string; token: string }> {
    const { address, token } = await this.ask('/passkey/sign-in', JSON.stringify({ id, handle, client, data, signature }));
    if (address === undefined || token === undefined) throw new ApiError({ code: 'internal' });
    return { address, token };
  }

  private async ask(path: string, body: string): Promise<Record<string, string | undefined>> {
    const answer = await this.post(path, body).catch(() => {
      throw new ApiError(faultOf('offline'));
    });
    const told = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
    if (answer.status === 429) throw new ApiError({ code: 'too-many-attempts' });
    // Something before the server may answer instead of it.
    if (!answer.ok) throw new ApiError(faultOf(typeof told.error === 'string' ? told.error : 'offline'));
    return Object.fromEntries(Object.entries(told).map(([name, value]) => [name, typeof value === 'string' ? value : undefined]));
  }
}

/** Sooner than this the list is not asked for again. */
const AGAIN_MS = 2000;
/** How long a challenge is good where the server does not say. */
const CHALLENGE_MS = 300_000;
