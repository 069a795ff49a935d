// What the client asks of the browser around its page: the service worker and its updates, notifications, the
// number on the icon and in the title, and that what is kept here is kept.

import type { Api, Queries } from '../sync/api.ts';
import type { Notice } from '../store/types.ts';
import { ownScript } from './trusted.ts';

const SERVICE = '/service.js';
/** How often a page that stays open asks whether there is a new version. */
const UPDATE_MS = 60 * 60 * 1000;

type Update = Queries['update']['row'];

/** Heard by whoever holds something that is not kept yet: the page is about to be left. */
export const LEAVING = 'pagehide';

let update: Update = { ready: false };
let settled: () => Promise<void> = () => Promise.resolve();
let waiting: ServiceWorker | undefined;
const watchers = new Set<(row: Update) => void>();

export function watchUpdate(callback: (row: Update) => void): () => void {
  watchers.add(callback);
  callback(update);
  return () => void watchers.delete(callback);
}

/** The new version takes over, and every page of this browser with it. What was begun is kept first. */
export async function applyUpdate(): Promise<void> {
  if (waiting) waiting.postMessage('activate');
  else await leave();
}

/** Loads the page anew, when the engine has taken what was begun here. */
export async function leave(): Promise<void> {
  dispatchEvent(new Event(LEAVING));
  await settled();
  location.reload();
}

/** `wait` is over when the engine has answered everything that it was asked. */
export function leaveAfter(wait: () => Promise<void>): void {
  settled = wait;
}

function ready(worker: ServiceWorker): void {
  waiting = worker;
  update = { ready: true };
  for (const tell of watchers) tell(update);
}

let isAsked = false;

/** Who has written something wants it kept: the browser is asked not to throw it away when it wants room. */
export function keepStored(): void {
  if (isAsked) return;
  isAsked = true;
  void navigator.storage?.persisted?.().then((is) => (is ? true : navigator.storage.persist())).catch(() => undefined);
}

async function serve(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator)) return undefined;
  const { serviceWorker } = navigator;
  const isFirst = !serviceWorker.controller;
  let isReloading = false;
  serviceWorker.addEventListener('controllerchange', () => {
    // The first one takes over a page that is as new as itself.
    if (isReloading || (isFirst && !waiting)) return;
    isReloading = true;
    void leave();
  });
  const registration = await serviceWorker.register(ownScript(SERVICE), { updateViaCache: 'none' }).catch(() => undefined);
  if (!registration) return undefined;
  const follow = (worker: ServiceWorker | null): void => {
    if (!worker) return;
    const look = (): void => void (worker.state === 'installed' && serviceWorker.controller && ready(worker));
    look();
    worker.addEventListener('statechange', look);
  };
  follow(registration.waiting);
  registration.addEventListener('updatefound', () => follow(registration.installing));
  setInterval(() => void registration.update().catch(() => undefined), UPDATE_MS);
  return registration;
}

/** How the tags of notifications begin that are of no chat. */
const ASKS = 'asks ';

function show(registration: ServiceWorkerRegistration | undefined, notice: Notice, words: Words): void {
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
  // One for a chat: the newest takes the place of the one before.
  const options = { body: notice.asks ? words.asks(notice.text) : notice.text, tag: notice.asks ? ASKS + notice.title : notice.chat, renotify: true, icon: notice.avatar?.url ?? '/icon.svg', data: { chat: notice.chat, message: notice.message } };
  if (registration) void registration.showNotification(notice.title, options).catch(() => undefined);
  else new Notification(notice.title, options);
}

/** The notifications of chats that are read, here or on another device, go. */
async function settle(registration: ServiceWorkerRegistration | undefined, api: Api): Promise<void> {
  for (const shown of (await registration?.getNotifications?.()) ?? []) {
    if (shown.tag.startsWith(ASKS)) continue;
    const stop = api.watch('chat', { chat: shown.tag }, (chat) => {
      queueMicrotask(() => stop());
      if (!chat || (chat.unread === 0 && !chat.marked)) shown.close();
    });
  }
}

function badge(count: number, name: string): void {
  document.title = count > 0 ? `(${count}) ${name}` : name;
  document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.setAttribute('href', count > 0 ? '/icon-unread.svg' : '/icon.svg');
  const { setAppBadge } = navigator as { setAppBadge?: (count: number) => Promise<void> };
  void setAppBadge?.call(navigator, count).catch(() => undefined);
}

/** What the page says in the reader's language. */
export interface Words {
  asks: (name: string) => string;
}

/** `open` goes to a chat; without a name, to those who ask. */
export async function startPage(api: Api, open: (chat: string, message?: string) => void, words: Words): Promise<void> {
  const name = document.title;
  const registration = import.meta.env.PROD ? await serve() : undefined;
  api.watch('badge', undefined, (count) => {
    badge(count, name);
    void settle(registration, api);
  });
  api.onNotice((notice) => show(registration, notice, words));
  navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ kind?: string; chat?: string; message?: string }>) => {
    if (data?.kind === 'open' && typeof data.chat === 'string') open(data.chat, data.message);
  });
}
