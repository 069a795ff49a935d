// One stream over one WebSocket (RFC 7395), as a machine: frames go in, frames and events come out. No
// socket, no clock. SASL 2 with Bind 2, FAST and inline resumption where the server has them, RFC 6120 else.

import { fromBase64, toBase64, utf8 } from '../util/bytes.ts';
import { NS } from './ns.ts';
import { HashedToken, SaslError, Scram } from './scram.ts';
import type { StreamManagement } from './management.ts';
import { parse, x, XmlError, type XmlElement } from './xml.ts';

export interface Credentials {
  user: string;
  password?: string;
  token?: string;
  /** The token was shown by another device and is good once: one of our own is asked for. */
  isBorrowed?: boolean;
}

export interface Agent {
  /** A UUID, the same as long as this browser keeps its data. */
  id: string;
  software: string;
  device: string;
}

export interface Setup {
  domain: string;
  /** Without credentials the stream stops at its features, for registration. */
  credentials?: Credentials;
  agent: Agent;
  management: StreamManagement;
  nonce: () => string;
  /** The server took tokens the last time: the login goes with the opening, without waiting for what it offers. */
  isEager?: boolean;
}

export type StreamFailure =
  | { kind: 'auth'; condition: string; text?: string; withToken: boolean }
  | { kind: 'stream'; condition: string; text?: string }
  | { kind: 'protocol'; text: string };

export interface Events {
  send(frame: string): void;
  /** Features before login, when there are no credentials. */
  features?(features: XmlElement): void;
  /** Whether the server takes tokens, and resumes, in the first exchange: the next login may be eager. */
  offers?(isFast: boolean): void;
  token(token: string, expiry?: string): void;
  /** The stream is usable. Not resumed: everything that was bound is new. */
  live(jid: string, resumed: boolean): void;
  /** A message, presence or iq. When the promise settles it counts as handled (XEP-0198). */
  stanza(stanza: XmlElement): Promise<void> | void;
  failed(failure: StreamFailure): void;
}

type State = 'opening' | 'authenticating' | 'restarting' | 'binding' | 'enabling' | 'features-only' | 'live' | 'closed';

export class Stream {
  private state: State = 'opening';
  private scram: Scram | undefined;
  private hashed: HashedToken | undefined;
  private isSasl2 = false;
  private jid = '';
  /** Frames are worked on one after the other, though hashing takes its time. */
  private queue: Promise<void> = Promise.resolve();
  get isLive(): boolean {
    return this.state === 'live';
  }

  constructor(private readonly setup: Setup, private readonly events: Events) {}

  open(): void {
    const opening = x('open', NS.framing, { to: this.setup.domain, version: '1.0' }).toString();
    if (!this.setup.isEager || this.setup.credentials?.token === undefined || this.state !== 'opening') return this.events.send(opening);
    this.state = 'authenticating';
    this.isSasl2 = true;
    // What is hashed first leaves together with the opening, and waits for no answer to it.
    this.queue = this.queue.then(async () => {
      const first = await this.firstMessage(true, []);
      if (this.state === 'closed') return;
      this.events.send(opening);
      this.sendLogin(first, { isToken: true, canAskToken: false, binds: [NS.sm, NS.carbons] });
    });
  }

