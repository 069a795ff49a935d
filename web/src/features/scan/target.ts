// Where a scanned or typed code leads. Nothing of another origin is ever opened by itself.

import { parseRoute, type Route } from '../../frame/route.ts';

export type Target =
  | { kind: 'route'; route: Route }
  /** A page of this server. */
  | { kind: 'page'; path: string }
  /** Somewhere else: shown, and left to the reader. */
  | { kind: 'elsewhere'; url: string }
  | { kind: 'text'; text: string };

/** An address, as far as it can be told from a name. */
const ADDRESS = /^[^\s@/<>"'&]+@[\p{L}\p{N}.\-[\]:]+$/u;

export function targetOf(code: string, origin: string): Target {
  const text = code.trim();
  const xmpp = /^xmpp:([^?]+)(?:\?(.*))?$/i.exec(text);
  if (xmpp) {
    let jid = '';
    try {
      jid = decodeURIComponent(xmpp[1] ?? '').toLowerCase();
    } catch {
      return { kind: 'text', text };
    }
    if (!ADDRESS.test(jid)) return { kind: 'text', text };
    const [action, ...more] = (xmpp[2] ?? '').split(';');
    const token = more.find((one) => one.startsWith('password='))?.slice('password='.length) ?? '';
    return { kind: 'route', route: action === 'join' ? { view: 'join', room: jid, token } : { view: 'chats', chat: jid } };
  }
  if (ADDRESS.test(text)) return { kind: 'route', route: { view: 'chats', chat: text.toLowerCase() } };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { kind: 'text', text };
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { kind: 'text', text };
  if (url.origin !== origin) return { kind: 'elsewhere', url: url.href };
  const invitation = /^\/invite\/([\w-]+)$/.exec(url.pathname);
  if (invitation?.[1]) return { kind: 'route', route: { view: 'invitation', token: invitation[1] } };
  if (url.pathname === '/' && url.hash.length > 1) return { kind: 'route', route: parseRoute(url.hash) };
  return { kind: 'page', path: url.pathname + url.search + url.hash };
}
