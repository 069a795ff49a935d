// What a message stanza says, as plain facts. Unknown content is passed over; nothing here throws.

import { bare } from './jid.ts';
import { NS } from './ns.ts';
import { readPreview, type LinkFacts } from './preview.ts';
import { VANISHING, type Vanishing } from './vanish.ts';
import { x, type XmlElement } from './xml.ts';

/** The most reactions of one person that are kept. */
const MAX_REACTIONS = 20;
/** Longer texts are cut, so that no message makes the page slow; stanzas are bounded by the server besides. */
const MAX_BODY = 100_000;

/** Descriptions of links that are looked at; one is shown. */
const MAX_LINKS = 8;

/** Bounds of a poll (docs/polls.md). */
export const MAX_QUESTION = 300;
export const MAX_OPTION = 120;
export const MAX_OPTIONS = 12;

export interface FileFacts {
  url: string;
  name: string;
  mime: string;
  size: number;
  width?: number;
  height?: number;
  duration?: number;
  thumb?: string;
  waveform?: number[];
  /** What it shows, in words. */
  desc?: string;
  voice: boolean;
  /** To be kept as a file, though it could be shown. */
  attached?: boolean;
}

export interface PlaceFacts {
  lat: number;
  lon: number;
  accuracy?: number;
  text?: string;
}

export interface MessageFacts extends Vanishing {
  type: 'chat' | 'groupchat' | 'normal' | 'headline' | 'error';
  from: string;
  to: string;
  id?: string;
  originId?: string;
  /** Ids that archives gave, by the bare address of the archive. */
  stanzaIds: Record<string, string>;
  /** Milliseconds; only of a stanza that says it was delayed. */
  delayed?: number;
  body?: string;
  subject?: string;
  hasThread: boolean;
  state?: 'active' | 'composing' | 'paused' | 'inactive' | 'gone';
  wantsReceipt: boolean;
  receiptOf?: string;
  isMarkable: boolean;
  displayed?: string;
  replaces?: string;
  reactions?: { to: string; emojis: string[] };
  reply?: { id: string; to?: string };
  /** The body without what stands in it for others (XEP-0428). */
  text?: string;
  retracts?: string;
  moderated?: { id: string; by?: string; reason?: string };
  tombstone?: { by: 'author' | 'moderator'; reason?: string };
  files: FileFacts[];
  place?: PlaceFacts;
  /** The place moves until then. */
  live?: number;
  /** Where the place of an earlier message is now. */
  moved?: { id: string; place: PlaceFacts; ended: boolean };
  card?: { name: string; jid?: string; phone?: string; email?: string };
  poll?: { question: string; options: string[]; multiple: boolean };
  vote?: { to: string; choices: number[] };
  closesPoll?: string;
  /** What stands behind the links of the text. */
  links: LinkFacts[];
  mentions: { begin: number; end: number; uri: string }[];
  isEncrypted: boolean;
  occupantId?: string;
  muc?: XmlElement;
  invitation?: { room: string; from?: string; reason?: string; password?: string };
  event?: XmlElement;
  error?: { condition: string; type: string; text?: string };
  noStore: boolean;
  forwarded: boolean;
  /** Its picture stands for itself (XEP-0449). */
  sticker: boolean;
  /** A story of the receiver that its sender has looked at (docs/ephemeral.md). */
  sawStory?: string;
  /** Its sender wants nobody to be disturbed. */
  silent: boolean;
  /** Covered until the reader wants to see it, with what its sender says of it. */
  spoiler?: string;
}

