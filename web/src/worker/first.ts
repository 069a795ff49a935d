// What the page shows first when it is opened: who is signed in and the first screens of the list, as they were last.
// Kept where the page can read it before it has asked anybody; the engine's answers take its place as they come.

import type { Chat, Me } from '../store/types.ts';

const KEY = 'skein.first';
/** More than a tall screen shows. */
const CHATS = 40;
/** Noted when the list has rested for so long, and when the page is left. */
const REST_MS = 1500;

interface First {
  me: Me;
  chats: Chat[];
}

/** As the page will be able to show it: addresses of pictures die with the engine that made them. */
function still<T extends { avatar?: unknown }>(row: T): T {
  const { avatar: _, ...rest } = row;
  return rest as T;
}

export class FirstScreen {
  private known: Partial<First>;
  private told: string | undefined;
  private resting: ReturnType<typeof setTimeout> | undefined;
  /** What was kept is good until the engine has said who is signed in. */
  private isAnswered = false;

  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
    this.known = this.read();
  }

  private read(): Partial<First> {
    try {
      this.told = this.storage.getItem(KEY) ?? undefined;
      const { me, chats } = JSON.parse(this.told ?? '{}') as Partial<First>;
      return typeof me?.jid === 'string' && Array.isArray(chats) ? { me, chats } : {};
    } catch {
      return {};
    }
  }

  /** The row of a query as it was last, if it is one of these and was not asked before the first answer. */
  row(query: string): unknown {
    return this.isAnswered || (query !== 'me' && query !== 'chats') ? undefined : this.known[query];
  }

  /** An answer of the engine. */
  note(query: string, row: unknown): void {
    if (query === 'me') {
      this.isAnswered = true;
      if (row === undefined) return this.forget();
      this.known.me = still(row as Me);
    } else if (query === 'chats') {
      this.known.chats = (row as Chat[]).slice(0, CHATS).map((chat) => ({ ...still(chat), typing: [], show: 'offline' as const }));
    } else return;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.keep(), REST_MS);
  }

  keep(): void {
    clearTimeout(this.resting);
    const { me, chats } = this.known;
    if (!this.isAnswered || !me || !chats) return;
    const now = JSON.stringify({ me, chats });
    if (now === this.told) return;
    try {
      this.storage.setItem(KEY, now);
      this.told = now;
    } catch {
      // Without room for it the list comes a moment later.
    }
  }

  /** Nobody is signed in: nothing of anybody is left. */
  private forget(): void {
    clearTimeout(this.resting);
    this.known = {};
    this.told = undefined;
    try {
      this.storage.removeItem(KEY);
    } catch {
      // Nothing can have been kept where nothing can be removed.
    }
  }
}
