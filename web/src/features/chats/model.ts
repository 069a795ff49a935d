// Which chats a filter shows.

import { found } from '../../frame/words.ts';
import type { Chat } from '../../store/types.ts';

export type Filter = 'all' | 'unread' | 'favourites' | 'groups' | 'people' | 'requests' | 'archived';

const FILTERS: readonly string[] = ['all', 'unread', 'favourites', 'groups', 'people', 'requests', 'archived'] satisfies Filter[];

export function isFilter(name: string): name is Filter {
  return FILTERS.includes(name);
}

/** Strangers who wait stand apart. */
const open = (chat: Chat): boolean => !chat.archived && !chat.blocked && !chat.request;

export function isUnread(chat: Chat): boolean {
  return chat.unread > 0 || chat.marked;
}

/** A stranger about whom nothing was decided yet. */
export function isWaiting(chat: Chat): boolean {
  return chat.request && !chat.archived && !chat.blocked;
}

export function filterChats(chats: readonly Chat[], filter: Filter, query: string): Chat[] {
  const by: Record<Filter, (chat: Chat) => boolean> = {
    all: open,
    unread: (chat) => open(chat) && isUnread(chat),
    favourites: (chat) => open(chat) && chat.favourite === true,
    requests: isWaiting,
    people: (chat) => open(chat) && chat.kind !== 'room',
    groups: (chat) => open(chat) && chat.kind === 'room',
    archived: (chat) => chat.archived,
  };
  // What is sought is found wherever it lies, unless one is looking through the archive.
  const wanted = query && filter !== 'archived' ? (): boolean => true : by[filter];
  return chats.filter((chat) => wanted(chat) && (!query || found(query, chat.name, chat.jid)));
}

/** Those in a folder, but for what is put away. */
export function inFolder(chats: readonly Chat[], folder: { chats: readonly string[] }): Chat[] {
  const wanted = new Set(folder.chats);
  return chats.filter((chat) => wanted.has(chat.jid) && open(chat));
}

export function isMuted(chat: Chat, now: number): boolean {
  return chat.mutedUntil > now;
}

/** The chat a number of steps away in the list as it is shown; with `unread`, among those only. */
export function neighbour(chats: readonly Chat[], from: string | undefined, step: 1 | -1, unread = false): Chat | undefined {
  const start = chats.findIndex((chat) => chat.jid === from);
  for (let i = start < 0 && step < 0 ? chats.length - 1 : start + step; i >= 0 && i < chats.length; i += step) {
    const chat = chats[i];
    if (chat && (!unread || isUnread(chat))) return chat;
  }
  return undefined;
}
