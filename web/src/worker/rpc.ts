// What goes between a tab and the engine.

import type { Fault, Notice } from '../store/types.ts';
import type { ChatChange } from '../sync/chatlist.ts';
import type { WindowChange } from './windows.ts';

export type ToEngine =
  | { kind: 'call'; id: number; command: string; args: unknown }
  | { kind: 'watch'; id: number; query: string; args: unknown }
  | { kind: 'unwatch'; id: number }
  /** The answer that came last to this watch is shown: the next may come. */
  | { kind: 'shown'; id: number }
  | { kind: 'focus'; visible: boolean; chat?: string }
  | { kind: 'here' }
  | { kind: 'bye' };

export type ToTab =
  | { kind: 'done'; id: number; value: unknown }
  | { kind: 'failed'; id: number; fault: Fault }
  | { kind: 'row'; id: number; row: unknown }
  /** Of a window of messages, what changed in it. */
  | { kind: 'window'; id: number; change: WindowChange }
  /** Of the list of chats, what changed in it. */
  | { kind: 'chats'; id: number; change: ChatChange }
  | { kind: 'notice'; notice: Notice }
  /** A new engine stands: everything is to be asked again. */
  | { kind: 'hello' }
  /** A newer version of the client has taken over: this page is to be loaded anew. */
  | { kind: 'superseded' };
