// Actions are records. Menus, keyboard shortcuts and the palette are made from them.

import { t, type Key } from '../i18n/index.svelte.ts';
import type { IconNode } from '../ui/icons.ts';
import type { MenuEntry } from '../ui/menu.ts';
import { keyNow } from './keys.ts';

export interface Action<C> {
  id: string;
  label: Key | ((context: C) => Key);
  icon?: IconNode | ((context: C) => IconNode);
  /** As the keyboard map writes it: "mod+k", "alt+ArrowUp", "r". Single letters only act where nothing is typed. */
  shortcut?: string;
  danger?: boolean;
  /** A line above it in menus. */
  divided?: boolean;
  /** Absent where it is never allowed. */
  when?: (context: C) => boolean;
  /** Why it cannot be done just now: then it is shown with the reason, and does nothing. */
  unless?: (context: C) => Key | undefined;
  perform: (context: C) => void;
}

const MAC = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

const NAMES: Record<string, string> = { mod: MAC ? '⌘' : 'Ctrl', alt: MAC ? '⌥' : 'Alt', shift: MAC ? '⇧' : 'Shift', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };

/** "mod+k" as a person reads it. */
export function shortcutWords(shortcut: string): string {
  return shortcut
    .split('+')
    .map((part) => NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join(MAC ? '' : ' ');
}

export function labelOf<C>(action: Action<C>, context: C): string {
  return t(typeof action.label === 'function' ? action.label(context) : action.label);
}

function because<C>(action: Action<C>, context: C): string | undefined {
  const reason = action.unless?.(context);
  return reason && t(reason);
}

export function entries<C>(actions: readonly Action<C>[], context: C): MenuEntry[] {
  return actions
    .filter((action) => action.when?.(context) ?? true)
    .map((action) => ({
      id: action.id,
      label: labelOf(action, context),
      icon: typeof action.icon === 'function' ? action.icon(context) : action.icon,
      shortcut: action.shortcut && shortcutWords(keyNow(action.shortcut)),
      danger: action.danger,
      divided: action.divided,
      disabledBecause: because(action, context),
      perform: () => action.perform(context),
    }));
}

/** Whether the event is this shortcut. Never while an input method composes: 229 is its key code where isComposing is late. */
export function matches(shortcut: string, event: KeyboardEvent): boolean {
  if (event.isComposing || event.keyCode === 229) return false;
  const parts = shortcut.split('+');
  const key = parts.at(-1) ?? '';
  const wants = (part: string): boolean => parts.slice(0, -1).includes(part);
  const mod = MAC ? event.metaKey : event.ctrlKey;
  const other = MAC ? event.ctrlKey : event.metaKey;
  const shift = key === '?' ? event.shiftKey : wants('shift');
  return mod === wants('mod') && !other && event.altKey === wants('alt') && event.shiftKey === shift && event.key.toLowerCase() === key.toLowerCase();
}

/** Whether the element takes letters, so that single-letter shortcuts must not act. */
export function typesText(target: EventTarget | null): boolean {
  return target !== null && typeof HTMLElement !== 'undefined' && target instanceof HTMLElement && (target.isContentEditable || target.matches('textarea, select, input:not([type=checkbox], [type=radio], [type=range], [type=button])'));
}

/** Performs the first action that the event is a shortcut of. */
export function dispatch<C>(actions: readonly Action<C>[], context: C, event: KeyboardEvent, singleKeys: boolean): boolean {
  for (const action of actions) {
    const shortcut = action.shortcut && keyNow(action.shortcut);
    if (!shortcut || !matches(shortcut, event)) continue;
    const single = !shortcut.includes('+');
    if (single && (!singleKeys || typesText(event.target))) continue;
    if (!(action.when?.(context) ?? true)) continue;
    event.preventDefault();
    if (action.unless?.(context) === undefined) action.perform(context);
    return true;
  }
  return false;
}
