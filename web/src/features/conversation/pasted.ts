// Text with styles, as other programs put it on the clipboard, in message styling (XEP-0393). It is read by hand: no
// string of a stranger becomes an element, not even to be looked at.

/** What is longer is pasted as its plain words. */
const LONGEST = 400_000;
const DEEPEST = 200;

interface Look {
  strong: boolean;
  em: boolean;
  strike: boolean;
  code: boolean;
}
interface Run extends Look {
  text: string;
}
interface Line {
  runs: Run[];
  quotes: number;
  pre: boolean;
  /** Of an entry of a list. */
  lead: string;
}
interface Open extends Look {
  tag: string;
  pre: boolean;
  quotes: number;
  table: boolean;
  href?: string;
  /** How far a numbered list has come; undefined: dots. */
  list?: { at: number | undefined };
  /** Where the words of a link begin. */
  from?: { line: Line; run: number };
}

const VOID = new Set(['br', 'hr', 'img', 'input', 'meta', 'link', 'col', 'wbr', 'area', 'base', 'source']);
const HIDDEN = new Set(['style', 'script', 'title', 'head', 'template', 'noscript']);
/** A line of its own. */
const LINE = new Set(['div', 'li', 'tr', 'section', 'article', 'header', 'footer', 'main', 'dt', 'dd', 'figure', 'address']);
/** And air around it. */
const AIRY = new Set(['p', 'pre', 'ul', 'ol', 'blockquote', 'table', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr']);
const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', ndash: '–', mdash: '—', hellip: '…', lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', bull: '•', euro: '€', copy: '©' };

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z]{2,8}));/g, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? whole;
    const code = decimal !== undefined ? Number(decimal) : parseInt(hex ?? '', 16);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}

type Token = { text: string } | { tag: string; closes: boolean; attributes: string };

/** Words and tags in their order. What is no tag is words. */
function* tokens(html: string): Generator<Token> {
  for (let at = 0; at < html.length; ) {
    const begin = html.indexOf('<', at);
    if (begin < 0) return void (yield { text: html.slice(at) });
    if (begin > at) yield { text: html.slice(at, begin) };
    if (html.startsWith('<!--', begin)) {
      const end = html.indexOf('-->', begin + 4);
      if (end < 0) return;
      at = end + 3;
      continue;
    }
    if (!/[a-zA-Z/!?]/.test(html[begin + 1] ?? '')) {
      yield { text: '<' };
      at = begin + 1;
      continue;
    }
    let end = begin + 1;
    for (let quote = ''; end < html.length && (quote || html[end] !== '>'); end += 1) {
      const sign = html[end] ?? '';
      if (quote) quote = sign === quote ? '' : quote;
      else if (sign === '"' || sign === "'") quote = sign;
    }
    const inside = /^(\/?)([a-zA-Z][\w:-]*)/.exec(html.slice(begin + 1, Math.min(end, begin + 60)));
    if (inside) yield { tag: (inside[2] ?? '').toLowerCase(), closes: inside[1] === '/', attributes: html.slice(begin + 1 + inside[0].length, end) };
    at = end + 1;
  }
}

function attribute(attributes: string, name: string): string {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(attributes);
  return decode(found?.[1] ?? found?.[2] ?? found?.[3] ?? '');
}

/** How it looks inside of this element: by what it is, or by what it says of its style. */
function lookOf(tag: string, style: string, outer: Look): Look {
  const weight = /font-weight\s*:\s*(\w+)/i.exec(style)?.[1]?.toLowerCase();
  const slant = /font-style\s*:\s*(\w+)/i.exec(style)?.[1]?.toLowerCase();
  return {
    strong: weight !== undefined ? weight === 'bold' || weight === 'bolder' || Number(weight) >= 600 : outer.strong || /^(?:b|strong|th|h[1-6])$/.test(tag),
    em: slant !== undefined ? slant === 'italic' || slant === 'oblique' : outer.em || tag === 'i' || tag === 'em',
    strike: outer.strike || /^(?:s|strike|del)$/.test(tag) || /text-decoration[^;]*line-through/i.test(style),
    code: outer.code || /^(?:code|tt|kbd|samp)$/.test(tag),
  };
}

class Reading {
  readonly lines: Line[] = [];
  private readonly open: Open[] = [{ tag: '', strong: false, em: false, strike: false, code: false, pre: false, quotes: 0, table: false }];
  private line: Line = this.fresh('');
  private hidden = 0;
  private isAiry = false;

