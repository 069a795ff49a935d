// Places of the client and their addresses. The address is behind `#`, so that the server never learns who talks to whom.

import type { Jid, MessageId } from '../store/types.ts';

export type Route =
  | { view: 'chats'; chat?: Jid; message?: MessageId; info?: boolean }
  | { view: 'contacts' }
  | { view: 'groups' }
  | { view: 'starred' }
  | { view: 'settings'; page?: string }
  | { view: 'invitation'; token: string }
  /** A link into a group. */
  | { view: 'join'; room: Jid; token: string }
  /** What another device shows, to sign this one in. */
  | { view: 'link'; jid: Jid; token: string };

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** The place of an address; what is not understood is the list of chats. */
export function parseRoute(hash: string): Route {
  // The page of a group's link leads here (docs/rooms.md).
  const link = new URLSearchParams(hash.replace(/^#/, ''));
  const room = link.get('join');
  if (room) return { view: 'join', room, token: link.get('password') ?? '' };
  const [view, ...rest] = hash.replace(/^#\/?/, '').split('/').map(decode);
  const first = rest[0];
  switch (view) {
    case 'chat': {
      if (!first) return { view: 'chats' };
      if (rest[1] === 'info') return { view: 'chats', chat: first, info: true };
      return rest[1] ? { view: 'chats', chat: first, message: rest[1] } : { view: 'chats', chat: first };
    }
    case 'contacts':
    case 'groups':
    case 'starred':
      return { view };
    case 'settings':
      return first ? { view: 'settings', page: first } : { view: 'settings' };
    case 'link':
      return first && rest[1] ? { view: 'link', jid: first, token: rest[1] } : { view: 'chats' };
    case 'invitation':
      return first ? { view: 'invitation', token: first } : { view: 'chats' };
    default:
      return { view: 'chats' };
  }
}

/** The place of this client to which a link leads: a chat, and perhaps a message of it. Other links are the browser's. */
export function placeOf(href: string, origin: string): Route | undefined {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (url?.origin !== origin || url.pathname !== '/') return undefined;
  const route = parseRoute(url.hash);
  return route.view === 'chats' && route.chat && !route.info ? route : undefined;
}

export function formatRoute(route: Route): string {
  const e = encodeURIComponent;
  switch (route.view) {
    case 'chats':
      if (!route.chat) return '#/';
      if (route.info) return `#/chat/${e(route.chat)}/info`;
      return route.message ? `#/chat/${e(route.chat)}/${e(route.message)}` : `#/chat/${e(route.chat)}`;
    case 'settings':
      return route.page ? `#/settings/${e(route.page)}` : '#/settings';
    case 'join':
      return `#${new URLSearchParams({ join: route.room, password: route.token })}`;
    case 'link':
      return `#/link/${e(route.jid)}/${e(route.token)}`;
    case 'invitation':
      return `#/invitation/${e(route.token)}`;
    default:
      return `#/${route.view}`;
  }
}