export function readMessage(stanza: XmlElement): MessageFacts {
  const type = stanza.attr('type') ?? 'normal';
  const facts: MessageFacts = {
    type: type === 'chat' || type === 'groupchat' || type === 'headline' || type === 'error' ? type : 'normal',
    from: stanza.attr('from') ?? '',
    to: stanza.attr('to') ?? '',
    stanzaIds: {},
    hasThread: false,
    wantsReceipt: false,
    isMarkable: false,
    files: [],
    links: [],
    mentions: [],
    isEncrypted: false,
    noStore: false,
    forwarded: false,
    sticker: false,
    silent: false,
  };
  const id = stanza.attr('id');
  if (id) facts.id = id;
  for (const child of stanza.elements()) (READERS[`${child.ns} ${child.name}`] ?? VANISHING[`${child.ns} ${child.name}`])?.(facts, child);
  if (facts.error) facts.type = 'error';
  for (const child of stanza.all('stanza-id', NS.sid)) {
    const by = child.attr('by');
    const value = child.attr('id');
    if (by && value) facts.stanzaIds[bare(by)] ??= value;
  }
  finishBody(facts, stanza);
  return facts;
}

type ReaderOf = (facts: MessageFacts, child: XmlElement) => void;

const READERS: Record<string, ReaderOf> = {
  [`${NS.client} thread`]: (facts) => (facts.hasThread = true),
  [`${NS.client} subject`]: (facts, child) => (facts.subject ??= child.text.slice(0, 4096)),
  [`${NS.client} body`]: (facts, child) => (facts.body ??= child.text.slice(0, MAX_BODY)),
  [`${NS.client} error`]: (facts, child) => (facts.error = readError(child)),
  [`${NS.sid} origin-id`]: (facts, child) => assign(facts, 'originId', child.attr('id')),
  [`${NS.delay} delay`]: (facts, child) => {
    const time = readTime(child.attr('stamp'));
    if (time !== undefined) facts.delayed ??= time;
  },
  [`${NS.receipts} request`]: (facts) => (facts.wantsReceipt = true),
  [`${NS.receipts} received`]: (facts, child) => assign(facts, 'receiptOf', child.attr('id')),
  [`${NS.markers} markable`]: (facts) => (facts.isMarkable = true),
  [`${NS.markers} displayed`]: (facts, child) => assign(facts, 'displayed', child.attr('id')),
  [`${NS.correct} replace`]: (facts, child) => assign(facts, 'replaces', child.attr('id')),
  [`${NS.reply} reply`]: (facts, child) => {
    const id = child.attr('id');
    const to = child.attr('to');
    if (id) facts.reply = { id, ...(to && { to }) };
  },
  [`${NS.reactions} reactions`]: (facts, child) => {
    const to = child.attr('id');
    const emojis = child.all('reaction').map((one) => one.text.trim()).filter((text) => text !== '' && text.length <= 64);
    if (to) facts.reactions = { to, emojis: [...new Set(emojis)].slice(0, MAX_REACTIONS) };
  },
  [`${NS.retract} retract`]: (facts, child) => {
    const id = child.attr('id');
    const moderated = child.child('moderated', NS.moderate);
    const reason = child.textOf('reason');
    const by = moderated?.attr('by');
    if (id && moderated) facts.moderated = { id, ...(by && { by }), ...(reason && { reason }) };
    else if (id) facts.retracts = id;
  },
  [`${NS.retract} retracted`]: (facts, child) => {
    const reason = child.textOf('reason');
    facts.tombstone = { by: child.child('moderated', NS.moderate) ? 'moderator' : 'author', ...(reason && { reason }) };
  },
  [`${NS.oob} x`]: (facts, child) => {
    const url = readUrl(child.textOf('url'));
    if (url && !facts.files.some((file) => file.url === url)) facts.files.push(fileOfUrl(url));
  },
  [`${NS.sfs} file-sharing`]: (facts, child) => {
    const file = readFile(child);
    if (!file) return;
    facts.files = facts.files.filter((other) => other.url !== file.url);
    facts.files.push(file);
  },
  [`${NS.geo} geoloc`]: (facts, child) => {
    const place = readPlace(child);
    if (place) facts.place = place;
  },
  [`${NS.live} live`]: (facts, child) => {
    const until = readTime(child.attr('until'));
    if (until !== undefined) facts.live = until;
  },
  [`${NS.live} moved`]: (facts, child) => {
    const id = child.attr('id');
    const geo = child.child('geoloc', NS.geo);
    const place = geo && readPlace(geo);
    if (id && place) facts.moved = { id, place, ended: child.attr('ended') === 'true' };
  },
  [`${NS.vcard4} vcard`]: (facts, child) => {
    const name = child.child('fn')?.textOf('text');
    const uri = child.child('impp')?.textOf('uri');
    const phone = child.child('tel')?.textOf('uri')?.replace(/^tel:/, '') ?? child.child('tel')?.textOf('text');
    const email = child.child('email')?.textOf('text');
    if (name) facts.card = { name, ...(uri?.startsWith('xmpp:') && { jid: bare(uri.slice(5)) }), ...(phone && { phone }), ...(email && { email }) };
  },
  [`${NS.poll} poll`]: (facts, child) => {
    const question = (child.textOf('question') ?? '').trim().slice(0, MAX_QUESTION);
    const options = child.all('option').map((option) => option.text.trim().slice(0, MAX_OPTION)).filter(Boolean).slice(0, MAX_OPTIONS);
    if (question && options.length >= 2) facts.poll = { question, options, multiple: child.attr('multiple') === '1' || child.attr('multiple') === 'true' };
  },
  [`${NS.poll} vote`]: (facts, child) => {
    const to = child.attr('id');
    const choices = child.all('choice').map((choice) => Number(choice.text)).filter((choice) => Number.isInteger(choice) && choice >= 0 && choice < MAX_OPTIONS);
    if (to) facts.vote = { to, choices: [...new Set(choices)] };
  },
  [`${NS.poll} close`]: (facts, child) => {
    const id = child.attr('id');
    if (id) facts.closesPoll = id;
  },
  [`${NS.rdf} Description`]: (facts, child) => {
    const link = readPreview(child);
    if (link && facts.links.length < MAX_LINKS) facts.links.push(link);
  },
  [`${NS.references} reference`]: (facts, child) => {
    const uri = child.attr('uri');
    const begin = Number(child.attr('begin'));
    const end = Number(child.attr('end'));
    if (child.attr('type') === 'mention' && uri && begin >= 0 && end > begin) facts.mentions.push({ begin, end, uri });
  },
  [`${NS.eme} encryption`]: (facts) => (facts.isEncrypted = true),
  [`${NS.omemo} encrypted`]: (facts) => (facts.isEncrypted = true),
  [`${NS.occupant} occupant-id`]: (facts, child) => assign(facts, 'occupantId', child.attr('id')),
  [`${NS.mucUser} x`]: (facts, child) => {
    facts.muc = child;
    const invite = child.child('invite');
    const from = invite?.attr('from');
    const reason = invite?.textOf('reason');
    const password = child.textOf('password');
    if (invite) facts.invitation = { room: bare(facts.from), ...(from && { from: bare(from) }), ...(reason && { reason }), ...(password && { password }) };
  },
  [`${NS.conference} x`]: (facts, child) => {
    const room = child.attr('jid');
    const reason = child.attr('reason');
    const password = child.attr('password');
    if (room) facts.invitation ??= { room: bare(room), from: bare(facts.from), ...(reason && { reason }), ...(password && { password }) };
  },
  [`${NS.pubsubEvent} event`]: (facts, child) => (facts.event = child),
  [`${NS.hints} no-store`]: (facts) => (facts.noStore = true),
  'urn:skein:forwarded:0 forwarded': (facts) => (facts.forwarded = true),
  [`${NS.stickers} sticker`]: (facts) => (facts.sticker = true),
  [`${NS.spoiler} spoiler`]: (facts, child) => (facts.spoiler = child.text.trim().slice(0, 200)),
  [`${NS.storiesSeen} seen`]: (facts, child) => assign(facts, 'sawStory', child.attr('id')),
  [`${NS.silent} silent`]: (facts) => (facts.silent = true),
};
for (const state of ['active', 'composing', 'paused', 'inactive', 'gone'] as const) READERS[`${NS.states} ${state}`] = (facts) => (facts.state = state);

