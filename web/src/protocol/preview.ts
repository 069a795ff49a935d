// What stands behind a link, told by whoever sent it (XEP-0511). Readers ask nobody.

import { readUrl } from './message.ts';
import { NS } from './ns.ts';
import { x, type XmlElement } from './xml.ts';

export interface LinkFacts {
  /** As it stands in the message. */
  url: string;
  title: string;
  text?: string;
  site?: string;
  image?: string;
  alt?: string;
}

const MAX_TITLE = 300;
const MAX_TEXT = 600;
const cut = (text: string | undefined, max: number): string | undefined => text?.replace(/\s+/g, ' ').trim().slice(0, max) || undefined;

/** Undefined where there is nothing to show. */
export function readPreview(description: XmlElement | undefined): LinkFacts | undefined {
  if (!description?.is('Description', NS.rdf)) return undefined;
  const url = readUrl(description.attr('rdf:about'));
  if (url === undefined) return undefined;
  const say = (name: string, max: number): string | undefined => cut(description.textOf(name, NS.openGraph), max);
  const [title, text, site] = [say('title', MAX_TITLE), say('description', MAX_TEXT), say('site_name', 100)];
  const image = description.all('image', NS.openGraph).map((one) => readUrl(one.text.trim())).find(Boolean);
  const alt = cut(description.textOf('alt', NS.openGraphImage), MAX_TITLE);
  if (title === undefined && image === undefined) return undefined;
  return { url, title: title ?? site ?? new URL(url).host, ...(text && { text }), ...(site && { site }), ...(image && { image }), ...(alt && { alt }) };
}

export function writePreview(link: LinkFacts): XmlElement {
  const og = (name: string, value: string | undefined): XmlElement | undefined => (value === undefined ? undefined : x(name, NS.openGraph, {}, value));
  return x('Description', NS.rdf, { 'xmlns:rdf': NS.rdf, 'rdf:about': link.url },
    og('title', link.title), og('description', link.text), og('url', link.url), og('site_name', link.site), og('image', link.image),
    link.alt === undefined ? undefined : x('alt', NS.openGraphImage, {}, link.alt));
}
