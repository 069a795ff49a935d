// The tab's side: an Api whose every call goes to the engine.

import { ApiError, type Api, type Queries, type QueryName } from '../sync/api.ts';
import type { Notice } from '../store/types.ts';
import leaderUrl from './leader.ts?worker&url';
import type { ToEngine, ToTab } from './rpc.ts';
import sharedUrl from './shared.ts?worker&url';
import { ownScript } from './trusted.ts';

const HERE_MS = 30_000;

interface Call {
  message: ToEngine;
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

class Tab {
  private calls = new Map<number, Call>();
  private watches = new Map<number, { message: ToEngine; callback: (row: never) => void }>();
  private notices = new Set<(notice: Notice) => void>();
  private focused: ToEngine | undefined;
  private next = 1;
  /** An engine has answered. */
  private isGreeted = false;
  send: (message: ToEngine) => void = () => undefined;

  call(command: string, args: unknown): Promise<unknown> {
    if (command === 'focus') {
      this.focused = { kind: 'focus', ...(args as { visible: boolean; chat?: string }) };
      this.send(this.focused);
      return Promise.resolve();
    }
    const id = this.next++;
    const message: ToEngine = { kind: 'call', id, command, args };
    return new Promise((resolve, reject) => {
      this.calls.set(id, { message, resolve, reject });
      this.send(message);
    });
  }

  watch<Q extends QueryName>(query: Q, args: Queries[Q]['args'], callback: (row: Queries[Q]['row']) => void): () => void {
    const id = this.next++;
    const message: ToEngine = { kind: 'watch', id, query, args };
    this.watches.set(id, { message, callback });
    this.send(message);
    return () => {
      this.watches.delete(id);
      this.send({ kind: 'unwatch', id });
    };
  }

  onNotice(callback: (notice: Notice) => void): () => void {
    this.notices.add(callback);
    return () => void this.notices.delete(callback);
  }

  take(message: ToTab): void {
    if (message.kind !== 'hello') this.isGreeted = true;
    switch (message.kind) {
      case 'row':
        return this.watches.get(message.id)?.callback(message.row as never);
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
    const { port } = new SharedWorker(ownScript(sharedUrl), { type: 'module', name: 'skein' });
    port.onmessage = (event: MessageEvent<ToTab>) => tab.take(event.data);
    tab.send = (message) => port.postMessage(message);
  } else {
    const name = crypto.randomUUID();
    const channel = new BroadcastChannel('skein');
    channel.onmessage = ({ data }: MessageEvent<{ to: string; message: ToTab }>) => {
      if (data.to === name || data.to === '*') tab.take(data.message);
    };
    tab.send = (message) => channel.postMessage({ to: 'engine', from: name, message });
    new Worker(ownScript(leaderUrl), { type: 'module', name: 'skein' });
  }
  setInterval(() => tab.send({ kind: 'here' }), HERE_MS);
  addEventListener('pagehide', () => tab.send({ kind: 'bye' }));
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
