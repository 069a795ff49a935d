// Addresses as people type them.

/** What a person may have typed or pasted as an address, or undefined: a name alone is one of this server. */
export function addressOf(typed: string, domain: string): string | undefined {
  const text = typed
    .trim()
    .replace(/^xmpp:/i, '')
    .replace(/[?#].*$/, '')
    .normalize('NFKC')
    .toLocaleLowerCase();
  const jid = text.includes('@') ? text : `${text}@${domain}`;
  const parts = jid.split('@');
  const [local, host] = parts;
  if (parts.length !== 2 || !local || !host || /[\s"&'/:<>@]/.test(local) || !/^[\p{L}\p{N}\[\]:.-]+$/u.test(host)) return undefined;
  return jid.length <= 512 ? jid : undefined;
}
