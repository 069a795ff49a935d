// The service worker: keeps the parts of the client, so that it opens without a network, and brings a page back
// when one of its notifications is pressed. A new version waits until somebody wants it. What it is made of
// is built into it, so that every browser takes it.

import { isMedia, isOnce, Media } from './media.ts';

/** What the client is made of; written in when it is built. */
const PARTS = JSON.parse('%PARTS%') as string[];
const VERSION = '%VERSION%';

const SHELL = `shell-${VERSION}`;
/** Larger parts that not everybody needs: maps, emoji in other languages. */
const EXTRA = 'extra';
const MAX_EXTRA = 24;

interface Wait {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetched extends Wait {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Pressed extends Wait {
  notification: Notification;
}
interface Told extends Wait {
  data: unknown;
}
interface Page {
  url: string;
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
}
interface Scope {
  clients: { matchAll(options: object): Promise<Page[]>; openWindow(url: string): Promise<unknown>; claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener<E>(type: string, listen: (event: E) => void): void;
}
const worker = self as unknown as Scope;
const media = new Media({
  open: (name) => caches.open(name),
  fetch: (url) => fetch(url),
  quota: async () => (await navigator.storage?.estimate?.())?.quota ?? Infinity,
  now: () => Date.now(),
});

worker.addEventListener<Wait>('install', (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(PARTS.map((path) => new Request(path, path.startsWith('/assets/') ? {} : { cache: 'reload' })))));
});

worker.addEventListener<Wait>('activate', (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name.startsWith('shell-') && name !== SHELL).map((name) => caches.delete(name))))
    .then(() => worker.clients.claim()));
});

/** Somebody wants the new version. */
worker.addEventListener<Told>('message', (event) => {
  if (event.data === 'activate') event.waitUntil(worker.skipWaiting());
});

worker.addEventListener<Fetched>('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (PARTS.includes(url.pathname) && (request.mode !== 'navigate' || url.pathname === '/')) event.respondWith(kept(url.pathname, request));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(extra(request));
  else if (isMedia(request, url)) event.respondWith(media.answer(request.url, request.headers.get('range'), (work) => event.waitUntil(work)));
  else if (isOnce(url)) event.respondWith(fetch(request, { cache: 'no-store' }));
});

async function kept(path: string, request: Request): Promise<Response> {
  return (await (await caches.open(SHELL)).match(path)) ?? fetch(request);
}

async function extra(request: Request): Promise<Response> {
  const cache = await caches.open(EXTRA);
  const known = await cache.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) {
    await cache.put(request, answer.clone()).catch(() => undefined);
    const keys = await cache.keys();
    await Promise.all(keys.slice(0, Math.max(0, keys.length - MAX_EXTRA)).map((key) => cache.delete(key)));
  }
  return answer;
}

worker.addEventListener<Pressed>('notificationclick', (event) => {
  event.notification.close();
  const { chat, message } = (event.notification.data ?? {}) as { chat?: string; message?: string };
  event.waitUntil((async () => {
    const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
    const page = pages.find((one) => new URL(one.url).pathname === '/');
    if (!page) return worker.clients.openWindow(chat === undefined ? '/' : chat === '' ? '/#/contacts' : `/#/chat/${encodeURIComponent(chat)}${message === undefined ? '' : `/${encodeURIComponent(message)}`}`);
    page.postMessage({ kind: 'open', chat, message });
    return page.focus();
  })());
});