function readPlace(child: XmlElement): PlaceFacts | undefined {
  const lat = Number(child.textOf('lat') ?? NaN);
  const lon = Number(child.textOf('lon') ?? NaN);
  const accuracy = Number(child.textOf('accuracy') ?? NaN);
  const text = child.textOf('text') ?? child.textOf('description');
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon, ...(accuracy >= 0 && { accuracy }), ...(text && { text }) } : undefined;
}

function assign(facts: MessageFacts, key: 'originId' | 'receiptOf' | 'displayed' | 'replaces' | 'occupantId' | 'sawStory', value: string | undefined): void {
  if (value) facts[key] = value;
}

/** Offsets of XEP-0428 and XEP-0372 count code points; rows count UTF-16 units. */
function finishBody(facts: MessageFacts, stanza: XmlElement): void {
  if (facts.body === undefined) return;
  const points = [...facts.body];
  const cuts = stanza.all('fallback', NS.fallback).filter((fallback) => isUnderstood(facts, fallback.attr('for'))).flatMap((fallback) => ranges(fallback, points.length));
  const isCut = (at: number): boolean => cuts.some(([start, end]) => at >= start && at < end);
  const text = cuts.length === 0 ? points : points.filter((_, at) => !isCut(at));
  const units = (offset: number): number => text.slice(0, offset).join('').length;
  const shift = (offset: number): number => offset - cuts.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(end, offset) - start), 0);
  facts.text = text.join('');
  facts.mentions = facts.mentions
    .filter((mention) => mention.end <= points.length)
    .map((mention) => ({ ...mention, begin: units(shift(mention.begin)), end: units(shift(mention.end)) }));
  if (facts.timer !== undefined && cuts.length > 0) facts.text = facts.text.trimEnd();
  // What stands in the body for those who know nothing else of it.
  const said = facts.text.trim();
  if (facts.files.length === 1 && said === facts.files[0]?.url) facts.text = '';
  if (facts.place && /^geo:-?[\d.]+,-?[\d.]+\S*$/.test(said)) facts.text = '';
  if (facts.card && (said === facts.card.name || said === `${facts.card.name} xmpp:${facts.card.jid}`)) facts.text = '';
}

