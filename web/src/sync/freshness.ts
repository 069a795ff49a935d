// That nothing is missing that came: after a login everything is read, and what could not be kept or read is fetched
// again. Until it is, the cursor of its archive stands, and what comes after it waits behind it.

import { IqError } from '../protocol/connection.ts';
import { bare } from '../protocol/jid.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import { StorageError } from '../store/db.ts';
import { isPassing } from './debts.ts';
import type { Engine } from './engine.ts';

/** What failed is tried again after this time, unless something happens that makes it worth trying before. */
export const RETRY_MS = 30_000;

/** The most refusals that wait for room. */
const MAX_REFUSALS = 200;

/** One's own archive, among those of rooms. */
const OWN = '';

export class Freshness {
  /** Archives of which something may be missing between what is here and what comes. */
  private held = new Set<string>();
  /** What is in no archive could not be kept: lists, states, settings. */
  private isStale = false;
  /** Of some talks nothing is here that the list could show. */
  private isBare = false;
  /** That something was refused is in no archive either: it waits here until it can be kept. */
  private refusals: XmlElement[] = [];
  private stopRetry: (() => void) | undefined;

  constructor(private readonly engine: Engine) {}

  forget(): void {
    this.held.clear();
    this.isStale = false;
    this.isBare = false;
    this.refusals = [];
    this.stopRetry?.();
    this.stopRetry = undefined;
  }

  /** From now on the archive may have what is not here. */
  hold(room = OWN): void {
    this.held.add(room);
  }

  /** The archive has nothing to fetch. */
  release(room: string): void {
    this.held.delete(room);
  }

  /** The stanza came and could not be kept. */
  missed(stanza: XmlElement): void {
    if (stanza.name === 'message' && stanza.attr('type') === 'error') this.refusals = [...this.refusals, stanza].slice(-MAX_REFUSALS);
    else if (stanza.name !== 'message' || stanza.child('event', NS.pubsubEvent)) this.isStale = true;
    else this.hold(stanza.attr('type') === 'groupchat' ? bare(stanza.attr('from') ?? '') : OWN);
    this.retry();
  }

  /** Before what came live and is the entry `id` of its archive. False if it has to wait: then it is fetched with what is missing before it. */
  async isNext(id: string, room = OWN): Promise<boolean> {
    if (!this.held.has(room)) return true;
    // It was tried a moment ago.
    if (this.stopRetry) return false;
    return this.catchUp(room, id).then(() => true, (error: unknown) => {
      this.engine.mending.look(error);
      return !this.held.has(room);
    });
  }

  /** Fetches what is missing at the end of an archive, up to the entry `until` if that is here. In order with what comes. */
  async catchUp(room = OWN, until?: string): Promise<void> {
    try {
      if (room === OWN) await this.catchUpOwn(until);
      else await this.engine.archive.catchUp(room, until);
      this.release(room);
    } catch (error) {
      // An archive that refuses has nothing to be waited for.
      if (!(error instanceof StorageError) && !isPassing(error)) this.release(room);
      if (this.held.has(room)) this.retry();
      throw error;
    }
  }

  private async catchUpOwn(until?: string): Promise<void> {
    const { archive, abilities } = this.engine;
    // What broke off when the list was to be read goes on there, before anything newer.
    if (abilities.inbox && (await archive.isUntold())) await archive.inbox();
    await archive.catchUp(undefined, until);
    if (!abilities.inbox || (until !== undefined && !(await archive.isUntold()))) return;
    await archive.inbox();
    await this.lookUp();
  }

  /** Nothing waits for it: it is tried again by itself. */
  private async lookUp(): Promise<void> {
    this.isBare = await this.engine.archive.lookUp().then(() => false, () => true);
    if (this.isBare) this.retry();
  }

  private retry(): void {
    this.stopRetry ??= this.engine.timer(RETRY_MS, () => void this.settle().catch(() => undefined));
  }

  /** Fetches what is missing, now: there is room again, or a connection. */
  async settle(): Promise<void> {
    this.stopRetry?.();
    this.stopRetry = undefined;
    const { engine } = this;
    if (!engine.connection.isLive || (this.held.size === 0 && !this.isStale && !this.isBare && this.refusals.length === 0)) return;
    try {
      await engine.inOrder(async () => {
        for (const room of [...this.held]) await this.catchUpHeld(room);
        if (this.isBare) await this.lookUp();
      });
      if (this.isStale) await this.reread();
      await this.takeRefusals();
    } catch (error) {
      this.retry();
      throw error;
    }
    engine.mending.relieved();
  }

  private async takeRefusals(): Promise<void> {
    const waiting = this.refusals;
    this.refusals = [];
    for (const stanza of waiting) await this.engine.inbound.take(stanza);
    if (this.refusals.length > 0) throw new StorageError('no room yet');
  }

  private async catchUpHeld(room: string): Promise<void> {
    const state = room === OWN ? 'joined' : this.engine.live.rooms.get(room)?.state;
    // Who enters a room reads its archive anyway.
    if (state === 'joining') return;
    if (state === 'joined') await this.catchUp(room);
    else this.release(room);
  }

  /** After a login that resumed nothing. Messages that come meanwhile wait for their turn. */
  async start(): Promise<void> {
    const { engine } = this;
    const optional = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => this.failed(error));
    this.hold();
    engine.live.presence.clear();
    const caughtUp = engine.inOrder(async () => {
      await engine.disco.account();
      await this.catchUp();
    });
    await optional(engine.people.roster());
    engine.connection.send(await engine.disco.presence());
    await optional(engine.iq('set', x('enable', NS.carbons)));
    await optional(caughtUp);
    void engine.outbox.flush();
    await optional(engine.disco.server());
    await optional(engine.waiting.load());
    if (engine.abilities.blocking) await optional(engine.people.blocklist());
    await optional(engine.debts.settle());
    for (const read of this.states()) await optional(read());
    await optional(engine.rooms.start());
    void optional(engine.communities.follow());
    void optional(engine.askers.load());
    engine.connection.nonza(x(engine.isVisible ? 'active' : 'inactive', NS.csi));
  }

  private states(): (() => Promise<unknown>)[] {
    const { engine } = this;
    return [
      () => engine.chats.states(),
      ...(engine.abilities.privacy ? [() => engine.privacy.load()] : []),
      () => engine.marks.read(),
      () => engine.folders.read(),
      () => engine.looks.read(),
      () => engine.stickers.read(),
      ...(engine.abilities.stories ? [() => engine.stories.read()] : []),
    ];
  }

  /** What does not come keeps nothing else from coming; what comes and is not kept is read again. */
  private failed(error: unknown): void {
    if (!(error instanceof StorageError)) return;
    this.isStale = true;
    this.engine.mending.look(error);
    this.retry();
  }

  private async reread(): Promise<void> {
    this.isStale = false;
    try {
      await this.engine.people.roster();
      await this.engine.rooms.bookmarks();
      for (const read of this.states()) await read().catch((error: unknown) => {
        if (!(error instanceof IqError) || isPassing(error)) throw error;
      });
    } catch (error) {
      this.isStale = true;
      this.engine.mending.look(error);
      throw error;
    }
  }
}
