// What was begun is kept soon after each key, and others are told that somebody types.

import { api } from '../../frame/api.svelte.ts';
import type { Jid, MessageId } from '../../store/types.ts';
import type { Whispered } from '../../sync/api.ts';

const KEEP_MS = 600;
/** "composing" is said again after this long, "paused" after this much silence. */
const AGAIN_MS = 8000;
const SILENCE_MS = 5000;

export default class Drafts {
  readonly #chat: Jid;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #waiting: (() => void) | undefined;
  #said = 0;

  readonly #leaving = (): void => this.#save();

  constructor(chat: Jid) {
    this.#chat = chat;
    addEventListener('pagehide', this.#leaving);
  }

  /** `whisper`: to those alone. Then nobody is told that somebody types: all of the group would be. */
  keep(text: string, replyTo: MessageId | undefined, whisper: readonly Whispered[]): void {
    this.#waiting = () => void api().saveDraft({ chat: this.#chat, text, ...(replyTo ? { replyTo } : {}), ...(whisper.length > 0 ? { whisper: [...whisper] } : {}) }).catch(() => {});
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), KEEP_MS);
    if (text.trim() && whisper.length === 0) this.#type();
    else this.#rest();
  }

  /** Sent: there is no draft any more. */
  clear(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#pause);
    this.#waiting = undefined;
    this.#said = 0;
    void api().saveDraft({ chat: this.#chat, text: '' }).catch(() => {});
  }

  /** The conversation is left. */
  flush(): void {
    removeEventListener('pagehide', this.#leaving);
    this.#save();
    this.#rest();
  }

  #save(): void {
    clearTimeout(this.#timer);
    this.#waiting?.();
    this.#waiting = undefined;
  }
  #type(): void {
    if (Date.now() - this.#said > AGAIN_MS) {
      this.#said = Date.now();
      void api().typing({ chat: this.#chat, doing: 'composing' }).catch(() => {});
    }
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#rest(), SILENCE_MS);
  }
  #rest(): void {
    clearTimeout(this.#pause);
    if (this.#said) void api().typing({ chat: this.#chat, doing: 'paused' }).catch(() => {});
    this.#said = 0;
  }
}