  private get top(): Open {
    return this.open.at(-1) as Open;
  }
  private fresh(lead: string): Line {
    const { quotes, pre } = this.top;
    return { runs: [], quotes, pre, lead };
  }
  /** The line is over; with air, nothing stands right below it. */
  private end(airy: boolean): void {
    if (this.line.runs.some((run) => run.text.trim()) || (this.line.pre && this.line.runs.length > 0)) this.lines.push(this.line);
    this.isAiry ||= airy;
    this.line = this.fresh('');
  }
  words(given: string): void {
    if (this.hidden > 0) return;
    const { strong, em, strike, code, pre, table } = this.top;
    const parts = pre ? decode(given).replace(/\r\n?/g, '\n').split('\n') : [decode(given.replace(/[ \t\r\n\f]+/g, ' ')).replaceAll('\u00a0', ' ')];
    parts.forEach((part, i) => {
      if (i > 0) this.newline();
      // A space after a space is none.
      const text = !pre && (this.line.runs.at(-1)?.text ?? ' ').endsWith(' ') ? part.trimStart() : part;
      if (!text) return;
      if (this.line.runs.length === 0) this.air();
      this.line.runs.push(table || pre ? { text, strong: false, em: false, strike: false, code: false } : { text, strong, em, strike, code });
    });
  }
  private air(): void {
    const last = this.lines.at(-1);
    if (this.isAiry && last && !(last.pre && this.line.pre)) this.lines.push({ runs: [], quotes: Math.min(last.quotes, this.line.quotes), pre: false, lead: '' });
    this.isAiry = false;
    this.line.quotes = this.top.quotes;
    this.line.pre = this.top.pre;
  }
  /** One that was asked for, though nothing may stand on it. */
  private newline(): void {
    this.lines.push(this.line);
    this.line = this.fresh('');
  }
  begin(tag: string, attributes: string): void {
    if (HIDDEN.has(tag)) return void (this.hidden += 1);
    if (this.hidden > 0) return;
    if (tag === 'br') return this.newline();
    if (LINE.has(tag) || AIRY.has(tag)) this.end(AIRY.has(tag) && !(this.inList() && /^(?:p|ul|ol)$/.test(tag)));
    if (VOID.has(tag) || this.open.length > DEEPEST) return;
    const outer = this.top;
    const style = attribute(attributes, 'style');
    const href = tag === 'a' ? attribute(attributes, 'href') : '';
    if (/^t[dh]$/.test(tag) && this.line.runs.length > 0) this.words('\t');
    this.open.push({
      tag,
      ...lookOf(tag, style, outer),
      pre: outer.pre || tag === 'pre',
      quotes: outer.quotes + (tag === 'blockquote' ? 1 : 0),
      table: outer.table || tag === 'table',
      ...(tag === 'ul' ? { list: { at: undefined } } : tag === 'ol' ? { list: { at: Number(attribute(attributes, 'start')) || 1 } } : {}),
      ...(/^https?:/i.test(href) ? { href, from: { line: this.line, run: this.line.runs.length } } : {}),
    });
    if (tag === 'li') this.line = this.fresh(this.leadOf());
  }
  private inList(): boolean {
    return this.open.some((one) => one.list !== undefined);
  }
  private leadOf(): string {
    const lists = this.open.filter((one) => one.list !== undefined);
    const list = lists.at(-1)?.list;
    if (!list) return '- ';
    return `${'  '.repeat(lists.length - 1)}${list.at === undefined ? '-' : `${list.at++}.`} `;
  }
  close(tag: string): void {
    if (HIDDEN.has(tag)) return void (this.hidden = Math.max(0, this.hidden - 1));
    if (this.hidden > 0) return;
    const at = this.open.findLastIndex((one) => one.tag === tag);
    if (at > 0) {
      const gone = this.open.splice(at);
      for (const one of gone) this.link(one);
    }
    if (LINE.has(tag) || AIRY.has(tag)) this.end(AIRY.has(tag) && !(this.inList() && /^(?:p|ul|ol)$/.test(tag)));
  }
  /** Where a link leads stands behind its words, unless they say so themselves. */
  private link({ href, from }: Open): void {
    if (!href || from?.line !== this.line) return;
    const said = this.line.runs.slice(from.run).map((run) => run.text).join('').trim();
    const bare = (text: string): string => text.replace(/^https?:\/\//i, '').replace(/\/$/, '');
    if (said === '') return;
    if (bare(said) === bare(href)) this.line.runs.splice(from.run, Infinity, { ...this.top, text: href, strong: false, em: false, strike: false, code: false });
    else this.line.runs.push({ text: ` (${href})`, strong: false, em: false, strike: false, code: false });
  }
  over(): Line[] {
    this.end(false);
    return this.lines;
  }
}

const MARKS = [['code', '`'], ['strong', '*'], ['em', '_'], ['strike', '~']] as const;
const OUTSIDE = /^[\s\p{P}\p{S}\p{Script=Han}]$/u;

/** The runs of a line with their marks, where marks would be understood. */
function marked(line: Line): string {
  const runs: Run[] = [];
  for (const run of line.runs) {
    const last = runs.at(-1);
    if (last && MARKS.every(([name]) => last[name] === run[name])) last.text += run.text;
    else runs.push({ ...run });
  }
  let out = '';
  runs.forEach((run, i) => {
    const inner = run.text.trim();
    const lead = run.text.slice(0, run.text.length - run.text.trimStart().length);
    const trail = inner ? run.text.slice(run.text.trimEnd().length) : '';
    const before = [...(out + lead)].at(-1);
    const after = [...(trail + (runs[i + 1]?.text ?? ''))][0];
    const fits = inner !== '' && (before === undefined || OUTSIDE.test(before)) && (after === undefined || OUTSIDE.test(after));
    const marks = fits ? MARKS.filter(([name, mark]) => run[name] && !inner.includes(mark)).map(([, mark]) => mark).slice(0, run.code ? 1 : 3) : [];
    out += lead + marks.toReversed().join('') + inner + marks.join('') + trail;
  });
  return out.replace(/[ \t]+$/, '');
}

/** What all of it has says nothing of any part of it. */
function unlessAll(lines: readonly Line[]): void {
  const all = lines.flatMap((line) => line.runs).filter((run) => run.text.trim());
  for (const [name] of MARKS) if (name !== 'code' && all.every((run) => run[name])) for (const run of all) run[name] = false;
}

/** The text with its styles as marks. Undefined: it has none that could be said, its plain words are as good. */
export function styled(html: string): string | undefined {
  if (html.length > LONGEST) return undefined;
  const fragment = /<!--StartFragment-->([\s\S]*?)<!--EndFragment-->/.exec(html)?.[1] ?? html;
  const reading = new Reading();
  for (const token of tokens(fragment)) {
    if ('text' in token) reading.words(token.text);
    else if (token.closes) reading.close(token.tag);
    else reading.begin(token.tag, token.attributes);
  }
  const lines = reading.over();
  unlessAll(lines);
  const out: string[] = [];
  lines.forEach((line, i) => {
    const quote = '> '.repeat(line.quotes);
    const [before, after] = [lines[i - 1], lines[i + 1]];
    if (line.pre && !before?.pre) out.push(`${quote}\`\`\``);
    out.push(`${quote}${line.lead}${line.pre ? line.runs.map((run) => run.text).join('') : marked(line)}`.replace(/^((?:> )+)$/, (mark) => mark.trimEnd()));
    if (line.pre && !after?.pre) out.push(`${quote}\`\`\``);
  });
  const text = out.join('\n').replace(/\n{3,}/g, '\n\n').trim();
  const says = lines.some((line) => line.quotes > 0 || line.pre || line.lead !== '' || line.runs.some((run) => MARKS.some(([name]) => run[name]) || /^ \(https?:/.test(run.text)));
  return says && text ? text : undefined;
}

export interface Pasted {
  /** Undefined: there are only files. */
  text: string | undefined;
  /** The text is not what the browser would write. */
  styled: boolean;
  files: File[];
}

/** Of what came as words and as a picture of them, as a range of a spreadsheet does, the words win. */
export function pastedOf(data: Pick<DataTransfer, 'files' | 'types' | 'getData'> | null): Pasted {
  const files = [...(data?.files ?? [])];
  if (!data?.types.includes('text/plain')) return { text: undefined, styled: false, files };
  const words = styled(data.getData('text/html'));
  return { text: words ?? data.getData('text/plain'), styled: words !== undefined, files };
}
