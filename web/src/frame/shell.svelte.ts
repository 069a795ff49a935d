// What the whole page shares: where it is, the open menu, the dialogs, toasts and what is spoken.

import type { OpenMenu } from '../ui/menu.ts';
import type { DialogName, DialogProps } from './dialogs.ts';
import { formatRoute, parseRoute, type Route } from './route.ts';
import type { Snippet } from 'svelte';

export interface Toast {
  id: number;
  text: string;
  action?: { label: string; perform: () => void };
  bad?: boolean;
}

export interface OpenDialog {
  id: number;
  name: DialogName;
  props: DialogProps[DialogName];
}

let route = $state.raw<Route>(parseRoute(location.hash));
let menu = $state.raw<(OpenMenu & { top?: Snippet }) | undefined>(undefined);
let dialogs = $state.raw<OpenDialog[]>([]);
let toasts = $state.raw<Toast[]>([]);
let spoken = $state('');
let signingIn = $state(false);
let next = 0;
const waiting = new Map<number, () => void>();

/** How long a toast stands: time enough to undo. */
const TOAST_MS = 5000;

export const shell = {
  get route() {
    return route;
  },
  get menu() {
    return menu;
  },
  get dialogs() {
    return dialogs;
  },
  get toasts() {
    return toasts;
  },
  get spoken() {
    return spoken;
  },
  /** A device that was signed out is on its way in again. */
  get signingIn() {
    return signingIn;
  },
  set signingIn(is: boolean) {
    signingIn = is;
  },
};

/** Something was chosen for the wide place: it has the heading of the page then, and a phone shows it alone. */
export function isDeep(): boolean {
  const { route } = shell;
  return (route.view === 'chats' && !!route.chat) || (route.view === 'settings' && !!route.page);
}

/** Goes to a place. `replace` leaves no step back to where one was. */
export function go(to: Route, replace = false): void {
  const hash = formatRoute(to);
  if (replace) history.replaceState({ inside: true }, '', hash);
  else history.pushState({ inside: true }, '', hash);
  route = to;
}

/** The browser's back, but never out of the client: without a step back it goes to `otherwise`. */
export function back(otherwise: Route): void {
  if ((history.state as { inside?: boolean } | null)?.inside) history.back();
  else go(otherwise, true);
}

/** Follows the browser's own back and forward. The answer ends it. */
export function followHistory(): () => void {
  const follow = (): void => {
    route = parseRoute(location.hash);
  };
  addEventListener('popstate', follow);
  addEventListener('hashchange', follow);
  return () => {
    removeEventListener('popstate', follow);
    removeEventListener('hashchange', follow);
  };
}

export function openMenu(open: OpenMenu & { top?: Snippet }): void {
  menu = open;
}
export function closeMenu(): void {
  menu = undefined;
}

export function openDialog<N extends DialogName>(name: N, props: DialogProps[N]): void {
  // A button that is pressed twice before its dialog is there opens one.
  if (dialogs.at(-1)?.name === name) return;
  dialogs = [...dialogs, { id: ++next, name, props }];
}
export function closeDialog(id: number): void {
  dialogs = dialogs.filter((dialog) => dialog.id !== id);
}

export function toast(text: string, more: Omit<Toast, 'id' | 'text'> = {}): void {
  void passing(text, more);
}
/** The same; settles when the words are gone. */
export function passing(text: string, more: Omit<Toast, 'id' | 'text'> = {}): Promise<void> {
  const id = ++next;
  for (const old of toasts.slice(0, -2)) dismiss(old.id);
  toasts = [...toasts, { id, text, ...more }];
  setTimeout(() => dismiss(id), TOAST_MS);
  return new Promise((done) => waiting.set(id, done));
}
export function dismiss(id: number): void {
  toasts = toasts.filter((item) => item.id !== id);
  waiting.get(id)?.();
  waiting.delete(id);
}

/** Says something to a screen reader, politely. The same words twice are said twice. */
export function announce(text: string): void {
  spoken = spoken === text ? `${text}\u00a0` : text;
}
