// The engine's side: serves any number of tabs.

import { commands, reasonOf } from '../sync/commands/index.ts';
import type { Commands, QueryName, Queries } from '../sync/api.ts';
import { Engine } from '../sync/engine.ts';
import { NS } from '../protocol/ns.ts';
import { x } from '../protocol/xml.ts';
import { openSocket, type Raw } from '../protocol/wire/socket.ts';
import { browserName } from '../util/browser.ts';
import type { World } from '../protocol/connection.ts';
import { both, type ChatChange } from '../sync/chatlist.ts';
import type { MessageWindow } from '../store/types.ts';
import { carry } from './carry.ts';
import { Pace } from './pace.ts';
import type { ToEngine, ToTab } from './rpc.ts';
import { WindowSender } from './windows.ts';

/** A tab that says nothing for so long is gone. Browsers slow timers of hidden tabs to one a minute. */
const TAB_MS = 150_000;

interface Watch {
  /** The tab has shown what went last. */
  shown(): void;
  end(): void;
}

interface Tab {
  send(message: ToTab): void;
  watches: Map<number, Watch>;
  windows: WindowSender;
  visible: boolean;
  chat: string | undefined;
  seen: number;
}

export const world: World = {
  socket: (url) => openSocket(url, (url, protocols) => new WebSocket(url, protocols) as unknown as Raw),
  now: () => Date.now(),
  random: () => Math.random(),
  nonce: () => crypto.randomUUID(),
  timer: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export class Host {
  private tabs = new Set<Tab>();
  readonly engine: Engine;
  private readonly commands: Commands;
  private ready: Promise<void>;
  private quiet: (() => void) | undefined;

  constructor() {
    this.engine = new Engine({ world, fetch: (...args) => fetch(...args), ...(typeof XMLHttpRequest === 'function' && { carry }), origin: self.location.origin, device: browserName(navigator.userAgent), notice: (notice) => this.notice(notice) });
    this.commands = commands(this.engine);
    this.ready = this.engine.open();
    this.ready.catch((error: unknown) => console.error(error instanceof Error ? error.message : 'the data here cannot be opened'));
    self.addEventListener('online', () => this.engine.connection.poke());
    setInterval(() => this.sweep(), TAB_MS / 3);
  }

  /** Takes a tab; what it says is given to the answered function. */
  add(send: (message: ToTab) => void): (message: ToEngine) => void {
    const tab: Tab = { send, watches: new Map(), windows: new WindowSender(), visible: false, chat: undefined, seen: Date.now() };
    this.tabs.add(tab);
    return (message) => {
      tab.seen = Date.now();
      this.tabs.add(tab);
      this.take(tab, message);
    };
  }

  /** Gives everything back: another engine takes over. The session ends with the connection, not by us. */
  end(): void {
    for (const tab of this.tabs) {
      for (const watch of tab.watches.values()) watch.end();
      tab.watches.clear();
      tab.send({ kind: 'superseded' });
    }
    this.engine.close();
  }

  private take(tab: Tab, message: ToEngine): void {
    switch (message.kind) {
      case 'call':
        return void this.call(tab, message.id, message.command, message.args);
      case 'watch':
        return void this.ready.then(() => this.watch(tab, message.id, message.query as QueryName, message.args as Queries[QueryName]['args']));
      case 'unwatch':
        tab.watches.get(message.id)?.end();
        return void tab.watches.delete(message.id);
      case 'shown':
        return tab.watches.get(message.id)?.shown();
      case 'focus':
        if (tab.chat !== undefined && tab.chat !== message.chat) this.engine.views.leave(tab.chat);
        tab.visible = message.visible;
        tab.chat = message.chat;
        return this.focus();
      case 'bye':
        return this.drop(tab);
      case 'here':
        return;
    }
  }

  private async call(tab: Tab, id: number, command: string, args: unknown): Promise<void> {
    try {
      await this.ready;
      if (!Object.hasOwn(this.commands, command)) throw new Error(`no command ${command}`);
      const run = this.commands[command as keyof Commands] as (args: unknown) => Promise<unknown>;
      tab.send({ kind: 'done', id, value: await run(args) });
    } catch (error) {
      this.engine.mending.look(error);
      tab.send({ kind: 'failed', id, fault: reasonOf(error) });
    }
  }

  private watch<Q extends QueryName>(tab: Tab, id: number, query: Q, args: Queries[Q]['args']): void {
    tab.watches.get(id)?.end();
    if (query === 'chats') return this.watchChats(tab, id);
    const pace = new Pace(async () => {
      try {
        const row = await this.engine.views.answer(query, args);
        if (tab.watches.get(id)?.shown !== shown) return false;
        if (query === 'messages') tab.send({ kind: 'window', id, change: tab.windows.pack(row as MessageWindow) });
        else tab.send({ kind: 'row', id, row });
        return true;
      } catch (error) {
        this.engine.mending.look(error);
        console.error(`${query}: ${error instanceof Error ? error.message : 'failed'}`);
        return false;
      }
    }, world.timer);
    const shown = (): void => pace.shown();
    const stop = this.engine.bus.watch(this.engine.views.topics(query, args), () => pace.due());
    tab.watches.set(id, { shown, end: () => (stop(), pace.end()) });
    pace.due();
  }

  /** The list goes once, then what changes in it. */
  private watchChats(tab: Tab, id: number): void {
    let waiting: ChatChange | undefined;
    const pace = new Pace(() => {
      const change = waiting;
      waiting = undefined;
      if (change) tab.send({ kind: 'chats', id, change });
      return Promise.resolve(change !== undefined);
    }, world.timer);
    const stop = this.engine.views.list.watch((change) => {
      waiting = waiting ? both(waiting, change) : change;
      pace.due();
    });
    tab.watches.set(id, { shown: () => pace.shown(), end: () => (stop(), pace.end()) });
  }

  private focus(): void {
    const visible = [...this.tabs].filter((tab) => tab.visible);
    this.engine.live.focused = new Set(visible.flatMap((tab) => (tab.chat === undefined ? [] : [tab.chat])));
    const isVisible = visible.length > 0;
    if (isVisible === this.engine.isVisible) return;
    this.engine.isVisible = isVisible;
    this.quiet?.();
    // Not at every glance at another tab (XEP-0352).
    this.quiet = world.timer(isVisible ? 0 : 5000, () => this.engine.connection.nonza(x(isVisible ? 'active' : 'inactive', NS.csi)));
    if (isVisible) this.engine.connection.poke();
  }

  private notice(notice: Parameters<Engine['notice']>[0]): void {
    const [tab] = [...this.tabs].sort((a, b) => Number(b.visible) - Number(a.visible) || b.seen - a.seen);
    tab?.send({ kind: 'notice', notice });
  }

  private drop(tab: Tab): void {
    for (const watch of tab.watches.values()) watch.end();
    tab.watches.clear();
    this.tabs.delete(tab);
    // Nobody is there to take anything back.
    if (this.tabs.size === 0) this.engine.removals.hurry();
    this.focus();
  }

  private sweep(): void {
    for (const tab of this.tabs) if (Date.now() - tab.seen > TAB_MS) this.drop(tab);
  }
}
