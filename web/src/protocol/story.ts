// Stories (XEP-0501): an Atom entry with one enclosure.

import { readTime, readUrl } from './message.ts';
import { NS } from './ns.ts';
import { x, type XmlElement } from './xml.ts';

export interface StoryFacts {
  /** When it was published. */
  time: number;
  url: string;
  mime: string;
  text: string;
  /** The picture is the text itself, drawn: it is not shown twice. */
  drawn: boolean;
}

const MAX_TEXT = 700;
/** What this client calls a story that is a text. */
const DRAWN = 'text';

/** Undefined: not a story, or of a kind that cannot be shown. */
export function readStory(entry: XmlElement | undefined): StoryFacts | undefined {
  if (!entry?.is('entry', NS.atom)) return undefined;
  const link = entry.all('link').find((one) => one.attr('rel') === 'enclosure');
  const url = readUrl(link?.attr('href'));
  const time = readTime(entry.textOf('published') ?? entry.textOf('updated'));
  const mime = link?.attr('type') ?? '';
  if (url === undefined || time === undefined || !/^(image\/(png|jpeg|gif|webp|avif)|video\/(mp4|webm|ogg|quicktime))$/.test(mime)) return undefined;
  return { time, url, mime, text: (entry.textOf('title') ?? '').trim().slice(0, MAX_TEXT), drawn: entry.all('category').some((one) => one.attr('term') === DRAWN) };
}

export function writeStory(story: StoryFacts, id: string, author: { name: string; jid: string }): XmlElement {
  const a = NS.atom;
  const at = new Date(story.time).toISOString();
  return x('entry', a, {},
    x('title', a, {}, story.text.slice(0, MAX_TEXT)),
    x('id', a, {}, `urn:uuid:${id}`),
    x('published', a, {}, at), x('updated', a, {}, at),
    x('author', a, {}, x('name', a, {}, author.name), x('uri', a, {}, `xmpp:${author.jid}`)),
    story.drawn ? x('category', a, { term: DRAWN }) : undefined,
    x('link', a, { rel: 'enclosure', href: story.url, type: story.mime, title: story.text.slice(0, 100) }));
}
