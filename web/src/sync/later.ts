// Messages that wait for their time. Rows of the database, so that a crash forgets none; sent by this device, which has
// to be there: if it is not, they go when it is there again. Nobody else knows of them.

import type { MessageRow, MetaRow } from '../store/rows.ts';
import type { LinkCard, Scheduled } from '../store/types.ts';
import { ApiError } from './api.ts';
import type { Core } from './core.ts';
import type { Outbox } from './outbox.ts';

const WAITING = 'later ';
/** No more of them wait at once. */
export const MAX_SCHEDULED = 100;
/** As far ahead: a year and a day. */
const FARTHEST_MS = 366 * 86_400_000;
/** A timer of a browser counts no further than 24 days; clocks are set meanwhile. */
const LOOK_MS = 60 * 60_000;

export interface Waiting {
  id: string;
  chat: string;
  at: number;
  text: string;
  replyTo?: string;
  mentions?: { begin: number; end: number; jid: string }[];
  link?: LinkCard;
  silent?: boolean;
}

export class Later {
  private stop: (() => void) | undefined;

  constructor(private readonly core: Core, private readonly outbox: () => Outbox) {}

  async list(chat?: string): Promise<Scheduled[]> {
    const all = await this.all();
    return all.filter((one) => chat === undefined || one.chat === chat).map(({ mentions: _m, link: _l, ...shown }) => shown);
  }

  async add(message: Omit<Waiting, 'id'>): Promise<string> {
    this.check(message);
    const id = this.core.id();
    await this.core.db.write(async (tx) => {
      if ((await tx.all('meta', { lower: WAITING, upper: `${WAITING}~` })).length >= MAX_SCHEDULED) throw new ApiError({ code: 'not-acceptable' });
      await tx.put('meta', { key: WAITING + id, value: { ...message, id } satisfies Waiting });
    });
    await this.changed();
    return id;
  }

  async change(id: string, to: { at?: number; text?: string }): Promise<void> {
    await this.core.db.write(async (tx) => {
      const row = await tx.get<MetaRow>('meta', WAITING + id);
      if (!row) throw new ApiError({ code: 'not-found' });
      const { mentions, link, ...kept } = row.value as Waiting;
      // Names and links stand at places of the old text.
      const isSame = to.text === undefined || to.text === kept.text;
      const value: Waiting = { ...kept, ...to, ...(isSame && mentions && { mentions }), ...(isSame && link && { link }) };
      this.check(value);
      await tx.put('meta', { key: row.key, value });
    });
    await this.changed();
  }

  async remove(id: string): Promise<void> {
    await this.core.db.write((tx) => tx.delete('meta', WAITING + id));
    await this.changed();
  }

  async sendNow(id: string): Promise<void> {
    const one = (await this.all()).find((waiting) => waiting.id === id);
    if (!one) throw new ApiError({ code: 'not-found' });
    await this.send(one);
    await this.changed();
  }

  /** Sends what is due, and sleeps until the next is. */
  async run(): Promise<void> {
    this.stop?.();
    const all = await this.all();
    const now = this.core.now();
    for (const one of all) if (one.at <= now) await this.send(one);
    const next = all.find((one) => one.at > now);
    this.stop?.();
    if (next) this.stop = this.core.timer(Math.min(next.at - now, LOOK_MS), () => void this.run().catch(() => undefined));
    if (all.some((one) => one.at <= now)) this.core.bus.touch('scheduled');
  }

  forget(): void {
    this.stop?.();
  }

  private async send({ id, chat, text, replyTo, mentions, link, silent }: Waiting): Promise<void> {
    const target = replyTo === undefined ? undefined : await this.core.db.read((tx) => tx.get<MessageRow>('messages', [chat, replyTo]));
    await this.outbox().add({ chat, text, ...(target && { replyTo: target }), ...(mentions && { mentions }), ...(link && { link }), ...(silent && { silent }) }, WAITING + id);
  }

  private async all(): Promise<Waiting[]> {
    const rows = await this.core.db.read((tx) => tx.all<MetaRow>('meta', { lower: WAITING, upper: `${WAITING}~` }));
    return rows.map((row) => row.value as Waiting).sort((a, b) => a.at - b.at);
  }

  private check({ at, text }: { at: number; text: string }): void {
    if (text.trim() === '' || !(at > this.core.now()) || at > this.core.now() + FARTHEST_MS) throw new ApiError({ code: 'bad-request' });
  }

  private async changed(): Promise<void> {
    this.core.bus.touch('scheduled');
    await this.run();
  }
}
