// A small strict reader and writer of XML, for frames of RFC 7395: one element each. No DTD, no
// comments, no processing instructions, the five entities and character references only.

/** The most a frame may nest; the server's own bound (docs/clients.md). */
const MAX_DEPTH = 64;
/** The most elements in a frame. */
const MAX_ELEMENTS = 8192;
const XML_NS = 'http://www.w3.org/XML/1998/namespace';
/** The one vocabulary whose attributes are prefixed (XEP-0511): they are kept under this prefix, with its declaration. */
const RDF_NS = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';

export type Node = XmlElement | string;
export type Attributes = Record<string, string | number | undefined>;

export class XmlError extends Error {}

/** An element with its namespace resolved. Attributes in a namespace are not kept, but `xml:lang` and those of RDF. */
export class XmlElement {
  constructor(
    readonly name: string,
    readonly ns: string,
    readonly attributes: Record<string, string>,
    readonly children: Node[],
  ) {}

  attr(name: string): string | undefined {
    return Object.hasOwn(this.attributes, name) ? this.attributes[name] : undefined;
  }

  is(name: string, ns: string): boolean {
    return this.name === name && this.ns === ns;
  }

  /** The first child of that name and namespace; the namespace is this element's unless told. */
  child(name: string, ns: string = this.ns): XmlElement | undefined {
    for (const node of this.children) if (typeof node !== 'string' && node.is(name, ns)) return node;
    return undefined;
  }

  all(name: string, ns: string = this.ns): XmlElement[] {
    return this.elements().filter((element) => element.is(name, ns));
  }

  elements(): XmlElement[] {
    return this.children.filter((node): node is XmlElement => typeof node !== 'string');
  }

  /** The text directly inside. */
  get text(): string {
    let text = '';
    for (const node of this.children) if (typeof node === 'string') text += node;
    return text;
  }

  /** The text of the child, if there is such a child. */
  textOf(name: string, ns: string = this.ns): string | undefined {
    return this.child(name, ns)?.text;
  }

  toString(): string {
    const parts: string[] = [];
    write(this, '', parts);
    return parts.join('');
  }
}

/** Makes an element. Undefined attributes and children are left out. */
export function x(name: string, ns: string, attributes: Attributes = {}, ...children: (Node | undefined)[]): XmlElement {
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) kept[key] = String(value);
  return new XmlElement(name, ns, kept, children.filter((child): child is Node => child !== undefined));
}

const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** The text with what XML cannot hold replaced. */
export function allowed(text: string): string {
  return text.replace(FORBIDDEN, '\uFFFD');
}

function escapeText(text: string): string {
  return allowed(text).replace(/[&<>\r]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : c === '>' ? '&gt;' : '&#13;'));
}

