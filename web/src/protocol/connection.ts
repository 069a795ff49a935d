// Keeps one stream alive: connects, signs in, resumes, tries again with growing pauses. Sockets, time and
// chance are passed in.

import type { Fault } from '../util/fault.ts';
import { faultOf } from './faults.ts';
import { StreamManagement } from './management.ts';
import { NS } from './ns.ts';
import { Stream, type Agent, type Credentials, type StreamFailure } from './stream.ts';
import { x, type XmlElement } from './xml.ts';

/** What the connection needs of the world. */
export interface World {
  socket(url: string): Socket;
  now(): number;
  /** 0 to 1. */
  random(): number;
  nonce(): string;
  timer(ms: number, run: () => void): () => void;
}

export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

export interface Target {
  url: string;
  domain: string;
  agent: Agent;
  credentials: Credentials;
  /** The server is known to take tokens in the first exchange. */
  isEager?: boolean;
}

export interface Listener {
  state(state: 'connecting' | 'live' | 'waiting' | 'refused' | 'stopped', detail?: { retryAt?: number; reason?: Fault }): void;
  token(token: string, expiry?: string): void;
  /** Whether the next login may be eager. */
  offers(isFast: boolean): void;
  live(jid: string, resumed: boolean): void;
  stanza(stanza: XmlElement): Promise<void> | void;
}

/** Silence after which the server is asked whether it is there. */
const QUIET_MS = 60_000;
/** How long it may take to answer that. */
const ANSWER_MS = 15_000;
/** The same where somebody waits for it. */
const QUICK_ANSWER_MS = 5000;
/** Who has heard nothing for longer has slept: the connection is not worth a question, to resume is one exchange. */
const SLEPT_MS = QUIET_MS + ANSWER_MS + 5000;
/** From opening the socket until the stream is usable. */
const LOGIN_MS = 30_000;
/** An attempt that takes longer is begun anew when somebody asks for it. */
const STUCK_MS = 4000;
const IQ_MS = 45_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

export class IqError extends Error {
  constructor(readonly condition: string, readonly text?: string, readonly stanza?: XmlElement) {
    super(text ?? condition);
  }

  get fault(): Fault {
    return faultOf(this.condition, this.text);
  }
}

interface Pending {
  resolve: (stanza: XmlElement) => void;
  reject: (error: IqError) => void;
  cancel: () => void;
  to: string | undefined;
}

export class Connection {
  private target: Target | undefined;
  private management = new StreamManagement();
  private stream: Stream | undefined;
  private socket: Socket | undefined;
  private failures = 0;
  private timers: (() => void)[] = [];
  private quiet: (() => void) | undefined;
  private pending = new Map<string, Pending>();
  private jid = '';
  private heard = 0;
  private begun = 0;

  constructor(private readonly world: World, private readonly listener: Listener) {}

  get isLive(): boolean {
    return this.stream?.isLive ?? false;
  }

  start(target: Target): void {
    this.stop();
    this.target = target;
    this.failures = 0;
    this.connect();
  }

  /** Ends the session on the server too. */
  stop(): void {
    if (!this.target) return;
    this.target = undefined;
    this.stream?.close();
    this.drop();
    this.management.forget();
    this.rejectAll();
    this.listener.state('stopped');
  }

  /** Ends without telling the server. */
  abandon(): void {
    this.target = undefined;
    this.drop();
    this.rejectAll();
  }

  credentials(credentials: Credentials): void {
    if (this.target) this.target = { ...this.target, credentials };
  }

  /** Tries at once if it waits; asks for a sign of life if it thinks that it is connected. */
  poke(): void {
    if (!this.target) return;
    if (this.isLive && this.world.now() - this.heard > SLEPT_MS) this.again();
    else if (this.isLive) this.ask(QUICK_ANSWER_MS);
    else if (!this.socket || this.world.now() - this.begun > STUCK_MS) {
      this.again();
    }
  }

  /** At once, whatever there is. */
  private again(): void {
    this.failures = 0;
    this.connect();
  }

  /** Sends, or says no. `done(true)` when the server has it for good; `done(false)` when nobody can know. */
  send(stanza: XmlElement, done?: (isDurable: boolean) => void): boolean {
    if (!this.stream?.isLive) return false;
    this.stream.send(stanza);
    const request = this.management.sent(stanza.toString(), done);
    if (request) this.socket?.send(request);
    return true;
  }

  /** A nonza, such as client state. */
  nonza(element: XmlElement): void {
    this.stream?.send(element);
  }

  iq(type: 'get' | 'set', payload: XmlElement, to?: string, timeout = IQ_MS): Promise<XmlElement> {
    const id = this.world.nonce();
    return new Promise((resolve, reject) => {
      const fail = (condition: string): void => {
        this.pending.delete(id);
        reject(new IqError(condition));
      };
      const cancel = this.world.timer(timeout, () => fail('remote-server-timeout'));
      this.pending.set(id, { resolve, reject, cancel, to });
      if (!this.send(x('iq', NS.client, { type, id, to }, payload))) {
        cancel();
        fail('offline');
      }
    });
  }

