// Contacts and their presence (RFC 6121), names and pictures (XEP-0172, 0084, 0153/0054), who is blocked (0191).

import { bare, resource } from '../protocol/jid.ts';
import { NS } from '../protocol/ns.ts';
import { readTime } from '../protocol/message.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import type { ContactRow, MetaRow, PersonRow, PictureRow } from '../store/rows.ts';
import type { Show } from '../store/types.ts';
import { fromBase64, toHex } from '../util/bytes.ts';
import type { Core } from './core.ts';
import { items, Pep } from './pep.ts';

/** What one gives away of oneself or a group. */
export const MAX_AVATAR = 64 * 1024;
/** Larger pictures are not taken. */
const MAX_PICTURE = 512 * 1024;
/** Pictures kept here, in all. */
const MAX_PICTURES_BYTES = 48 * 1024 * 1024;

export class People {
  /** Pictures that are being fetched, or could not be. */
  private asked = new Set<string>();

  constructor(private readonly core: Core, private readonly pep: Pep) {}

  async load(): Promise<void> {
    const { contacts, people } = await this.core.db.read(async (tx) => ({ contacts: await tx.all<ContactRow>('contacts'), people: await tx.all<PersonRow>('people') }));
    for (const contact of contacts) this.core.live.contacts.set(contact.jid, contact);
    for (const person of people) this.core.live.people.set(person.jid, person);
  }

  async roster(): Promise<void> {
    const ver = (await this.core.db.read((tx) => tx.get<MetaRow>('meta', 'roster')))?.value as string | undefined;
    const answer = await this.core.iq('get', x('query', NS.roster, { ver: ver ?? '' }));
    const query = answer.child('query', NS.roster);
    if (!query) return;
    const rows = query.all('item').map(readItem).filter((row): row is ContactRow => row !== undefined);
    await this.core.db.write(async (tx) => {
      for (const old of await tx.all<ContactRow>('contacts')) if (!rows.some((row) => row.jid === old.jid)) await tx.delete('contacts', old.jid);
      for (const row of rows) await tx.put('contacts', row);
      await tx.put('meta', { key: 'roster', value: query.attr('ver') });
    });
    this.core.live.contacts = new Map(rows.map((row) => [row.jid, row]));
    this.core.bus.touch('contacts', 'chats');
  }

  /** A roster push. */
  async push(query: XmlElement): Promise<void> {
    const item = query.child('item');
    const jid = item?.attr('jid');
    if (!item || !jid) return;
    const row = readItem(item);
    await this.core.db.write(async (tx) => {
      if (row) await tx.put('contacts', row);
      else await tx.delete('contacts', bare(jid));
      await tx.put('meta', { key: 'roster', value: query.attr('ver') });
    });
    if (row) this.core.live.contacts.set(row.jid, row);
    else this.core.live.contacts.delete(bare(jid));
    if (row && (row.subscription === 'from' || row.subscription === 'both')) this.core.live.requests.delete(row.jid);
    this.core.bus.touch('contacts', 'requests', `chat ${bare(jid)}`);
  }

  presence(stanza: XmlElement): void {
    const from = stanza.attr('from') ?? '';
    const jid = bare(from);
    const type = stanza.attr('type');
    if (type === 'subscribe') {
      const text = stanza.textOf('status');
      this.core.live.requests.set(jid, { time: this.core.now(), ...(text && { text }) });
      this.core.bus.touch('requests', `line ${jid}`);
      return;
    }
    if (type !== undefined && type !== 'unavailable') return;
    const resources = this.core.live.presence.get(jid) ?? new Map();
    this.core.live.presence.set(jid, resources);
    if (type === 'unavailable') {
      resources.delete(resource(from));
      const seen = readTime(stanza.child('delay', NS.delay)?.attr('stamp')) ?? this.core.now();
      if (resources.size === 0 && jid !== this.core.self.jid) void this.person(jid, { lastSeen: seen });
    } else {
      const status = stanza.textOf('status');
      resources.set(resource(from), { show: (stanza.textOf('show') ?? 'available') as Show, ...(status && { status }) });
      this.pictured(jid, photoOf(stanza));
    }
    this.core.bus.touch('contacts', `line ${jid}`);
  }

  /** The picture has this name now, or none; undefined: nothing was said of it. It is asked for at the other address. */
  pictured(jid: string, photo: string | undefined, at = jid): void {
    const known = this.core.live.people.get(jid)?.avatar;
    if (photo === undefined || photo === (known ?? '')) return;
    if (photo === '') void this.person(jid, { avatar: undefined });
    else if (/^[0-9a-f]{40}$/.test(photo)) void this.fetchVcardPicture(jid, photo, at);
  }

