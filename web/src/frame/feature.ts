// What a feature of the client may bring. The app composes the list; features do not know each other,
// they meet in these slots.

import type { Component } from 'svelte';
import type { Chat, Message, MessageKind } from '../store/types.ts';
import type { IconNode } from '../ui/icons.ts';
import type { Key } from '../i18n/index.svelte.ts';
import type { Action } from './action.ts';
import type { DialogName, DialogProps } from './dialogs.ts';
import type { Route } from './route.ts';

type Lazy<P extends object> = () => Promise<{ default: Component<P> }>;

export interface DialogPart<N extends DialogName> {
  props: DialogProps[N];
  close: () => void;
}

/** An entry of the composer's sheet. */
export interface Attachable {
  id: string;
  label: Key;
  icon: IconNode;
  /** Of the disc on which the icon stands. */
  hue: number;
  when?: (chat: Chat) => boolean;
  /** Opens the browser's own choice of files. */
  accept?: string;
  capture?: boolean;
  dialog?: 'sendPlace' | 'sendCard' | 'sendPoll' | 'sendSticker' | 'camera';
}

export interface BodyProps {
  message: Message;
}

export interface View {
  Pane?: Component | undefined;
  Main?: Component | undefined;
}

export interface Feature {
  name: string;
  /** What fills the place beside the rail for the view that is seen first. */
  panes?: Partial<Record<Route['view'], Component>>;
  /** What fills the wide place there. */
  mains?: Partial<Record<Route['view'], Component>>;
  /** Views that are fetched when one goes there (frame/views.svelte.ts). */
  views?: Partial<Record<Route['view'], () => Promise<View>>>;
  dialogs?: { [N in DialogName]?: Lazy<DialogPart<N>> };
  /** How a kind of message is shown inside its bubble. */
  bodies?: Partial<Record<MessageKind, Component<BodyProps>>>;
  attachables?: Attachable[];
  commands?: Action<void>[];
  /** What can be done with a message of a kind that the feature shows. */
  messageActions?: readonly Action<Message>[];
  /** What can be done with a chat, wherever one stands. */
  chatActions?: readonly Action<Chat>[];
  /** What is said above everything while it is so. */
  bars?: readonly Component[];
  /** What stands above the chats in their list. */
  heads?: readonly Component[];
  /** What the panel at the end shows about a chat. */
  info?: Partial<Record<Chat['kind'], Lazy<{ chat: Chat; onclose: () => void }>>>;
}

let features: readonly Feature[] = [];

export function compose(list: readonly Feature[]): void {
  features = list;
}

/** A view that is here from the start. */
export function viewHere(view: Route['view']): View | undefined {
  const Pane = features.find((feature) => feature.panes?.[view])?.panes?.[view];
  return Pane && { Pane, Main: features.find((feature) => feature.mains?.[view])?.mains?.[view] };
}
/** The views that are to be fetched. */
export function viewsElsewhere(): Partial<Record<Route['view'], () => Promise<View>>> {
  return Object.assign({}, ...features.map((feature) => feature.views));
}
export function dialog<N extends DialogName>(name: N): Lazy<DialogPart<N>> | undefined {
  return features.find((feature) => feature.dialogs?.[name])?.dialogs?.[name];
}
export function body(kind: MessageKind): Component<BodyProps> | undefined {
  return features.find((feature) => feature.bodies?.[kind])?.bodies?.[kind];
}
export function attachables(chat: Chat): Attachable[] {
  return features.flatMap((feature) => feature.attachables ?? []).filter((entry) => entry.when?.(chat) ?? true);
}
export function bars(): Component[] {
  return features.flatMap((feature) => feature.bars ?? []);
}
export function heads(): Component[] {
  return features.flatMap((feature) => feature.heads ?? []);
}
export function commands(): Action<void>[] {
  return features.flatMap((feature) => feature.commands ?? []);
}
export function messageActions(): Action<Message>[] {
  return features.flatMap((feature) => feature.messageActions ?? []);
}
export function chatActions(): Action<Chat>[] {
  return features.flatMap((feature) => feature.chatActions ?? []);
}
export function info(kind: Chat['kind']): Lazy<{ chat: Chat; onclose: () => void }> | undefined {
  return features.find((feature) => feature.info?.[kind])?.info?.[kind];
}
