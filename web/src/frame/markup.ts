// The text of a message as a tree. It is only ever rendered as text nodes inside elements of ours.
// Message styling (XEP-0393): *strong*, _emphasis_, ~struck~, `code`, ``` blocks, > quotes; and links.

import { linkAt, LINK } from '../util/links.ts';

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'strong' | 'em' | 'strike'; children: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'link'; text: string; href: string }
  | { kind: 'mention'; text: string; me: boolean };

export type Block = { kind: 'p'; children: Inline[] } | { kind: 'pre'; text: string } | { kind: 'quote'; children: Block[] };

export interface Span {
  begin: number;
  end: number;
  me: boolean;
}

/** Depth of quotes inside quotes, and of spans inside spans. What lies deeper is shown as it was written. */
const MAX_DEPTH = 8;
/** Blocks of one message. */
const MAX_BLOCKS = 400;

const MARKS: Record<string, 'strong' | 'em' | 'strike'> = { '*': 'strong', _: 'em', '~': 'strike' };

/** The address if it is one that may be opened, else undefined. */
export function safeHref(link: string): string | undefined {
  try {
    const url = new URL(link);
    return ['http:', 'https:', 'xmpp:', 'mailto:', 'tel:', 'geo:'].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** The end of a span that opens at `at`, or -1: on the same line, not empty, no space inside its marks. */
function closing(text: string, at: number, mark: string): number {
  const before = text[at - 1];
  if (before !== undefined && !/[\s\p{P}\p{S}\p{Script=Han}]/u.test(before)) return -1;
  const first = text[at + 1];
  if (first === undefined || /\s/u.test(first) || first === mark) return -1;
  const end = text.indexOf(mark, at + 2);
  if (end < 0 || /\s/u.test(text[end - 1] ?? ' ')) return -1;
  const after = text[end + 1];
  return after === undefined || /[\s\p{P}\p{S}\p{Script=Han}]/u.test(after) || mark === '`' ? end : -1;
}

function inlines(text: string, offset: number, spans: readonly Span[], depth: number): Inline[] {
  const out: Inline[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain) out.push({ kind: 'text', text: plain });
    plain = '';
  };
  const links = new Map([...text.matchAll(LINK)].map((match) => [match.index, linkAt(match[0])]));
  for (let i = 0; i < text.length; ) {
    const span = spans.find((candidate) => candidate.begin === offset + i && candidate.end <= offset + text.length && candidate.end > candidate.begin);
    const link = links.get(i);
    const href = link && safeHref(link);
    const mark = text[i] ?? '';
    const end = mark === '`' || (MARKS[mark] && depth < MAX_DEPTH) ? closing(text, i, mark) : -1;
    if (span) {
      flush();
      out.push({ kind: 'mention', text: text.slice(i, span.end - offset), me: span.me });
      i = span.end - offset;
    } else if (link && href) {
      flush();
      out.push({ kind: 'link', text: link, href });
      i += link.length;
    } else if (end > 0) {
      flush();
      const inner = text.slice(i + 1, end);
      const kind = MARKS[mark];
      out.push(kind ? { kind, children: inlines(inner, offset + i + 1, spans, depth + 1) } : { kind: 'code', text: inner });
      i = end + 1;
    } else {
      plain += mark;
      i += 1;
    }
  }
  flush();
  return out;
}

function blocks(lines: { text: string; offset: number }[], spans: readonly Span[], depth: number): Block[] {
  const out: Block[] = [];
  for (let i = 0; i < lines.length && out.length < MAX_BLOCKS; ) {
    const line = lines[i];
    if (!line) break;
    if (line.text.startsWith('```')) {
      const inside: string[] = [];
      for (i += 1; i < lines.length && lines[i]?.text !== '```'; i += 1) inside.push(lines[i]?.text ?? '');
      i += 1;
      out.push({ kind: 'pre', text: inside.join('\n') });
    } else if (/^>+ ?\S?/.test(line.text) && line.text.startsWith('>') && depth < MAX_DEPTH) {
      const inside: { text: string; offset: number }[] = [];
      for (; i < lines.length && lines[i]?.text.startsWith('>'); i += 1) {
        const quoted = lines[i];
        if (!quoted) break;
        const cut = quoted.text.startsWith('> ') ? 2 : 1;
        inside.push({ text: quoted.text.slice(cut), offset: quoted.offset + cut });
      }
      out.push({ kind: 'quote', children: blocks(inside, spans, depth + 1) });
    } else {
      out.push({ kind: 'p', children: inlines(line.text, line.offset, spans, 0) });
      i += 1;
    }
  }
  return out;
}

/** The tree of a message's text. Mentions are given as ranges of it. */
export function parse(text: string, spans: readonly Span[] = []): Block[] {
  let offset = 0;
  const lines = text.split('\n').map((line) => {
    const here = { text: line, offset };
    offset += line.length + 1;
    return here;
  });
  return blocks(lines, spans, 0);
}

function flatten(nodes: readonly (Inline | Block)[], between: string): string {
  return nodes.map((node) => ('children' in node ? flatten(node.children as (Inline | Block)[], node.kind === 'quote' ? ' ' : '') : node.text)).join(between);
}

/** The words of a text on one line, without the marks that style them: for lists. */
export function plain(text: string): string {
  const line = /[*_~`>]/.test(text) ? flatten(parse(text), ' ') : text;
  return line.replace(/\s+/g, ' ').trim();
}

// As strings: the flag is younger than the language level that is checked.
const EMOJI = new RegExp('^(?:\\p{RGI_Emoji}|\\s)+$', 'v');
const ONE_EMOJI = new RegExp('\\p{RGI_Emoji}', 'gv');

/** How many emoji a text is made of, if of nothing else; 0 otherwise. Up to three are shown large. */
export function onlyEmoji(text: string): number {
  if (text.length > 60 || !EMOJI.test(text)) return 0;
  return text.match(ONE_EMOJI)?.length ?? 0;
}
