// Stream management (XEP-0198), kept over connections: what was sent and not acknowledged, what was handled.

import { NS } from './ns.ts';
import { x, type XmlElement } from './xml.ts';

/** An acknowledgement is asked for behind this many stanzas at the latest. */
const ASK_EVERY = 20;
const MODULUS = 2 ** 32;

interface Sent {
  frame: string;
  /** Called when the server has it for good, or (false) when nobody can know. */
  done?: ((isDurable: boolean) => void) | undefined;
}

export class StreamManagement {
  private id: string | undefined;
  private isOn = false;
  /** Stanzas sent and not acknowledged, the oldest first. */
  private unacknowledged: Sent[] = [];
  /** How many of ours the server has acknowledged. */
  private acknowledgedCount = 0;
  private sinceAsked = 0;
  /** How many of the server's are handled; it counts in their order. */
  private handledCount = 0;
  private open: { isDone: boolean }[] = [];
  private isOwed = false;
  /** Stanzas of an earlier session do not count. */
  private session = 0;

  get canResume(): boolean {
    return this.id !== undefined;
  }

  get waiting(): number {
    return this.unacknowledged.length;
  }

  /** Notes a stanza as sent; answers what is to be sent behind it. */
  sent(frame: string, done?: (isDurable: boolean) => void): string | undefined {
    if (!this.isOn) {
      done?.(false);
      return undefined;
    }
    this.unacknowledged.push({ frame, done });
    this.sinceAsked += 1;
    if (!done && this.sinceAsked < ASK_EVERY) return undefined;
    this.sinceAsked = 0;
    return x('r', NS.sm).toString();
  }

  /** A stanza came; it counts when `work` is done and all before it are. */
  handling(work: Promise<void> | void, done: () => void): void {
    const entry = { isDone: false };
    const session = this.session;
    this.open.push(entry);
    const settle = (): void => {
      entry.isDone = true;
      if (session !== this.session) return;
      while (this.open[0]?.isDone) {
        this.open.shift();
        this.handledCount = (this.handledCount + 1) % MODULUS;
      }
      if (this.isOwed && this.open.length === 0) done();
    };
    if (work) work.then(settle, settle);
    else settle();
  }

  answer(isAsked: boolean): string | undefined {
    if (!isAsked && !this.isOwed) return undefined;
    this.isOwed = this.open.length > 0;
    return x('a', NS.sm, { h: this.handledCount }).toString();
  }

  resumption(): XmlElement | undefined {
    return this.id === undefined ? undefined : x('resume', NS.sm, { previd: this.id, h: this.handledCount });
  }

  /** Answers what has to be sent again. */
  resumed(element: XmlElement): string[] {
    this.acknowledged(element);
    this.isOn = true;
    this.sinceAsked = 0;
    return [...this.unacknowledged.map((sent) => sent.frame), ...(this.unacknowledged.length ? [x('r', NS.sm).toString()] : [])];
  }

  /** The session is gone. `failed` may tell how much of it was handled. */
  failed(element: XmlElement | undefined): void {
    if (element?.attr('h') !== undefined) this.acknowledged(element);
    this.forget();
  }

  enabled(element: XmlElement | undefined): void {
    this.forget();
    this.isOn = element !== undefined;
    this.id = element && ['true', '1'].includes(element.attr('resume') ?? '') ? element.attr('id') : undefined;
  }

  acknowledged(element: XmlElement): void {
    const h = Number(element.attr('h'));
    if (!Number.isInteger(h) || h < 0 || h >= MODULUS) return;
    const count = (h - this.acknowledgedCount + MODULUS) % MODULUS;
    if (count > this.unacknowledged.length) return;
    this.acknowledgedCount = h;
    for (const sent of this.unacknowledged.splice(0, count)) sent.done?.(true);
  }

  /** Nothing is resumed any more; who waits learns that nobody can know. */
  forget(): void {
    const lost = this.unacknowledged.splice(0);
    this.id = undefined;
    this.isOn = false;
    this.acknowledgedCount = 0;
    this.handledCount = 0;
    this.open = [];
    this.isOwed = false;
    this.sinceAsked = 0;
    this.session += 1;
    for (const sent of lost) sent.done?.(false);
  }
}
