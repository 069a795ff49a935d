// Stories of contacts and one's own (XEP-0501): kept until their day is over, with how far each was looked at, which
// is the same on all of one's devices (private items, XEP-0223: one a person in `urn:skein:stories:0`).

import { NS } from '../protocol/ns.ts';
import { readStory, writeStory, type StoryFacts } from '../protocol/story.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { MetaRow, StoryRow } from '../store/rows.ts';
import type { Audience, StoryAudience } from '../store/types.ts';
import type { Core } from './core.ts';
import type { Kind } from './debts.ts';
import type { Outbox } from './outbox.ts';
import { items, type Item, type Pep } from './pep.ts';
import { forgetViewers } from './viewers.ts';

/** How long a story stands (docs/ephemeral.md). */
export const STORY_MS = 24 * 3_600_000;
/** More of one person are not kept: the server's own bound. */
const MAX_STORIES = 100;
/** People whose nodes are read anew after a login: those of whom something is known. */
const MAX_READ = 100;
const SEEN = 'seen ';
const LONGEST_MS = 2 ** 31 - 1;

export class Stories {
  private known = new Map<string, StoryRow[]>();
  private seen = new Map<string, number>();
  /** Whose nodes were read since the login. */
  private isRead = new Set<string>();
  private cancel: (() => void) | undefined;

  private readonly owed: Kind;

  constructor(private readonly core: Core, private readonly pep: Pep, private readonly outbox: () => Outbox) {
    this.owed = core.debts.kind('seen', (owner, upTo) => this.pep.publish(NS.storiesSeen, owner, x('seen', NS.storiesSeen, { upto: String(upTo) }), 'whitelist', 'max'));
  }

  /** What is kept here, before there is a connection. */
  async load(): Promise<void> {
    const { rows, seen } = await this.core.db.read(async (tx) => ({ rows: await tx.all<StoryRow>('stories'), seen: await tx.all<MetaRow>('meta', { lower: SEEN, upper: `${SEEN}~` }) }));
    this.known = new Map();
    for (const row of rows) this.known.set(row.owner, [...(this.known.get(row.owner) ?? []), row]);
    this.seen = new Map(seen.map(({ key, value }) => [key.slice(SEEN.length), Number(value)]));
    await this.prune();
  }

  /** After a login: one's own, those of whom some are kept, and how far the other devices have looked. */
  async read(): Promise<void> {
    this.isRead.clear();
    for (const { id, payload } of await this.pep.read(undefined, NS.storiesSeen).catch((): Item[] => [])) if (payload) await this.noteSeen(id, Number(payload.attr('upto')));
    for (const owner of [this.core.self.jid, ...this.known.keys()].slice(0, MAX_READ)) await this.readAll(owner).catch(() => undefined);
  }

  forget(): void {
    this.known.clear();
    this.seen.clear();
    this.isRead.clear();
    this.cancel?.();
  }

  private isTrusted(owner: string): boolean {
    const subscription = this.core.live.contacts.get(owner)?.subscription;
    return owner === this.core.self.jid || subscription === 'to' || subscription === 'both';
  }

  async event(owner: string, event: XmlElement): Promise<void> {
    if (!this.isTrusted(owner)) return;
    const told = items(event);
    await this.keep(owner, told, false);
    // The newest alone is sent by itself; whoever has one may have others.
    if (!this.isRead.has(owner) && told.some((one) => !one.isRetracted)) void this.readAll(owner).catch(() => undefined);
  }

  async seenEvent(event: XmlElement): Promise<void> {
    for (const { id, payload } of items(event)) if (payload) await this.noteSeen(id, Number(payload.attr('upto')));
  }

  private async readAll(owner: string): Promise<void> {
    this.isRead.add(owner);
    const all = await this.pep.read(owner === this.core.self.jid ? undefined : owner, NS.stories).catch((error: unknown): Item[] => {
      const { condition } = error as { condition?: string };
      if (condition === 'offline' || condition === 'remote-server-timeout') throw error;
      return [];
    });
    await this.keep(owner, all, true);
  }

  private async keep(owner: string, told: readonly Item[], isAll: boolean): Promise<void> {
    const now = this.core.now();
    const before = this.known.get(owner) ?? [];
    const rows = new Map((isAll ? [] : before).map((row) => [row.id, row]));
    for (const { id, payload, isRetracted } of told) {
      const facts = isRetracted ? undefined : readStory(payload);
      // A clock that goes ahead makes no story last longer.
      if (facts) rows.set(id, { owner, id, ...facts, time: Math.min(facts.time, now), expires: Math.min(facts.time, now) + STORY_MS });
      else rows.delete(id);
    }
    const kept = [...rows.values()].filter((row) => row.expires > now).sort((a, b) => a.time - b.time).slice(-MAX_STORIES);
    await this.core.db.write(async (tx) => {
      for (const row of before) {
        if (kept.some((one) => one.id === row.id)) continue;
        tx.left.push(row);
        await tx.delete('stories', [owner, row.id]);
        if (owner === this.core.self.jid) await forgetViewers(tx, row.id);
      }
      for (const row of kept) await tx.put('stories', row);
    });
    if (kept.length > 0) this.known.set(owner, kept);
    else this.known.delete(owner);
    this.touch(owner);
    this.await();
  }

