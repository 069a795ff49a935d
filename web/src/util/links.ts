// Addresses in what people write.

/** What looks like one; its end is found by `linkAt`. */
export const LINK = /\b(?:https?:\/\/|xmpp:|mailto:|tel:|geo:)[^\s<>"'`{}|\\^\u3000-\u303f\uff00-\uffef]+/giu;
/** Signs that end a sentence are not part of the address before them. */
const TRAILING = /[.,;:!?…]+$/u;

export function linkAt(found: string): string {
  let link = found.replace(TRAILING, '');
  while (link.endsWith(')') && (link.match(/\(/g)?.length ?? 0) < (link.match(/\)/g)?.length ?? 0)) link = link.slice(0, -1).replace(TRAILING, '');
  return link;
}

const isWeb = (link: string): boolean => /^https?:\/\//i.test(link);

/** The same address may be written in several ways. */
export function sameLink(a: string, b: string): boolean {
  try {
    return new URL(a).href === new URL(b).href;
  } catch {
    return false;
  }
}

/** The addresses of pages in a text. */
export function webLinks(text: string): string[] {
  return [...text.matchAll(LINK)].map((match) => linkAt(match[0])).filter((link) => isWeb(link) && sameLink(link, link));
}