  async person(jid: string, change: Partial<PersonRow>): Promise<void> {
    const row = { ...(this.core.live.people.get(jid) ?? { jid }), ...change };
    this.core.live.people.set(jid, row);
    await this.core.db.write((tx) => tx.put('people', row));
    this.core.bus.touch('contacts', ...(jid === this.core.self.jid ? ['me'] : []), `chat ${jid}`, `profile ${jid}`, `room ${bare(jid)}`);
  }

  async nickEvent(jid: string, event: XmlElement): Promise<void> {
    const nick = items(event)[0]?.payload?.text.trim().slice(0, 100);
    await this.person(jid, { nick: nick || undefined } as Partial<PersonRow>);
  }

  async avatarEvent(jid: string, event: XmlElement): Promise<void> {
    const item = items(event)[0];
    const info = item?.payload?.child('info');
    const hash = info?.attr('id');
    if (!hash) return this.person(jid, { avatar: undefined });
    if (!/^[0-9a-f]{40}$/.test(hash) || this.core.live.people.get(jid)?.avatar === hash) return;
    if (await this.has(hash)) return this.person(jid, { avatar: hash });
    if (this.asked.has(hash)) return;
    this.asked.add(hash);
    const found = await this.pep.item(jid, NS.avatarData, hash).catch(() => undefined);
    await this.keep(jid, hash, found?.text, info?.attr('type') ?? 'image/png');
  }

  private async fetchVcardPicture(jid: string, hash: string, at: string): Promise<void> {
    if (await this.has(hash)) return this.person(jid, { avatar: hash });
    if (this.asked.has(hash)) return;
    this.asked.add(hash);
    const answer = await this.core.iq('get', x('vCard', NS.vcard), at).catch(() => undefined);
    const photo = answer?.child('vCard', NS.vcard)?.child('PHOTO');
    await this.keep(jid, hash, photo?.textOf('BINVAL'), photo?.textOf('TYPE') ?? 'image/png');
  }

  private async has(hash: string): Promise<boolean> {
    return (await this.core.db.read((tx) => tx.get<PictureRow>('pictures', hash))) !== undefined;
  }

  private async keep(jid: string, hash: string, base64: string | undefined, type: string): Promise<void> {
    if (!base64 || base64.length > MAX_PICTURE * 1.4 || !/^image\/(png|jpeg|gif|webp|avif)$/.test(type)) return;
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = fromBase64(base64);
    } catch {
      return;
    }
    // The hash is what the picture is named by: another picture under that name is none.
    if (toHex(new Uint8Array(await crypto.subtle.digest('SHA-1', bytes))) !== hash) return;
    await this.store(hash, new Blob([bytes], { type }));
    await this.person(jid, { avatar: hash });
  }

  async store(hash: string, blob: Blob): Promise<void> {
    await this.core.db.write(async (tx) => {
      await tx.put('pictures', { hash, blob, size: blob.size, used: this.core.now() } satisfies PictureRow);
      let sum = 0;
      for (const row of (await tx.all<PictureRow>('pictures', { index: 'used' })).reverse()) {
        sum += row.size;
        if (sum > MAX_PICTURES_BYTES) await tx.delete('pictures', row.hash);
      }
    });
  }

  async blocklist(): Promise<void> {
    const answer = await this.core.iq('get', x('blocklist', NS.blocking));
    this.core.live.blocked = new Set(answer.child('blocklist', NS.blocking)?.all('item').map((item) => item.attr('jid') ?? ''));
    this.core.bus.touch('blocked', 'chats', 'contacts');
  }

  blockPush(payload: XmlElement): void {
    const jids = payload.all('item').map((item) => item.attr('jid') ?? '');
    const { blocked } = this.core.live;
    if (payload.name === 'unblock' && jids.length === 0) blocked.clear();
    for (const jid of jids) if (payload.name === 'block') blocked.add(jid);
      else blocked.delete(jid);
    this.core.bus.touch('blocked', 'chats', 'contacts');
  }
}

/** What a presence says of the picture of who is there (XEP-0153). */
export function photoOf(presence: XmlElement): string | undefined {
  return presence.child('x', NS.vcardUpdate)?.child('photo')?.text.trim();
}

function readItem(item: XmlElement): ContactRow | undefined {
  const jid = item.attr('jid');
  const subscription = item.attr('subscription') ?? 'none';
  if (!jid || subscription === 'remove') return undefined;
  return {
    jid: bare(jid),
    name: item.attr('name') ?? '',
    subscription: subscription === 'to' || subscription === 'from' || subscription === 'both' ? subscription : 'none',
    asked: item.attr('ask') === 'subscribe',
    groups: item.all('group').map((group) => group.text),
  };
}
