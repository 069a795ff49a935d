// A second port of a page to the engine that all its tabs share, for what is asked of it without the interface, and a
// look at the memory of both.

import type { CDPSession, Page } from 'playwright-core';
import type { Commands } from '../src/sync/api.ts';

type Name = keyof Commands;

/** Calls a command from within the page; the context must not hold to its policy. */
export async function call<C extends Name>(page: Page, engine: string, command: C, args: Parameters<Commands[C]>[0]): Promise<Awaited<ReturnType<Commands[C]>>> {
  return page.evaluate(([url, name, given]) => new Promise((resolve, reject) => {
    const { port } = new SharedWorker(url, { type: 'module', name: 'skein' });
    port.onmessage = ({ data }) => {
      if (data.kind === 'done') resolve(data.value);
      else if (data.kind === 'failed') reject(new Error(JSON.stringify(data.fault)));
    };
    port.postMessage({ kind: 'call', id: 1, command: name, args: given });
  }), [engine, command, args] as const) as Promise<Awaited<ReturnType<Commands[C]>>>;
}

/** What lives when all that can go has gone: bytes of the page and of its shared worker, and of the page what a leak leaves behind. */
export interface Held {
  page: number;
  engine: number;
  nodes: number;
  listeners: number;
}

/** Timers hold for a while what was left just now: looked at until it gets no less. */
export async function held(page: Page): Promise<Held> {
  let now = await look(page);
  for (let i = 0; i < 10; i++) {
    await new Promise((done) => setTimeout(done, 500));
    const next = await look(page);
    if (next.nodes >= now.nodes && next.page >= now.page * 0.99) break;
    now = next;
  }
  return now;
}

async function look(page: Page): Promise<Held> {
  const bytes = await heap(page);
  const devtools = await page.context().newCDPSession(page);
  try {
    await devtools.send('Performance.enable');
    const { metrics } = await devtools.send('Performance.getMetrics');
    const of = (name: string): number => metrics.find((one) => one.name === name)?.value ?? NaN;
    return { ...bytes, nodes: of('Nodes'), listeners: of('JSEventListeners') };
  } finally {
    await devtools.detach();
  }
}

/** Bytes of live objects in the page and in its shared worker, when all that can go has gone. */
export async function heap(page: Page): Promise<{ page: number; engine: number }> {
  const of = async (send: (method: string) => Promise<unknown>): Promise<number> => {
    await send('HeapProfiler.enable');
    await send('HeapProfiler.collectGarbage');
    await send('HeapProfiler.collectGarbage');
    const { usedSize } = (await send('Runtime.getHeapUsage')) as { usedSize: number };
    await send('HeapProfiler.disable');
    return usedSize;
  };
  const own = await page.context().newCDPSession(page);
  const browser = await page.context().browser()?.newBrowserCDPSession();
  if (!browser) throw new Error('no browser');
  try {
    const inPage = await of((method) => own.send(method as never));
    const inEngine = await insideWorker(browser, new URL(page.url()).origin, of);
    return { page: inPage, engine: inEngine };
  } finally {
    await own.detach();
    await browser.detach();
  }
}

async function insideWorker(browser: CDPSession, origin: string, work: (send: (method: string) => Promise<unknown>) => Promise<number>): Promise<number> {
  const { targetInfos } = await browser.send('Target.getTargets');
  const target = targetInfos.find((one) => one.type === 'shared_worker' && one.url.startsWith(origin));
  if (!target) throw new Error('no engine');
  const { sessionId } = await browser.send('Target.attachToTarget', { targetId: target.targetId, flatten: false });
  const waiting = new Map<number, (result: unknown) => void>();
  let next = 1;
  browser.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message) as { id: number; result: unknown };
    waiting.get(id)?.(result);
  });
  try {
    return await work((method) => new Promise((resolve) => {
      waiting.set(next, resolve);
      void browser.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id: next++, method }) });
    }));
  } finally {
    await browser.send('Target.detachFromTarget', { sessionId });
  }
}
