// The part of a long text around what was sought.

const BEFORE = 40;
const LENGTH = 160;

export function cut(text: string, query: string): string {
  const first = query.trim().split(/\s+/)[0]?.toLocaleLowerCase() ?? '';
  const at = first ? text.toLocaleLowerCase().indexOf(first) : -1;
  if (at <= BEFORE) return text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text;
  const from = at - BEFORE;
  return `…${text.slice(from, from + LENGTH)}${from + LENGTH < text.length ? '…' : ''}`;
}