  private connect(): void {
    const target = this.target;
    if (!target) return;
    this.drop();
    this.begun = this.world.now();
    this.listener.state('connecting');
    let socket: Socket;
    try {
      socket = this.world.socket(target.url);
    } catch {
      return this.lost();
    }
    const stream = new Stream({ domain: target.domain, credentials: target.credentials, agent: target.agent, management: this.management, nonce: this.world.nonce, isEager: target.isEager ?? false }, {
      send: (frame) => socket.send(frame),
      offers: (isFast) => this.offered(isFast),
      token: (token, expiry) => this.listener.token(token, expiry),
      live: (jid, resumed) => this.live(jid, resumed),
      stanza: (stanza) => this.stanza(stanza),
      failed: (failure) => this.failed(failure),
    });
    this.socket = socket;
    this.stream = stream;
    const isCurrent = (): boolean => this.socket === socket;
    socket.onopen = () => isCurrent() && stream.open();
    socket.onmessage = (event) => {
      if (!isCurrent() || typeof event.data !== 'string') return;
      this.heard = this.world.now();
      void stream.receive(event.data).catch(() => this.lost());
      if (stream.isLive) this.watch();
    };
    socket.onclose = () => isCurrent() && this.lost();
    this.timers.push(this.world.timer(LOGIN_MS, () => !stream.isLive && this.lost()));
  }

  private offered(isFast: boolean): void {
    if (!this.target || (this.target.isEager ?? false) === isFast) return;
    this.target = { ...this.target, isEager: isFast };
    this.listener.offers(isFast);
  }

  private live(jid: string, resumed: boolean): void {
    this.jid = jid;
    this.failures = 0;
    this.watch();
    if (!resumed) this.rejectAll();
    this.listener.state('live');
    this.listener.live(jid, resumed);
  }

  private stanza(stanza: XmlElement): Promise<void> | void {
    const type = stanza.attr('type');
    if (stanza.name === 'iq' && (type === 'result' || type === 'error')) {
      const pending = this.pending.get(stanza.attr('id') ?? '');
      // Only who was asked may answer (trust S: forged answers).
      if (!pending || !this.mayAnswer(pending.to, stanza.attr('from'))) return;
      this.pending.delete(stanza.attr('id') ?? '');
      pending.cancel();
      if (type === 'result') return pending.resolve(stanza);
      const error = stanza.child('error', NS.client);
      const condition = error?.elements().find((child) => child.ns === NS.stanzas && child.name !== 'text')?.name;
      return pending.reject(new IqError(condition ?? 'undefined-condition', error?.textOf('text', NS.stanzas), stanza));
    }
    return this.listener.stanza(stanza);
  }

  private mayAnswer(to: string | undefined, from: string | undefined): boolean {
    if (from === to) return true;
    const own = this.jid.slice(0, this.jid.indexOf('/'));
    const domain = own.slice(own.indexOf('@') + 1);
    const isOwn = (jid: string | undefined): boolean => jid === undefined || jid === own || jid === domain || jid === this.jid;
    return isOwn(to) && isOwn(from);
  }

  private failed(failure: StreamFailure): void {
    // Whatever was wrong, the next time it is asked first.
    this.offered(false);
    if (failure.kind === 'auth' && failure.condition !== 'temporary-auth-failure') return this.refused(failure);
    if (failure.kind === 'stream' && failure.condition === 'conflict') {
      this.management.forget();
      return this.refuse({ code: 'conflict' });
    }
    this.lost();
  }

  private refused(failure: Extract<StreamFailure, { kind: 'auth' }>): void {
    const target = this.target;
    // A token that is not taken any more: with the password, if it is at hand.
    if (failure.withToken && target?.credentials.password !== undefined) {
      this.target = { ...target, credentials: { user: target.credentials.user, password: target.credentials.password } };
      return this.connect();
    }
    this.refuse({ code: failure.condition === 'account-disabled' ? 'account-disabled' : 'not-authorized', ...(failure.text && { text: failure.text }) });
  }

  private refuse(reason: Fault): void {
    this.target = undefined;
    this.drop();
    this.rejectAll();
    this.listener.state('refused', { reason });
  }

  private lost(): void {
    this.drop();
    if (!this.target) return;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures) * (0.5 + this.world.random());
    this.failures += 1;
    this.listener.state('waiting', { retryAt: this.world.now() + pause });
    this.timers.push(this.world.timer(pause, () => this.connect()));
  }

  private drop(): void {
    this.timers.splice(0).forEach((cancel) => cancel());
    this.quiet?.();
    this.quiet = undefined;
    const socket = this.socket;
    this.socket = undefined;
    this.stream = undefined;
    try {
      socket?.close();
    } catch {
      // It was closed already.
    }
  }

  private rejectAll(): void {
    for (const [id, pending] of [...this.pending]) {
      this.pending.delete(id);
      pending.cancel();
      pending.reject(new IqError('offline'));
    }
  }

  private watch(): void {
    this.quiet?.();
    this.quiet = this.world.timer(QUIET_MS, () => this.ask());
  }

  private ask(patience = ANSWER_MS): void {
    this.quiet?.();
    if (this.world.now() - this.heard > SLEPT_MS) return this.again();
    this.socket?.send(x('r', NS.sm).toString());
    this.quiet = this.world.timer(patience, () => this.lost());
  }
}
