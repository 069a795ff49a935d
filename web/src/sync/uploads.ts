// Files of messages go up (XEP-0363) before their messages go out.

import { IqError } from '../protocol/connection.ts';
import { readUrl } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { MessageRow } from '../store/rows.ts';
import type { Fault } from '../store/types.ts';
import type { Core } from './core.ts';
import type { Disco } from './disco.ts';
import type { Outbox } from './outbox.ts';

/** Headers that a server may ask for (XEP-0363 section 5). */
const HEADERS = new Set(['authorization', 'cookie', 'expires']);

interface Slot {
  put: string;
  get: string;
  headers: Record<string, string>;
}

export class Uploads {
  private running = new Map<string, AbortController>();
  /** The pictures of one's own files, until the server has them. */
  disco: Disco | undefined;

  constructor(private readonly core: Core, private readonly outbox: () => Outbox) {}

  cancel(id: string): void {
    this.running.get(id)?.abort();
  }

  async start(row: MessageRow): Promise<void> {
    if (!row.uploads || this.running.has(row.id)) return;
    const abort = new AbortController();
    this.running.set(row.id, abort);
    try {
      // One after the other: each that is up stays up, whatever happens to the next.
      for (const [at, file] of row.attachments.entries()) {
        const blob = row.uploads[at];
        if (file.url !== undefined || !blob) continue;
        const slot = await this.slot(file.name, blob.size, file.mime);
        await this.send(slot, blob, file.mime, abort.signal);
        await this.change(row, (fresh) => {
          fresh.attachments = fresh.attachments.map((one, i) => (i === at ? { ...one, url: slot.get } : one));
        });
      }
    } catch (error) {
      if (abort.signal.aborted || !this.core.connection.isLive) return;
      const fault: Fault = error instanceof IqError ? error.fault : { code: 'offline' };
      await this.change(row, (fresh) => {
        fresh.ticks = 'failed';
        fresh.fault = fault;
        delete fresh.queued;
      });
    } finally {
      this.running.delete(row.id);
      void this.outbox().flush();
    }
  }

  /** A file that is no message's: up at once. It goes at `until`; without it, it stays. */
  async put(blob: Blob, name: string, until?: number): Promise<string> {
    const slot = await this.slot(name, blob.size, blob.type, until === undefined ? x('permanent', NS.uploadPurpose) : x('ephemeral', NS.uploadPurpose, { 'expire-before': new Date(until).toISOString() }));
    await this.send(slot, blob, blob.type);
    return slot.get;
  }

  private async send(slot: Slot, blob: Blob, mime: string, signal?: AbortSignal): Promise<void> {
    const answer = await this.core.fetch(slot.put, { method: 'PUT', body: blob, headers: { ...slot.headers, 'Content-Type': mime }, credentials: 'omit', redirect: 'error', ...(signal && { signal }) });
    if (!answer.ok) throw new IqError(answer.status === 413 ? 'not-acceptable' : 'internal-server-error');
  }

  private async change(row: MessageRow, edit: (row: MessageRow) => void): Promise<void> {
    await this.core.db.write(async (tx) => {
      const fresh = await tx.get<MessageRow>('messages', [row.chat, row.id]);
      if (!fresh) return;
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