/** What the text is a substitute for is known here, so that the text is not needed. */
function isUnderstood(facts: MessageFacts, what: string | undefined): boolean {
  return (what === NS.reply && facts.reply !== undefined) || (what === NS.sfs && facts.files.length > 0) || (what === NS.poll && facts.poll !== undefined) || (what === NS.ephemeral && facts.timer !== undefined) || (what === NS.once && facts.once !== undefined);
}

function ranges(fallback: XmlElement, length: number): [number, number][] {
  const bodies = fallback.all('body');
  if (bodies.length === 0) return [[0, length]];
  return bodies.slice(0, 8).map((range): [number, number] => [Number(range.attr('start') ?? 0), Number(range.attr('end') ?? length)])
    .filter(([start, end]) => start >= 0 && end > start && end <= length);
}

/** Milliseconds, with what the stamp says of parts of them: many messages may be of one millisecond. */
export function readTime(stamp: string | undefined): number | undefined {
  const time = stamp === undefined ? NaN : Date.parse(stamp);
  if (!Number.isFinite(time)) return undefined;
  const part = /\.\d{3}(\d+)/.exec(stamp ?? '')?.[1];
  return part === undefined ? time : time + Number(`0.${part}`);
}

/** The address, if it is one that may be loaded. */
export function readUrl(text: string | undefined): string | undefined {
  try {
    const url = new URL(text ?? '');
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
  } catch {
    return undefined;
  }
}

const BY_ENDING: Record<string, string> = {
  jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', gif: 'image/gif', webp: 'image/webp', avif: 'image/avif',
  mp4: 'video/mp4', webm: 'video/webm', mov: 'video/quicktime', mp3: 'audio/mpeg', ogg: 'audio/ogg', opus: 'audio/ogg', m4a: 'audio/mp4', wav: 'audio/wav',
  pdf: 'application/pdf',
};

function fileOfUrl(url: string): FileFacts {
  let name = new URL(url).pathname.split('/').pop() ?? '';
  try {
    name = decodeURIComponent(name);
  } catch {
    // Stays as it came.
  }
  const ending = name.split('.').pop()?.toLowerCase() ?? '';
  return { url, name: name || 'file', mime: BY_ENDING[ending] ?? 'application/octet-stream', size: 0, voice: false };
}