function escapeAttribute(text: string): string {
  return escapeText(text).replace(/["\t\n]/g, (c) => (c === '"' ? '&quot;' : c === '\t' ? '&#9;' : '&#10;'));
}

function write(element: XmlElement, scope: string, parts: string[]): void {
  parts.push('<', element.name);
  if (element.ns !== scope) parts.push(' xmlns="', escapeAttribute(element.ns), '"');
  for (const name of Object.keys(element.attributes)) {
    parts.push(' ', name, '="', escapeAttribute(element.attributes[name] ?? ''), '"');
  }
  if (element.children.length === 0) {
    parts.push('/>');
    return;
  }
  parts.push('>');
  for (const child of element.children) {
    if (typeof child === 'string') parts.push(escapeText(child));
    else write(child, element.ns, parts);
  }
  parts.push('</', element.name, '>');
}

interface Open {
  name: string;
  element: XmlElement;
  scope: Map<string, string>;
}

const NAME = /[\p{L}_][\p{L}\p{N}\p{M}_.\-·]*(?::[\p{L}_][\p{L}\p{N}\p{M}_.\-·]*)?/uy;
const SPACE = /[ \t\r\n]+/y;

/** Reads one element; throws XmlError at anything that is not well-formed or not permitted. */
export function parse(source: string): XmlElement {
  return new Reader(source).read();
}

class Reader {
  private at = 0;
  private elements = 0;

  constructor(private readonly source: string) {}

  read(): XmlElement {
    const open: Open[] = [];
    const root = new Map([['xml', XML_NS]]);
    let result: XmlElement | undefined;
    if (FORBIDDEN.test(this.source)) throw new XmlError('a character that XML forbids');
    FORBIDDEN.lastIndex = 0;
    this.space();
    while (result === undefined || open.length > 0) {
      const top = open[open.length - 1];
      if (this.source[this.at] !== '<') {
        if (!top) throw new XmlError('text outside of the element');
        top.element.children.push(this.textUntilTag());
      } else if (this.source[this.at + 1] === '/') {
        this.close(open);
      } else {
        const { element, scope, empty, name } = this.start(top?.scope ?? root);
        if (top) top.element.children.push(element);
        else result = element;
        if (!empty) open.push({ name, element, scope });
        if (open.length > MAX_DEPTH) throw new XmlError('too deep');
      }
    }
    this.space();
    if (this.at !== this.source.length) throw new XmlError('more than one element');
    return result;
  }

  private textUntilTag(): string {
    const end = this.source.indexOf('<', this.at);
    if (end < 0) throw new XmlError('ends inside the element');
    const raw = this.source.slice(this.at, end);
    if (raw.includes(']]>')) throw new XmlError(']]> in text');
    this.at = end;
    return unescape(raw.replace(/\r\n?/g, '\n'));
  }

  private close(open: Open[]): void {
    this.at += 2;
    const name = this.name();
    this.space();
    this.expect('>');
    if (open.pop()?.name !== name) throw new XmlError('tags do not match');
  }

  private start(outer: Map<string, string>): { element: XmlElement; scope: Map<string, string>; empty: boolean; name: string } {
    this.at += 1;
    if (++this.elements > MAX_ELEMENTS) throw new XmlError('too many elements');
    const name = this.name();
    const raw = new Map<string, string>();
    let scope = outer;
    for (;;) {
      const spaced = this.space();
      const next = this.source[this.at];
      if (next === '>' || next === '/') break;
      if (!spaced) throw new XmlError('no space before an attribute');
      const key = this.name();
      if (raw.has(key)) throw new XmlError('an attribute twice');
      const value = this.value();
      raw.set(key, value);
      if (key === 'xmlns' || key.startsWith('xmlns:')) {
        if (scope === outer) scope = new Map(outer);
        scope.set(key === 'xmlns' ? '' : key.slice(6), value);
      }
    }
    const empty = this.source[this.at] === '/';
    if (empty) this.at += 1;
    this.expect('>');
    const [prefix, local] = split(name);
    const attributes: Record<string, string> = {};
    for (const [key, value] of raw) {
      if (key === 'xmlns' || key.startsWith('xmlns:')) continue;
      const [before, own] = split(key);
      if (before !== '' && !scope.has(before)) throw new XmlError('an undeclared prefix');
      if (before === '' || key === 'xml:lang') attributes[key] = value;
      else if (scope.get(before) === RDF_NS) Object.assign(attributes, { 'xmlns:rdf': RDF_NS, [`rdf:${own}`]: value });
    }
    const ns = scope.get(prefix);
    if (ns === undefined && prefix !== '') throw new XmlError('an undeclared prefix');
    return { element: new XmlElement(local, ns ?? '', attributes, []), scope, empty, name };
  }

  private value(): string {
    this.space();
    this.expect('=');
    this.space();
    const quote = this.source[this.at];
    if (quote !== '"' && quote !== "'") throw new XmlError('an attribute without quotes');
    const end = this.source.indexOf(quote, this.at + 1);
    if (end < 0) throw new XmlError('ends inside an attribute');
    const raw = this.source.slice(this.at + 1, end);
    if (raw.includes('<')) throw new XmlError('< in an attribute');
    this.at = end + 1;
    return unescape(raw.replace(/\r\n?|[\t\n]/g, ' '));
  }

  private name(): string {
    NAME.lastIndex = this.at;
    const name = NAME.exec(this.source)?.[0];
    if (name === undefined) throw new XmlError('no name where one must stand');
    this.at += name.length;
    return name;
  }

  private space(): boolean {
    SPACE.lastIndex = this.at;
    const space = SPACE.exec(this.source)?.[0] ?? '';
    this.at += space.length;
    return space !== '';
  }

  private expect(character: string): void {
    if (this.source[this.at] !== character) throw new XmlError(`${character} missing`);
    this.at += 1;
  }
}

function split(name: string): [prefix: string, local: string] {
  const colon = name.indexOf(':');
  return colon < 0 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)];
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescape(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&]*)(;?)/g, (_, name: string, end: string) => {
    const known = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : reference(name);
    if (known === undefined || end === '') throw new XmlError('an unknown entity');
    return known;
  });
}

function reference(name: string): string | undefined {
  const hex = /^#x([0-9a-fA-F]{1,6})$/.exec(name);
  const decimal = /^#([0-9]{1,7})$/.exec(name);
  const code = hex?.[1] ? parseInt(hex[1], 16) : decimal?.[1] ? parseInt(decimal[1], 10) : undefined;
  if (code === undefined || code > 0x10ffff) return undefined;
  if (code >= 0xd800 && code <= 0xdfff) return undefined;
  const character = String.fromCodePoint(code);
  return allowed(character) === character ? character : undefined;
}
