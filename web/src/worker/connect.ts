// The tab's side: an Api whose every call goes to the engine.

import { changed } from '../sync/chatlist.ts';
import { ApiError, type Api, type Queries, type QueryName, type SendText } from '../sync/api.ts';
import type { Chat, Me, MessageWindow, Notice } from '../store/types.ts';
import { Echoes } from './echo.ts';
import engineUrl from './engine.ts?worker&url';
import { FirstScreen } from './first.ts';
import { applyUpdate, keepStored, leave, leaveAfter, LEAVING, watchUpdate } from './page.ts';
import type { ToEngine, ToTab } from './rpc.ts';
import { ownScript } from './trusted.ts';
import { WindowReceiver } from './windows.ts';

const HERE_MS = 30_000;
/** A tab that is not looked at makes no frames. */
const HIDDEN_MS = 200;
/** How long a page that is to be loaded anew waits for what it has asked. */
const SETTLE_MS = 1000;

interface Call {
  message: ToEngine;
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

interface Callback {
  tell: (row: never) => void;
}

interface Watch {
  query: string;
  args: unknown;
  message: ToEngine;
  callbacks: Set<Callback>;
  last: { row: unknown } | undefined;
}

/** A browser may forbid a page to keep anything. */
function storage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  try {
    return localStorage;
  } catch {
    return { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  }
}

/** When the next frame is made; in a tab that is not looked at, soon. */
function afterFrame(run: () => void): void {
  let isDone = false;
  const once = (): void => {
    if (isDone) return;
    isDone = true;
    run();
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, HIDDEN_MS);
}

class Tab {
  private calls = new Map<number, Call>();
  private watches = new Map<number, Watch>();
  /** By query and arguments: the same is asked once, however many look at it. */
  private known = new Map<string, number>();
  private notices = new Set<(notice: Notice) => void>();
  private windows = new WindowReceiver();
  private echoes = new Echoes();
  /** The window of messages that was told last. */
  private recent: MessageWindow | undefined;
  private me: Me | undefined;
  readonly first = new FirstScreen(storage());
  private focused: ToEngine | undefined;
  private next = 1;
  /** An engine has answered. */
  private isGreeted = false;
  send: (message: ToEngine) => void = () => undefined;

  call(command: string, args: unknown): Promise<unknown> {
    if (command === 'update') return applyUpdate();
    if (command === 'focus') {
      this.focused = { kind: 'focus', ...(args as { visible: boolean; chat?: string }) };
      this.send(this.focused);
      return Promise.resolve();
    }
    if (command === 'send') return this.say(args as SendText);
    return this.ask(command, args);
  }

  private ask(command: string, args: unknown): Promise<unknown> {
    const id = this.next++;
    const message: ToEngine = { kind: 'call', id, command, args };
    return new Promise((resolve, reject) => {
      this.calls.set(id, { message, resolve, reject });
      this.send(message);
    });
  }

  /** What is written stands in its conversation before anybody is asked. */
  private async say(args: SendText): Promise<unknown> {
    const id = crypto.randomUUID();
    const answer = this.ask('send', { ...args, id });
    const isShown = this.echoes.begin(id, args, this.me ?? (this.first.row('me') as Me | undefined), this.recent, Date.now());
    if (isShown) this.retell(args.chat);
    try {
      const row = await answer;
      this.echoes.end(id, true);
      keepStored();
      return row;
    } catch (error) {
      this.echoes.end(id, false);
      if (isShown) this.retell(args.chat);
      throw error;
    }
  }

  private retell(chat: string): void {
    for (const { query, args, callbacks, last } of this.watches.values()) {
      if (query !== 'messages' || !last || (args as { chat: string }).chat !== chat) continue;
      for (const one of [...callbacks]) one.tell(this.shown(query, last.row) as never);
    }
  }

  private shown(query: string, row: unknown): unknown {
    return query === 'messages' && row !== undefined ? this.echoes.with(row as MessageWindow) : row;
  }

  watch<Q extends QueryName>(query: Q, args: Queries[Q]['args'], callback: (row: Queries[Q]['row']) => void): () => void {
    if (query === 'update') return watchUpdate(callback as (row: Queries['update']['row']) => void);
    const key = `${query} ${JSON.stringify(args ?? null)}`;
    const one = { tell: callback as (row: never) => void };
    let id = this.known.get(key);
    const watch = id === undefined ? undefined : this.watches.get(id);
    if (id === undefined || !watch) {
      id = this.next++;
      const message: ToEngine = { kind: 'watch', id, query, args };
      this.known.set(key, id);
      const known = this.knows(query, args);
      const fresh: Watch = { query, args, message, callbacks: new Set([one]), last: known === undefined ? undefined : { row: known } };
      this.watches.set(id, fresh);
      this.send(message);
      if (query === 'messages') this.first.look((args as { chat: string }).chat);
      if (fresh.last) queueMicrotask(() => fresh.callbacks.has(one) && fresh.last && one.tell(this.shown(query, fresh.last.row) as never));
    } else {
      watch.callbacks.add(one);
      // Not while it is asked for: who watches expects to be called later.
      if (watch.last) queueMicrotask(() => watch.last && watch.callbacks.has(one) && one.tell(this.shown(query, watch.last.row) as never));
    }
    return () => this.unwatch(key, id, one);
  }

