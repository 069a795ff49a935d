// The list of chats, kept sorted in memory: a change costs what changed, not the whole list.

import { StorageError } from '../store/db.ts';
import type { ChatRow } from '../store/rows.ts';
import type { Chat } from '../store/types.ts';
import type { Engine } from './engine.ts';

/** What a list has to become what it is now. `all`: everything anew. */
export interface ChatChange {
  all?: Chat[];
  put?: Chat[];
  gone?: string[];
}

export class ChatList {
  private chats: Chat[] | undefined;
  private watchers = new Set<(change: ChatChange) => void>();
  private dirty = new Set<string>();
  private isAllDirty = true;
  private turn: Promise<void> = Promise.resolve();
  private stop: (() => void) | undefined;

  constructor(private readonly engine: Engine, private readonly chatOf: (row: ChatRow) => Promise<Chat>) {}

  /** The whole list at once, then what changes. */
  watch(callback: (change: ChatChange) => void): () => void {
    this.follow();
    let isOver = false;
    void this.now().then((all) => {
      if (isOver) return;
      callback({ all });
      this.watchers.add(callback);
    });
    return () => {
      isOver = true;
      this.watchers.delete(callback);
    };
  }

  /** The list as it is now, the newest first behind what is pinned. */
  async now(): Promise<Chat[]> {
    this.follow();
    await this.update();
    return this.chats ?? [];
  }

  private follow(): void {
    this.stop ??= this.engine.bus.watch(['chats', 'chat *', 'line *'], (dirty) => {
      if (dirty.has('chats')) this.isAllDirty = true;
      for (const topic of dirty) if (/^(chat|line) [^*]/.test(topic)) this.dirty.add(topic.slice(5));
      void this.update();
    });
  }

  private update(): Promise<void> {
    this.turn = this.turn.then(() => this.work()).catch((error: unknown) => this.failed(error));
    return this.turn;
  }

  /** What was to be read is read the next time, with all the rest. */
  private failed(error: unknown): void {
    this.isAllDirty = true;
    // Of an engine that was closed nobody asks any more.
    if (!(error instanceof StorageError && error.isClosed)) console.error(error instanceof Error ? error.message : 'the list failed');
  }

  private async work(): Promise<void> {
    if (!this.isAllDirty && this.dirty.size === 0) return;
    const isAll = this.isAllDirty || this.chats === undefined;
    const jids = [...this.dirty];
    this.dirty.clear();
    this.isAllDirty = false;
    let change: ChatChange;
    if (isAll) {
      const rows = await this.engine.db.read((tx) => tx.all<ChatRow>('chats'));
      this.chats = sorted(await Promise.all(rows.filter(isShown).map(this.chatOf)));
      change = { all: this.chats };
    } else {
      const rows = await this.engine.db.read((tx) => Promise.all(jids.map((jid) => tx.get<ChatRow>('chats', jid))));
      const put = await Promise.all(rows.filter((row) => row !== undefined).filter(isShown).map(this.chatOf));
      const there = new Set(put.map((chat) => chat.jid));
      change = { put, gone: jids.filter((jid) => !there.has(jid)) };
      this.chats = changed(this.chats ?? [], change);
    }
    for (const tell of this.watchers) tell(change);
    this.engine.bus.touch('badge');
  }
}

function isShown(row: ChatRow): boolean {
  return row.time > 0 || row.draft !== undefined;
}

export function sorted(chats: readonly Chat[]): Chat[] {
  return [...chats].sort(byTime);
}

/** The list with the change in it, as a list of its own. */
export function changed(list: readonly Chat[], { all, put = [], gone = [] }: ChatChange): Chat[] {
  if (all) return all;
  const moved = new Set([...put.map((chat) => chat.jid), ...gone]);
  const rest = list.filter((chat) => !moved.has(chat.jid));
  for (const chat of put) rest.splice(placeOf(rest, chat), 0, chat);
  return rest;
}

/** Two changes, one after the other, as one. */
export function both(first: ChatChange, then: ChatChange): ChatChange {
  if (then.all) return then;
  if (first.all) return { all: changed(first.all, then) };
  const put = new Map((first.put ?? []).map((chat) => [chat.jid, chat]));
  const gone = new Set(first.gone);
  for (const jid of then.gone ?? []) {
    put.delete(jid);
    gone.add(jid);
  }
  for (const chat of then.put ?? []) {
    gone.delete(chat.jid);
    put.set(chat.jid, chat);
  }
  return { put: [...put.values()], gone: [...gone] };
}

function placeOf(list: readonly Chat[], chat: Chat): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byTime(list[middle] as Chat, chat) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function byTime(a: Chat, b: Chat): number {
  return Number(b.pinned) - Number(a.pinned) || b.time - a.time || (a.jid < b.jid ? -1 : 1);
}
