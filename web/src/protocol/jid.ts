// Addresses, as far as a client needs them. Preparation is the server's.

export interface Parts {
  local: string;
  domain: string;
  resource: string;
}

export function parts(jid: string): Parts {
  const slash = jid.indexOf('/');
  const bareJid = slash < 0 ? jid : jid.slice(0, slash);
  const at = bareJid.indexOf('@');
  return { local: at < 0 ? '' : bareJid.slice(0, at), domain: bareJid.slice(at + 1), resource: slash < 0 ? '' : jid.slice(slash + 1) };
}

export function bare(jid: string): string {
  const slash = jid.indexOf('/');
  return (slash < 0 ? jid : jid.slice(0, slash)).toLowerCase();
}

export function resource(jid: string): string {
  return parts(jid).resource;
}

/** A bare address of a person or room, as somebody typed it; undefined if it is none. */
export function readAddress(text: string, domain?: string): string | undefined {
  const typed = text.trim().replace(/^xmpp:/i, '').replace(/\?.*$/, '').toLowerCase();
  const address = typed.includes('@') || domain === undefined ? typed : `${typed}@${domain}`;
  return /^[^\s"&'/:<>@]{1,1023}@[^\s"&'/<>@]{1,1023}$/.test(address) ? address : undefined;
}
