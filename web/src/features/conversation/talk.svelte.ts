// The state of one open conversation: what is answered, edited, selected, and where its window stands.

import { getContext, setContext } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';
import { api } from '../../frame/api.svelte.ts';
import { errorText } from '../../frame/fault.ts';
import { toast } from '../../frame/shell.svelte.ts';
import { t } from '../../i18n/index.svelte.ts';
import type { Anchor, Whispered } from '../../sync/api.ts';
import type { Jid, Message, MessageId } from '../../store/types.ts';

/** Rows mounted at most. */
export const WINDOW = 110;
/** Rows by which a window moves: what is made anew fits into a frame. */
export const STEP = 20;
/** So long before its end, in CSS pixels, it moves. */
export const AHEAD = 1800;
/** Rows of a window in which most are folded events. */
export const MOST = 400;

/** Rows of the first look at a chat: more than a screen; the others come when these stand there. */
const FIRST = 24;

export interface Place {
  anchor: Anchor;
  before: number;
  after: number;
}

const OPEN: Place = { anchor: 'unread', before: FIRST, after: 60 };

export class Talk {
  readonly chat: Jid;
  replyTo = $state.raw<Message | undefined>(undefined);
  editing = $state.raw<Message | undefined>(undefined);
  selecting = $state(false);
  readonly selected = new SvelteSet<MessageId>();
  private selectedLast: MessageId | undefined;
  place = $state.raw<Place>(OPEN);
  /** Something of the conversation has been looked at. */
  opened = false;
  /** A message is being looked for. */
  seeking = $state(false);
  #jumps = 0;
  /** The reader is at the end and stays there. */
  following = $state(false);
  /** The message to be centred and flashed once it is here. */
  target = $state.raw<MessageId | undefined>(undefined);
  /** What is written goes to those alone. Ends with the conversation: it is never carried into another. */
  whisper = $state.raw<readonly Whispered[]>([]);
  /** Set by the composer: takes the focus there. */
  focusComposer: () => void = () => {};
  /** Set by the composer: takes files. */
  takeFiles: (files: File[], attached?: boolean) => void = () => {};

  constructor(chat: Jid) {
    this.chat = chat;
  }

  /** Goes to a message, which is fetched if it is not here. `name`: an id, of a link, of a quote or of a hit. */
  async jump(name: MessageId): Promise<void> {
    const jump = ++this.#jumps;
    const isFirst = !this.opened;
    // Where nothing is shown yet, nothing else is shown first.
    if (isFirst) this.#look(name, true);
    this.seeking = true;
    const [id, fault] = await api().locate({ chat: this.chat, message: name }).then((id) => [id, t('talk.notFound')], (error: unknown) => [undefined, errorText(error)]);
    if (jump !== this.#jumps) return;
    this.seeking = false;
    if (id === undefined) {
      toast(fault ?? '', { bad: true });
      if (isFirst) [this.target, this.place] = [undefined, OPEN];
    } else if (!isFirst || this.target === name) this.#look(id, false);
  }
  #look(id: MessageId, sought: boolean): void {
    this.target = id;
    this.following = false;
    this.place = { anchor: { message: id, ...(sought && { sought }) }, before: WINDOW / 2, after: WINDOW / 2 };
  }
  /** What is being looked for is not wanted any more. */
  stopSeeking(): void {
    this.#jumps += 1;
    this.seeking = false;
  }
  toEnd(): void {
    this.stopSeeking();
    this.target = undefined;
    this.following = true;
    this.place = { anchor: 'end', before: WINDOW - 20, after: 0 };
  }
  reply(message: Message): void {
    this.editing = undefined;
    this.replyTo = message;
    // The answer to a whisper is one, to the same people.
    this.whisper = [];
    if (message.whisper) this.whisper = message.whisper.map((nick) => ({ nick }));
    this.focusComposer();
  }
  whisperTo(to: readonly Whispered[]): void {
    this.editing = undefined;
    if (this.replyTo && !this.replyTo.whisper) this.replyTo = undefined;
    this.whisper = to;
    this.focusComposer();
  }
  /** What is written next goes to everybody again. */
  endWhisper(): void {
    this.whisper = [];
    if (this.replyTo?.whisper) this.replyTo = undefined;
    this.focusComposer();
  }
  edit(message: Message): void {
    this.whisper = [];
    this.replyTo = undefined;
    this.editing = message;
    this.focusComposer();
  }
  toggle(id: MessageId): void {
    this.selecting = true;
    if (!this.selected.delete(id)) this.selected.add(id);
    this.selectedLast = id;
    if (this.selected.size === 0) this.selecting = false;
  }
  /** Those from the one chosen last to this one, as they stand on the page. */
  extend(id: MessageId, order: readonly MessageId[]): void {
    const [from, to] = [order.indexOf(this.selectedLast ?? id), order.indexOf(id)];
    if (from < 0 || to < 0) return this.toggle(id);
    for (const one of order.slice(Math.min(from, to), Math.max(from, to) + 1)) this.selected.add(one);
    this.selectedLast = id;
    this.selecting = true;
  }
  endSelection(): void {
    this.selectedLast = undefined;
    this.selecting = false;
    this.selected.clear();
  }
}

const KEY = Symbol('talk');
export function setTalk(talk: () => Talk): void {
  setContext(KEY, talk);
}
export function useTalk(): () => Talk {
  return getContext<() => Talk>(KEY);
}