  private touch(owner: string): void {
    this.core.bus.touch('stories', 'contacts', 'me', `line ${owner}`);
  }

  /** What is over goes, here as on the server. */
  private async prune(): Promise<void> {
    const now = this.core.now();
    for (const [owner, rows] of this.known) if (rows.some((row) => row.expires <= now)) await this.keep(owner, [], false);
    this.await();
  }

  private await(): void {
    this.cancel?.();
    const next = Math.min(...[...this.known.values()].flat().map((row) => row.expires));
    if (Number.isFinite(next)) this.cancel = this.core.timer(Math.max(0, Math.min(next - this.core.now(), LONGEST_MS)), () => void this.prune());
  }

  /** All that stand, by whom. */
  all(): ReadonlyMap<string, readonly StoryRow[]> {
    return this.known;
  }

  isSeen(row: StoryRow): boolean {
    return row.time <= (this.seen.get(row.owner) ?? 0);
  }

  /** What the ring around somebody says. */
  ring(owner: string): 'new' | 'seen' | undefined {
    const rows = this.known.get(owner);
    if (!rows?.length) return undefined;
    return rows.every((row) => this.isSeen(row)) ? 'seen' : 'new';
  }

  private async noteSeen(owner: string, upTo: number): Promise<boolean> {
    if (!Number.isFinite(upTo) || upTo <= (this.seen.get(owner) ?? 0)) return false;
    this.seen.set(owner, upTo);
    await this.core.db.write((tx) => tx.put('meta', { key: SEEN + owner, value: upTo }));
    this.touch(owner);
    return true;
  }

  /** The reader has looked at it. */
  async see(owner: string, id: string): Promise<void> {
    const row = this.known.get(owner)?.find((one) => one.id === id);
    if (!row || !(await this.noteSeen(owner, row.time))) return;
    // Who does not tell when they have read does not tell this either.
    if (owner !== this.core.self.jid && this.core.settings.sendMarkers) await this.outbox().addStanza(owner, x('message', NS.client, { to: owner, type: 'chat', id: this.core.id() }, x('seen', NS.storiesSeen, { id }), x('store', NS.hints)));
    await this.core.db.write((tx) => this.owed.owe(tx, owner, row.time));
    await this.owed.settleOne(owner);
  }

  async post(story: StoryFacts): Promise<void> {
    const id = this.core.id();
    const { jid, name } = this.core.self;
    const entry = writeStory(story, id, { jid, name });
    await this.pep.post(NS.stories, id, entry);
    await this.keep(jid, [{ id, payload: entry, isRetracted: false }], false);
    await this.noteSeen(jid, story.time);
  }

  async remove(id: string): Promise<void> {
    await this.pep.retract(NS.stories, id);
    await this.keep(this.core.self.jid, [{ id, payload: undefined, isRetracted: true }], false);
  }

  /** Who may see one's stories. */
  async audience(): Promise<StoryAudience> {
    const form = await this.pep.configuration(NS.stories);
    if (!form) return { for: 'contacts', chosen: [], except: [] };
    const people = await this.pep.affiliations(NS.stories);
    const as = (what: string): string[] => people.filter(([jid, is]) => is === what && jid !== this.core.self.jid).map(([jid]) => jid);
    const who: Audience = form.get('pubsub#access_model') === 'whitelist' ? (as('member').length > 0 ? 'chosen' : 'nobody') : 'contacts';
    return { for: who, chosen: as('member'), except: as('outcast') };
  }

  async setAudience(wanted: StoryAudience): Promise<void> {
    const fields = { 'pubsub#access_model': wanted.for === 'contacts' ? 'presence' : 'whitelist' };
    if (await this.pep.configuration(NS.stories)) await this.pep.configure(NS.stories, fields);
    else await this.pep.create(NS.stories, { ...fields, 'pubsub#type': NS.stories, 'pubsub#item_expire': String(STORY_MS / 1000), 'pubsub#max_items': String(MAX_STORIES) });
    const now = await this.pep.affiliations(NS.stories);
    const next = new Map<string, string>([
      ...now.filter(([jid, is]) => jid !== this.core.self.jid && (is === 'member' || is === 'outcast')).map(([jid]): [string, string] => [jid, 'none']),
      ...(wanted.for === 'chosen' ? wanted.chosen : []).map((jid): [string, string] => [jid, 'member']),
      ...(wanted.for === 'contacts' ? wanted.except : []).map((jid): [string, string] => [jid, 'outcast']),
    ]);
    if (next.size > 0) await this.pep.affiliate(NS.stories, next);
  }
}
