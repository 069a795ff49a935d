// The rules of the composer, without an element in sight.

import type { Occupant } from '../../store/types.ts';

/** Whether this Enter belongs to an input method: some engines end the composition before they tell of the key. */
export function composes(event: Pick<KeyboardEvent, 'isComposing' | 'keyCode'>): boolean {
  return event.isComposing || event.keyCode === 229;
}

export type Enter = 'send' | 'newline' | 'none';

/** What this key does. On a touch keyboard Enter is always a new line; Ctrl or ⌘ with it always sends. */
export function enterDoes(
  event: Pick<KeyboardEvent, 'key' | 'isComposing' | 'keyCode' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
  enterSends: boolean,
  touch: boolean,
): Enter {
  if (event.key !== 'Enter' || composes(event)) return 'none';
  if (event.ctrlKey || event.metaKey) return 'send';
  if (event.shiftKey || event.altKey || touch || !enterSends) return 'newline';
  return 'send';
}

export interface Ask {
  kind: '@' | ':' | '/';
  query: string;
  /** Where it begins, the sign included. */
  begin: number;
}

const fold = (text: string): string => text.normalize('NFKC').toLocaleLowerCase();

/** Whether the words before the cursor ask for a mention or an emoji, or are all that is written and ask for a command. */
export function askedAt(text: string, cursor: number): Ask | undefined {
  const before = text.slice(0, cursor);
  const command = /^[/／]([^\s/]{0,30})$/u.exec(text);
  if (command && cursor === text.length) return { kind: '/', query: command[1] ?? '', begin: 0 };
  const match = /(?:^|[\s(（])([@:])([^\s@:]{0,30})$/u.exec(before);
  if (!match) return undefined;
  const [, sign, query = ''] = match;
  if (sign === ':' && query.length < 2) return undefined;
  return { kind: sign === '@' ? '@' : ':', query, begin: cursor - query.length - 1 };
}

/** Names that fit, those that begin with it first. */
export function suggest(occupants: readonly Occupant[], query: string, max = 8): Occupant[] {
  const wanted = fold(query);
  const rank = (one: Occupant): number => (fold(one.nick).startsWith(wanted) ? 0 : fold(one.nick).includes(wanted) ? 1 : 2);
  return occupants
    .filter((one) => !one.me && rank(one) < 2)
    .sort((a, b) => rank(a) - rank(b) || a.nick.localeCompare(b.nick))
    .slice(0, max);
}

/** Commands that fit, by the name in the reader's language or by their own. */
export function commandsFor<T extends { id: string; label: string }>(commands: readonly T[], query: string): T[] {
  const wanted = fold(query);
  return commands.filter((one) => one.id.startsWith(wanted) || fold(one.label).includes(wanted));
}

/** The ranges of all names in the text that are preceded by @; longer names first, so that "Ann Lee" is not "Ann". */
export function mentionsIn(text: string, occupants: readonly Occupant[]): { begin: number; end: number; jid: string }[] {
  const out: { begin: number; end: number; jid: string }[] = [];
  const people = occupants.filter((one) => one.jid && !one.me).sort((a, b) => b.nick.length - a.nick.length);
  for (const match of text.matchAll(/(^|[\s(（])@/gu)) {
    const begin = match.index + (match[1]?.length ?? 0);
    const one = people.find((person) => text.startsWith(person.nick, begin + 1));
    if (one?.jid) out.push({ begin, end: begin + 1 + one.nick.length, jid: one.jid });
  }
  return out;
}
