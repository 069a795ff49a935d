// Files of messages go up (XEP-0363) before their messages go out: a few at once, each telling how far it is, large
// ones in pieces (tus 1.0, docs/media.md), so that what was begun is gone on with after a break or a reload.

import { IqError } from '../protocol/connection.ts';
import { readUrl } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { MessageRow, Slot } from '../store/rows.ts';
import type { Attachment, Fault } from '../store/types.ts';
import type { Core } from './core.ts';
import type { Disco } from './disco.ts';
import type { Outbox } from './outbox.ts';

/** Headers that a server may ask for (XEP-0363 section 5). */
const HEADERS = new Set(['authorization', 'cookie', 'expires']);
/** Files on their way at the same time. */
const AT_ONCE = 3;
/** From here on in pieces. */
const LARGE = 1 << 20;
const PIECE = 4 << 20;
/** Breaks of the line after each other, and the pause after the first. */
const BREAKS = 4;
const PAUSE_MS = 500;
/** How often it is told how far a file is. */
const TOLD_MS = 120;
const TUS = { 'Tus-Resumable': '1.0.0' };

interface Answer {
  status: number;
  header(name: string): string | undefined;
}

/** Sends one request, and tells how many bytes of its body have gone. */
export type Carry = (url: string, request: { method: string; headers: Record<string, string>; body?: Blob; signal: AbortSignal; sent?: (bytes: number) => void }) => Promise<Answer>;

/** Without telling. */
export function carryBy(get: typeof fetch): Carry {
  return async (url, { method, headers, body, signal, sent }) => {
    const answer = await get(url, { method, headers, credentials: 'omit', redirect: 'error', signal, ...(body && { body }) });
    sent?.(body?.size ?? 0);
    return { status: answer.status, header: (name) => answer.headers.get(name) ?? undefined };
  };
}

/** The server does not take the file at this address. */
class Refused extends Error {
  constructor(readonly status: number) {
    super(`upload: ${status}`);
  }
}

export class Uploads {
  private running = new Map<string, AbortController>();
  private gone = new Map<string, number>();
  private told = new Map<string, number>();
  private going = 0;
  private queue: (() => void)[] = [];
  disco: Disco | undefined;

  constructor(private readonly core: Core, private readonly outbox: () => Outbox, private readonly carry: Carry) {}

  cancel(id: string): void {
    this.running.get(id)?.abort();
  }

  /** How much of a file has gone, 0 to 1. */
  progress(id: string, at: number): number {
    return this.gone.get(`${id} ${at}`) ?? 0;
  }