export function readFile(sharing: XmlElement): FileFacts | undefined {
  const file = sharing.child('file', NS.fileMetadata);
  const source = sharing.child('sources')?.elements().find((one) => one.name === 'url-data');
  const url = readUrl(source?.attr('target'));
  if (!file || !url) return undefined;
  const facts = fileOfUrl(url);
  const number = (name: string): number | undefined => {
    const value = Number(file.textOf(name) ?? NaN);
    return value > 0 && Number.isFinite(value) ? value : undefined;
  };
  facts.name = (file.textOf('name') ?? facts.name).slice(0, 255);
  facts.mime = /^[\w.+-]+\/[\w.+-]+$/.exec(file.textOf('media-type') ?? '')?.[0] ?? facts.mime;
  facts.size = number('size') ?? 0;
  const [width, height, length] = [number('width'), number('height'), number('length')];
  if (width && height) Object.assign(facts, { width, height });
  if (length) facts.duration = length / 1000;
  const desc = file.textOf('desc')?.trim();
  if (desc && desc !== 'voice') facts.desc = desc.slice(0, 1000);
  const thumb = file.child('thumbnail', NS.thumbs)?.attr('uri');
  if (thumb && /^data:image\/(thumbhash|blurhash|png|jpeg|webp)[,;]/.test(thumb) && thumb.length <= 8192) facts.thumb = thumb;
  const waveform = file.textOf('waveform', 'urn:skein:voice:0');
  if (waveform !== undefined && /^[0-9a-f]{0,512}$/.test(waveform)) {
    facts.waveform = (waveform.match(/../g) ?? []).map((byte) => parseInt(byte, 16) / 255);
  }
  if (sharing.attr('disposition') === 'attachment') facts.attached = true;
  facts.voice = facts.waveform !== undefined || (facts.mime.startsWith('audio/') && file.textOf('desc') === 'voice');
  return facts;
}

export function writeFile(file: FileFacts): XmlElement {
  const text = (name: string, value: string | number | undefined): XmlElement | undefined => (value === undefined ? undefined : x(name, NS.fileMetadata, {}, String(value)));
  const waveform = file.waveform?.slice(0, 128).map((level) => Math.round(Math.min(1, Math.max(0, level)) * 255).toString(16).padStart(2, '0')).join('');
  return x('file-sharing', NS.sfs, { disposition: !file.attached && /^(image|video|audio)\//.test(file.mime) ? 'inline' : 'attachment' },
    x('file', NS.fileMetadata, {},
      text('media-type', file.mime), text('name', file.name), text('size', file.size || undefined),
      text('width', file.width), text('height', file.height), text('length', file.duration === undefined ? undefined : Math.round(file.duration * 1000)),
      file.voice ? text('desc', 'voice') : text('desc', file.desc),
      file.thumb === undefined ? undefined : x('thumbnail', NS.thumbs, { uri: file.thumb }),
      waveform === undefined ? undefined : x('waveform', 'urn:skein:voice:0', {}, waveform)),
    x('sources', NS.sfs, {}, x('url-data', NS.urlData, { target: file.url })));
}

export function readError(error: XmlElement | undefined): { condition: string; type: string; text?: string } {
  const condition = error?.elements().find((child) => child.ns === NS.stanzas && child.name !== 'text')?.name ?? 'undefined-condition';
  const text = error?.textOf('text', NS.stanzas);
  return { condition, type: error?.attr('type') ?? 'cancel', ...(text && { text }) };
}

/** The stanza inside a carbon or an archive's result, with the time it was delayed. */
export function readForwarded(holder: XmlElement | undefined): { message: XmlElement; time?: number } | undefined {
  const forwarded = holder?.child('forwarded', NS.forward);
  const message = forwarded?.child('message', NS.client);
  if (!message) return undefined;
  const time = readTime(forwarded?.child('delay', NS.delay)?.attr('stamp'));
  return { message, ...(time !== undefined && { time }) };
}
