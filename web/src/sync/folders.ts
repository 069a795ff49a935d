// Folders of chats, the same on all of one's devices: private items (XEP-0223), one a folder, in `urn:skein:folders:0`.

import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import { MAX_FOLDER_CHATS, MAX_FOLDER_NAME, MAX_FOLDERS, type Folder } from '../store/folders.ts';
import type { MetaRow } from '../store/rows.ts';
import type { Core } from './core.ts';
import type { Kind } from './debts.ts';
import { items, type Item, type Pep } from './pep.ts';

const KEY = 'folder ';

/** As it is kept: with its place in the row. */
interface Kept extends Folder {
  order: number;
}

export class Folders {
  private known = new Map<string, Kept>();

  private readonly owed: Kind;

  constructor(private readonly core: Core, private readonly pep: Pep) {
    this.owed = core.debts.kind('folder', (id) => this.share(id));
  }

  async load(): Promise<void> {
    const rows = await this.core.db.read((tx) => tx.all<MetaRow>('meta', { lower: KEY, upper: `${KEY}~` }));
    this.known = new Map(rows.map(({ value }) => [(value as Kept).id, value as Kept]));
  }

  forget(): void {
    this.known.clear();
  }

  list(): Folder[] {
    return [...this.known.values()].sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1)).map(({ id, name, chats }) => ({ id, name, chats: [...chats] }));
  }

  /** After a login: what the other devices made of it. What was changed here without them has gone out before. */
  async read(): Promise<void> {
    const told = await this.pep.read(undefined, NS.folders);
    for (const id of [...this.known.keys()]) if (!told.some((one) => one.id === id) && !(await this.isOwed(id))) await this.put(id, undefined);
    await this.take(told);
  }

  async event(event: XmlElement): Promise<void> {
    await this.take(items(event));
  }

  private isOwed(id: string): Promise<boolean> {
    return this.core.db.read((tx) => this.owed.isOwed(tx, id));
  }

  private async take(told: readonly Item[]): Promise<void> {
    for (const { id, payload, isRetracted } of told) {
      // What was done here since is newer, and on its way.
      if (await this.isOwed(id)) continue;
      await this.put(id, isRetracted ? undefined : readFolder(id, payload));
    }
  }

  private async put(id: string, folder: Kept | undefined, isOwn = false): Promise<void> {
    if (folder && !this.known.has(id) && this.known.size >= MAX_FOLDERS) return;
    if (folder) this.known.set(id, folder);
    else this.known.delete(id);
    await this.core.db.write(async (tx) => {
      await (folder ? tx.put('meta', { key: KEY + id, value: folder }) : tx.delete('meta', KEY + id));
      if (isOwn) await this.owed.owe(tx, id, this.core.id());
    });
    this.core.bus.touch('folders');
  }

  /** What the others are owed is noted with the change: what comes from them in between must not undo it. */
  private change(id: string, folder: Kept | undefined): Promise<void> {
    return this.put(id, folder, true);
  }

  /** A new folder, or another name or other chats for one. False: there are too many. */
  async save(given: { id?: string; name: string; chats: string[] }): Promise<string | undefined> {
    const id = given.id ?? this.core.id();
    const before = this.known.get(id);
    if (!before && this.known.size >= MAX_FOLDERS) return undefined;
    const last = Math.max(0, ...[...this.known.values()].map((one) => one.order));
    await this.change(id, { id, name: given.name.trim().slice(0, MAX_FOLDER_NAME), chats: [...new Set(given.chats)].slice(0, MAX_FOLDER_CHATS), order: before?.order ?? last + 1 });
    void this.owed.settle();
    return id;
  }

  async remove(id: string): Promise<void> {
    await this.change(id, undefined);
    void this.owed.settle();
  }

  async arrange(ids: readonly string[]): Promise<void> {
    for (const [i, id] of ids.entries()) {
      const folder = this.known.get(id);
      if (folder && folder.order !== i + 1) await this.change(id, { ...folder, order: i + 1 });
    }
    void this.owed.settle();
  }

  private async share(id: string): Promise<void> {
    const folder = this.known.get(id);
    await (folder ? this.pep.publish(NS.folders, id, writeFolder(folder), 'whitelist', 'max') : this.pep.retract(NS.folders, id));
  }
}

function writeFolder(folder: Kept): XmlElement {
  return x('folder', NS.folders, { name: folder.name, order: folder.order }, ...folder.chats.map((jid) => x('chat', NS.folders, { jid })));
}

function readFolder(id: string, payload: XmlElement | undefined): Kept | undefined {
  const name = payload?.attr('name')?.trim().slice(0, MAX_FOLDER_NAME);
  if (!payload?.is('folder', NS.folders) || !name) return undefined;
  const order = Number(payload.attr('order'));
  return { id, name, order: Number.isFinite(order) ? order : 0, chats: payload.all('chat').map((chat) => chat.attr('jid') ?? '').filter(Boolean).slice(0, MAX_FOLDER_CHATS) };
}