  /** Nobody wants what was sent to these addresses any more. */
  drop(slots: readonly (Slot | null)[]): void {
    for (const slot of slots) if (slot) void this.carry(slot.put, { method: 'DELETE', headers: { ...slot.headers, ...TUS }, signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
  }

  async start(row: MessageRow): Promise<void> {
    if (!row.uploads || this.running.has(row.id)) return;
    const abort = new AbortController();
    this.running.set(row.id, abort);
    let fault: Fault | undefined;
    try {
      await Promise.all(row.attachments.map(async (file, at) => {
        const blob = row.uploads?.[at];
        if (file.url !== undefined || !blob) return;
        try {
          await this.turn(() => this.file(row, at, blob, abort.signal));
        } catch (error) {
          if (abort.signal.aborted || !this.core.connection.isLive) return;
          fault = faultOf(error);
          const told = fault;
          await this.change(row, at, (fresh) => void (fresh.attachments = put(fresh.attachments, at, { ...file, fault: told })));
        }
      }));
      if (fault) await this.fail(row, fault);
    } finally {
      this.running.delete(row.id);
      row.attachments.forEach((_, at) => this.gone.delete(`${row.id} ${at}`));
      this.told.delete(row.id);
      void this.outbox().flush();
    }
  }

  /** A file that is no message's: up at once. It goes at `until`; without it, it stays. */
  async put(blob: Blob, name: string, until?: number): Promise<string> {
    const slot = await this.slot(name, blob.size, blob.type, until === undefined ? x('permanent', NS.uploadPurpose) : x('ephemeral', NS.uploadPurpose, { 'expire-before': new Date(until).toISOString() }));
    await this.whole(slot, blob, blob.type, new AbortController().signal);
    return slot.get;
  }

  /** So many at once; the others wait for their turn, in order. */
  private async turn(work: () => Promise<void>): Promise<void> {
    if (this.going >= AT_ONCE) await new Promise<void>((begin) => this.queue.push(begin));
    this.going += 1;
    try {
      await work();
    } finally {
      this.going -= 1;
      this.queue.shift()?.();
    }
  }

  private async file(row: MessageRow, at: number, blob: Blob, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const file = row.attachments[at] as Attachment;
    const sent = (bytes: number): void => this.tell(row, at, blob.size > 0 ? bytes / blob.size : 1);
    let slot = row.slots?.[at] ?? undefined;
    // What was begun before a reload goes on, if the server still has it.
    let from = slot && blob.size > LARGE ? await this.arrived(slot, signal) : undefined;
    for (let isFresh = false; ; isFresh = true) {
      if (!slot || (from === undefined && !isFresh)) {
        const fresh = (slot = await this.slot(file.name, blob.size, file.mime));
        from = undefined;
        isFresh = true;
        await this.change(row, at, (now) => void (now.slots = put(now.slots ?? now.attachments.map(() => null), at, fresh)));
      }
      try {
        if (blob.size > LARGE) await this.pieces(slot, blob, file.mime, from, signal, sent);
        else await this.steadily(() => this.whole(slot as Slot, blob, file.mime, signal, sent), signal);
        break;
      } catch (error) {
        // An address that is used up is not the file's fault: once more with another.
        if (!(error instanceof Refused) || isFresh || ![400, 404, 409, 410].includes(error.status)) throw error;
        slot = undefined;
      }
    }
    const { get } = slot;
    this.tell(row, at, 1, true);
    await this.change(row, at, (fresh) => void (fresh.attachments = put(fresh.attachments, at, { ...file, url: get })));
  }

  private async whole(slot: Slot, blob: Blob, mime: string, signal: AbortSignal, sent?: (bytes: number) => void): Promise<void> {
    const { status } = await this.carry(slot.put, { method: 'PUT', body: blob, headers: { ...slot.headers, 'Content-Type': mime }, signal, ...(sent && { sent }) });
    if (status < 200 || status > 299) throw new Refused(status);
  }

  /** How much of a file the server has. */
  private async arrived(slot: Slot, signal: AbortSignal): Promise<number | undefined> {
    const answer = await this.carry(slot.put, { method: 'HEAD', headers: { ...slot.headers, ...TUS }, signal }).catch(() => undefined);
    const offset = Number(answer?.header('Upload-Offset') ?? NaN);
    return answer?.status === 200 && Number.isSafeInteger(offset) ? offset : undefined;
  }

  private async pieces(slot: Slot, blob: Blob, mime: string, from: number | undefined, signal: AbortSignal, sent: (bytes: number) => void): Promise<void> {
    let offset = from;
    if (offset === undefined) {
      const { status } = await this.steadily(() => this.carry(slot.put, { method: 'POST', headers: { ...slot.headers, ...TUS, 'Upload-Length': String(blob.size) }, signal }), signal);
      // A server that knows no pieces takes it whole.
      if (status !== 201) return this.steadily(() => this.whole(slot, blob, mime, signal, sent), signal);
      offset = 0;
    }
    while (offset < blob.size) {
      const at: number = offset;
      sent(at);
      const piece = blob.slice(at, at + PIECE);
      offset = await this.steadily(async () => {
        const { status, header } = await this.carry(slot.put, { method: 'PATCH', body: piece, headers: { ...slot.headers, ...TUS, 'Upload-Offset': String(at), 'Content-Type': 'application/offset+octet-stream' }, signal, sent: (bytes) => sent(at + bytes) });
        const next = Number(header('Upload-Offset') ?? NaN);
        if (status === 204 && Number.isSafeInteger(next) && next > at) return next;
        // Part of it had arrived before the line broke.
        const known = status === 409 ? await this.arrived(slot, signal) : undefined;
        if (known === undefined || known <= at) throw new Refused(status);
        return known;
      }, signal);
    }
  }

  /** Again after a break of the line, as long as there is a connection. */
  private async steadily<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let breaks = 0; ; breaks++) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof Refused || signal.aborted || breaks === BREAKS || !this.core.connection.isLive) throw error;
        await new Promise<void>((go) => this.core.timer(PAUSE_MS * 2 ** breaks, go));
      }
    }
  }

  private tell(row: MessageRow, at: number, part: number, isEnd = false): void {
    this.gone.set(`${row.id} ${at}`, part);
    const now = this.core.now();
    if (!isEnd && now - (this.told.get(row.id) ?? -Infinity) < TOLD_MS) return;
    this.told.set(row.id, now);
    this.core.bus.touch(`chat ${row.chat}`);
  }

  private async fail(row: MessageRow, fault: Fault): Promise<void> {
    await this.core.db.write(async (tx) => {
      const fresh = await tx.get<MessageRow>('messages', [row.chat, row.id]);
      if (!fresh) return;
      fresh.ticks = 'failed';
      fresh.fault = fault;
      delete fresh.queued;
      await tx.put('messages', fresh);
    });
    this.core.bus.touch(`chat ${row.chat}`, 'link');
  }

  /** Of the file at this place, if it is still there. */
  private async change(row: MessageRow, at: number, edit: (row: MessageRow) => void): Promise<void> {
    const file = row.attachments[at];
    await this.core.db.write(async (tx) => {
      const fresh = await tx.get<MessageRow>('messages', [row.chat, row.id]);
      const same = fresh?.attachments[at];
      if (!fresh || !same || same.name !== file?.name || same.size !== file.size) return;
      edit(fresh);
      await tx.put('messages', fresh);
    });
    this.core.bus.touch(`chat ${row.chat}`, 'link');
  }

  private async slot(name: string, size: number, mime: string, purpose?: XmlElement): Promise<Slot> {
    if (this.disco?.uploadHost === undefined) throw new IqError('service-unavailable');
    const answer = await this.core.iq('get', x('request', NS.upload, { filename: name, size, 'content-type': mime }, purpose), this.disco.uploadHost);
    const slot = answer.child('slot', NS.upload);
    const put = readUrl(slot?.child('put')?.attr('url'));
    const get = readUrl(slot?.child('get')?.attr('url'));
    if (put === undefined || get === undefined) throw new IqError('bad-request');
    const headers: Record<string, string> = {};
    for (const header of slot?.child('put')?.all('header') ?? []) {
      const key = header.attr('name') ?? '';
      if (HEADERS.has(key.toLowerCase())) headers[key] = header.text.replace(/[\r\n]/g, '');
    }
    return { put, get, headers };
  }
}

function put<T>(all: readonly T[], at: number, one: T): T[] {
  return all.map((other, i) => (i === at ? one : other));
}

function faultOf(error: unknown): Fault {
  if (error instanceof IqError) return error.fault;
  if (error instanceof Refused) return new IqError(error.status === 413 ? 'not-acceptable' : 'internal-server-error').fault;
  return { code: 'offline' };
}