  /** What can be answered before the engine has: as it was when the page was left, or as the list has it. */
  private knows(query: string, args: unknown): unknown {
    const { chat, anchor } = (args ?? {}) as { chat?: string; anchor?: unknown };
    // The end of what is looked at is known, if not all that is asked for of it.
    if (query === 'messages' && anchor === 'end' && this.recent?.chat === chat && !this.recent?.hasNewer) return this.recent;
    const list = query === 'chat' ? (this.watches.get(this.known.get('chats null') ?? -1)?.last?.row as Chat[] | undefined) : undefined;
    return list?.find((one) => one.jid === chat) ?? this.first.row(query, args);
  }

  private unwatch(key: string, id: number, one: Callback): void {
    const watch = this.watches.get(id);
    if (!watch?.callbacks.delete(one) || watch.callbacks.size > 0) return;
    this.watches.delete(id);
    this.known.delete(key);
    this.send({ kind: 'unwatch', id });
    if (watch.query === 'messages') this.first.look(this.looked());
  }

  /** The chat that is looked at. */
  private looked(): string | undefined {
    const watch = [...this.watches.values()].find(({ query }) => query === 'messages');
    return (watch?.args as { chat: string } | undefined)?.chat;
  }

  private tell(id: number, row: unknown): void {
    const watch = this.watches.get(id);
    if (!watch) return;
    watch.last = { row };
    this.first.note(watch.query, row);
    if (watch.query === 'me') this.me = row as Me | undefined;
    if (watch.query === 'messages') {
      this.recent = row as MessageWindow;
      this.echoes.told(this.recent);
    }
    const shown = this.shown(watch.query, row);
    for (const one of [...watch.callbacks]) one.tell(shown as never);
    afterFrame(() => this.send({ kind: 'shown', id }));
  }

  onNotice(callback: (notice: Notice) => void): () => void {
    this.notices.add(callback);
    return () => void this.notices.delete(callback);
  }

  /** All that was asked has been answered, or it takes too long. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      const end = Date.now() + SETTLE_MS;
      const look = (): void => void (this.calls.size === 0 || Date.now() > end ? resolve() : setTimeout(look, 10));
      look();
    });
  }

  take(message: ToTab): void {
    if (message.kind !== 'hello') this.isGreeted = true;
    switch (message.kind) {
      case 'row':
        return this.tell(message.id, message.row);
      case 'window':
        return this.tell(message.id, this.windows.unpack(message.change));
      case 'chats': {
        const known = this.watches.get(message.id)?.last;
        return this.tell(message.id, changed((known?.row ?? []) as Chat[], message.change));
      }
      case 'done':
        this.calls.get(message.id)?.resolve(message.value as never);
        return void this.calls.delete(message.id);
      case 'failed':
        this.calls.get(message.id)?.reject(new ApiError(message.fault));
        return void this.calls.delete(message.id);
      case 'notice':
        return this.notices.forEach((notice) => notice(message.notice));
      case 'hello':
        return this.hello();
      case 'superseded':
        return void leave();
    }
  }

  /** An engine stands, or another took over: it is told what is watched. What was begun is not begun twice. */
  hello(): void {
    for (const { message } of this.watches.values()) this.send(message);
    for (const [id, call] of [...this.calls]) {
      if (!this.isGreeted) this.send(call.message);
      else {
        this.calls.delete(id);
        call.reject(new ApiError({ code: 'offline' }));
      }
    }
    if (this.focused) this.send(this.focused);
  }
}

/** Connects this page to the engine. */
export function connect(): Api {
  const tab = new Tab();
  if (typeof SharedWorker === 'function') {
    const { port } = new SharedWorker(ownScript(engineUrl), { type: 'module', name: 'skein' });
    port.onmessage = (event: MessageEvent<ToTab>) => tab.take(event.data);
    tab.send = (message) => port.postMessage(message);
  } else {
    const name = crypto.randomUUID();
    const channel = new BroadcastChannel('skein');
    channel.onmessage = ({ data }: MessageEvent<{ to: string; message: ToTab }>) => {
      if (data.to === name || data.to === '*') tab.take(data.message);
    };
    tab.send = (message) => channel.postMessage({ to: 'engine', from: name, message });
    new Worker(ownScript(engineUrl), { type: 'module', name: 'skein' });
  }
  setInterval(() => tab.send({ kind: 'here' }), HERE_MS);
  leaveAfter(() => tab.settled());
  addEventListener(LEAVING, () => tab.first.keep());
  addEventListener(LEAVING, (event) => event.isTrusted && tab.send({ kind: 'bye' }));
  // Back out of the browser's cache of pages.
  addEventListener('pageshow', (event) => (event as PageTransitionEvent).persisted && tab.hello());
  addEventListener('online', () => void tab.call('reconnect', undefined));
  return new Proxy({} as Api, {
    get: (_, name) => {
      if (name === 'watch') return tab.watch.bind(tab);
      if (name === 'onNotice') return tab.onNotice.bind(tab);
      // A thing with `then` would be taken for a promise.
      if (typeof name !== 'string' || name === 'then') return undefined;
      return (args?: unknown) => tab.call(name, args);
    },
  });
}
