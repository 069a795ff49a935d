// What vanishes, and what only some see (docs/ephemeral.md): timers, messages for one look, whispers.

import { NS } from './ns.ts';
import { x, type XmlElement } from './xml.ts';

/** Somebody in a group, as the group names people. */
export interface Whispered {
  id?: string;
  nick?: string;
  jid?: string;
}

export interface Vanishing {
  /** Seconds; 0 only where nothing else is said: the timer of the chat is turned off. */
  timer?: number;
  /** The time at which the message goes, as one's own server or the room says it. */
  expiresAt?: number;
  /** A message for one look, by the name of what the server keeps; empty while it is on its way. */
  once?: string;
  /** One was opened. */
  opened?: string;
  /** Who got it beside oneself and the sender. */
  whisper?: Whispered[];
}

const MAX_TIMER = 2 ** 32 - 1;
const MAX_WHISPERED = 50;

export const VANISHING: Record<string, (facts: Vanishing, child: XmlElement) => void> = {
  [`${NS.ephemeral} ephemeral`]: (facts, child) => {
    const timer = child.attr('timer') ?? '';
    if (/^\d{1,10}$/.test(timer) && Number(timer) <= MAX_TIMER) facts.timer = Number(timer);
  },
  [`${NS.expires} expires`]: (facts, child) => {
    const at = Date.parse(child.attr('at') ?? '');
    if (Number.isFinite(at)) facts.expiresAt = at;
  },
  [`${NS.once} view-once`]: (facts, child) => {
    facts.once = child.attr('id') ?? '';
  },
  [`${NS.once} opened`]: (facts, child) => {
    const id = child.attr('id');
    if (id) facts.opened = id;
  },
  [`${NS.whisper} whisper`]: (facts, child) => {
    facts.whisper = child.all('to').slice(0, MAX_WHISPERED).map((one) => {
      const [id, nick, jid] = [one.attr('id'), one.attr('nick'), one.attr('jid')];
      return { ...(id && { id }), ...(nick && { nick }), ...(jid && { jid }) };
    });
  },
};

/** When the message goes; undefined if it stays. */
export function expiry(facts: Vanishing, time: number): number | undefined {
  if (facts.expiresAt !== undefined) return facts.expiresAt;
  return facts.timer ? time + facts.timer * 1000 : undefined;
}

export function writeWhisper(to: readonly Whispered[]): XmlElement {
  return x('whisper', NS.whisper, {}, ...to.map(({ id, nick, jid }) => x('to', NS.whisper, id !== undefined ? { id } : nick !== undefined ? { nick } : { jid })));
}

export function writeTimer(seconds: number): XmlElement {
  return x('ephemeral', NS.ephemeral, { timer: seconds });
}