  /** Ends the stream for good: nothing is left to be resumed. */
  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.events.send(x('close', NS.framing).toString());
  }

  send(stanza: XmlElement): void {
    if (this.state === 'live' || this.state === 'features-only') this.events.send(stanza.toString());
  }

  receive(frame: string): Promise<void> {
    this.queue = this.queue.then(async () => {
      if (this.state === 'closed') return;
      try {
        await this.element(parse(frame));
      } catch (error) {
        if (error instanceof XmlError || error instanceof SaslError) this.fail({ kind: 'protocol', text: error.message });
        else throw error;
      }
    });
    return this.queue;
  }

  private fail(failure: StreamFailure): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.events.failed(failure);
  }

  private async element(element: XmlElement): Promise<void> {
    if (element.ns === NS.framing) {
      if (element.name === 'close') this.fail({ kind: 'stream', condition: 'closed' });
      return;
    }
    if (element.is('error', NS.streams)) {
      const condition = element.elements().find((child) => child.name !== 'text');
      const text = element.textOf('text', NS.streamErrors);
      return this.fail({ kind: 'stream', condition: condition?.name ?? 'undefined-condition', ...(text !== undefined && { text }) });
    }
    if (element.is('features', NS.streams)) return this.features(element);
    if (element.ns === NS.sasl2 || element.ns === NS.sasl) return this.sasl(element);
    if (element.ns === NS.sm) return this.management(element);
    if (element.ns !== NS.client) throw new XmlError(`an element of ${element.ns}`);
    if (this.state === 'binding') return this.boundBySets(element);
    if (this.state === 'features-only') return void this.events.stanza(element);
    if (this.state !== 'live') throw new XmlError('a stanza before login');
    this.setup.management.handling(this.events.stanza(element), () => this.answerCount());
  }

  private async features(features: XmlElement): Promise<void> {
    if (this.state === 'live' || this.state === 'closed') return;
    if (!this.setup.credentials) {
      this.state = 'features-only';
      this.events.features?.(features);
      return;
    }
    if (this.state === 'restarting') return this.bindBySets();
    const isFast = fastOf(features).includes(HashedToken.mechanism);
    this.events.offers?.(isFast);
    if (this.state === 'authenticating') {
      if (!isFast) this.fail({ kind: 'stream', condition: 'no-mechanism' });
      return;
    }
    this.state = 'authenticating';
    const modern = features.child('authentication', NS.sasl2);
    const old = features.child('mechanisms', NS.sasl);
    if (modern) await this.authenticate(features, modern);
    else if (old) await this.authenticateOldWay(old);
    else this.fail({ kind: 'stream', condition: 'no-mechanism' });
  }

  private async authenticate(features: XmlElement, offered: XmlElement): Promise<void> {
    this.isSasl2 = true;
    const credentials = this.setup.credentials as Credentials;
    const mechanisms = offered.all('mechanism').map((mechanism) => mechanism.text);
    const inline = offered.child('inline');
    const fast = fastOf(features);
    const usesToken = credentials.token !== undefined && fast.includes(HashedToken.mechanism);
    const bindings = features.child('sasl-channel-binding', 'urn:xmpp:sasl-cb:0')?.all('channel-binding').map((one) => one.attr('type') ?? '') ?? [];
    const first = await this.firstMessage(usesToken, mechanisms, { mechanisms, bindings });
    const binds = inline?.child('bind', NS.bind2)?.child('inline')?.all('feature').map((one) => one.attr('var') ?? '') ?? [];
    this.sendLogin(first, { isToken: usesToken, canAskToken: fast.includes(HashedToken.mechanism), binds });
  }

  private sendLogin(first: { mechanism: string; data: Uint8Array } | undefined, { isToken, canAskToken, binds }: { isToken: boolean; canAskToken: boolean; binds: string[] }): void {
    if (!first) return;
    const { agent, management } = this.setup;
    this.events.send(
      x('authenticate', NS.sasl2, { mechanism: first.mechanism },
        x('initial-response', NS.sasl2, {}, toBase64(first.data)),
        x('user-agent', NS.sasl2, { id: agent.id }, x('software', NS.sasl2, {}, agent.software), x('device', NS.sasl2, {}, agent.device)),
        isToken ? x('fast', NS.fast) : undefined,
        (!isToken || this.setup.credentials?.isBorrowed) && canAskToken ? x('request-token', NS.fast, { mechanism: HashedToken.mechanism }) : undefined,
        management.resumption(),
        x('bind', NS.bind2, {},
          x('tag', NS.bind2, {}, agent.software),
          binds.includes(NS.sm) ? x('enable', NS.sm, { resume: 'true' }) : undefined,
          binds.includes(NS.carbons) ? x('enable', NS.carbons) : undefined,
        ),
      ).toString(),
    );
  }

  private async authenticateOldWay(offered: XmlElement): Promise<void> {
    const mechanisms = offered.all('mechanism').map((mechanism) => mechanism.text);
    const first = await this.firstMessage(false, mechanisms);
    if (first) this.events.send(x('auth', NS.sasl, { mechanism: first.mechanism }, toBase64(first.data)).toString());
  }

  private async firstMessage(usesToken: boolean, mechanisms: string[], offer?: { mechanisms: string[]; bindings: string[] }): Promise<{ mechanism: string; data: Uint8Array } | undefined> {
    const { user, password, token } = this.setup.credentials as Credentials;
    if (usesToken && token !== undefined) {
      this.hashed = new HashedToken(user, token);
      return { mechanism: HashedToken.mechanism, data: await this.hashed.first() };
    }
    if (password === undefined) {
      this.fail({ kind: 'auth', condition: 'credentials-expired', withToken: true });
      return undefined;
    }
    if (mechanisms.includes(Scram.mechanism)) {
      this.scram = new Scram(user, password, this.setup.nonce(), offer);
      return { mechanism: Scram.mechanism, data: utf8(this.scram.first()) };
    }
    if (mechanisms.includes('PLAIN')) return { mechanism: 'PLAIN', data: utf8(`\0${user}\0${password}`) };
    this.fail({ kind: 'stream', condition: 'no-mechanism' });
    return undefined;
  }

  private async sasl(element: XmlElement): Promise<void> {
    if (this.state !== 'authenticating') throw new XmlError('an answer to no login');
    const decode = (text: string): string => new TextDecoder().decode(fromBase64(text));
    if (element.name === 'challenge' && this.scram) {
      const answer = await this.scram.answer(decode(element.text));
      this.events.send(x('response', element.ns, {}, toBase64(utf8(answer))).toString());
    } else if (element.name === 'failure') {
      const condition = element.elements().find((child) => child.ns === NS.sasl)?.name ?? 'not-authorized';
      const text = element.textOf('text');
      this.fail({ kind: 'auth', condition, withToken: this.hashed !== undefined, ...(text !== undefined && { text }) });
    } else if (element.name === 'success') {
      const data = this.isSasl2 ? (element.textOf('additional-data') ?? '') : element.text;
      if (this.hashed) await this.hashed.verify(fromBase64(data));
      else if (this.scram) this.scram.verify(decode(data));
      if (this.isSasl2) this.success(element);
      else this.restart();
    } else throw new XmlError(`an unexpected ${element.name}`);
  }

  private success(success: XmlElement): void {
    const token = success.child('token', NS.fast);
    const value = token?.attr('token');
    if (value !== undefined) this.events.token(value, token?.attr('expiry'));
    this.jid = success.textOf('authorization-identifier') ?? '';
    const { management } = this.setup;
    const resumed = success.child('resumed', NS.sm);
    if (resumed) {
      this.state = 'live';
      management.resumed(resumed).forEach((frame) => this.events.send(frame));
      this.events.live(this.jid, true);
      return;
    }
    management.failed(success.child('failed', NS.sm));
    const bound = success.child('bound', NS.bind2);
    if (!bound) return this.bindBySets();
    management.enabled(bound.child('enabled', NS.sm));
    this.goLive();
  }

  private goLive(): void {
    this.state = 'live';
    this.events.live(this.jid, false);
  }

  private restart(): void {
    this.state = 'restarting';
    this.open();
  }

  /** RFC 6120 section 7. */
  private bindBySets(): void {
    this.state = 'binding';
    this.events.send(x('iq', NS.client, { type: 'set', id: 'bind' }, x('bind', NS.bind)).toString());
  }

  private boundBySets(answer: XmlElement): void {
    const jid = answer.child('bind', NS.bind)?.textOf('jid');
    if (answer.attr('type') !== 'result' || jid === undefined) return this.fail({ kind: 'stream', condition: 'not-bound' });
    this.jid = jid;
    this.state = 'enabling';
    this.events.send(x('enable', NS.sm, { resume: 'true' }).toString());
  }

  private management(element: XmlElement): void {
    const { management } = this.setup;
    if (this.state === 'enabling') {
      management.enabled(element.name === 'enabled' ? element : undefined);
      this.goLive();
    } else if (this.state === 'live' && element.name === 'r') {
      this.answerCount(true);
    } else if (this.state === 'live' && element.name === 'a') {
      management.acknowledged(element);
    }
  }

  /** Tells what was handled: when it is asked, and once more when what was being handled then is done. */
  private answerCount(isAsked = false): void {
    const answer = this.setup.management.answer(isAsked);
    if (answer && this.state === 'live') this.events.send(answer);
  }
}

function fastOf(features: XmlElement): string[] {
  const inline = features.child('authentication', NS.sasl2)?.child('inline');
  return inline?.child('fast', NS.fast)?.all('mechanism').map((mechanism) => mechanism.text) ?? [];
}
