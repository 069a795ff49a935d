// One's own message stands in its conversation in the very turn in which it was sent, before the engine has heard of
// it: as the engine will show it, under the id that the engine will give it. The engine's own row takes its place.

import type { SendText } from '../sync/api.ts';
import { QUEUE } from '../store/log.ts';
import type { Me, Message, MessageWindow, Quote } from '../store/types.ts';

interface Echo {
  row: Message;
  /** The engine has taken it: what it shows from now on knows of it. */
  isTaken: boolean;
}

export class Echoes {
  private waiting = new Map<string, Echo>();

  /** Answers whether it can be shown: what it answers must be at hand. */
  begin(id: string, sent: SendText, me: Pick<Me, 'jid' | 'name'> | undefined, window: MessageWindow | undefined, now: number): boolean {
    const answered = sent.replyTo === undefined ? undefined : window?.rows.find((row) => row.id === sent.replyTo);
    if (window?.chat !== sent.chat || !me || (sent.replyTo !== undefined && !answered)) return false;
    const row: Message = {
      id: `o:${id}`,
      chat: sent.chat,
      from: { name: me.name, jid: me.jid, me: true },
      order: QUEUE + now,
      time: now,
      kind: 'text',
      text: sent.text,
      mine: true,
      ticks: 'queued',
      reactions: [],
      attachments: [],
      starred: false,
      pinned: false,
      mentions: (sent.mentions ?? []).map((mention) => ({ ...mention, me: false })),
      gapBefore: false,
      ...(sent.link && { link: sent.link }),
      ...(answered && { replyTo: quote(answered) }),
      ...(sent.whisper && { whisper: sent.whisper.map((one) => one.nick) }),
      ...(sent.once && { once: { opened: false } }),
    };
    this.waiting.set(row.id, { row, isTaken: false });
    return true;
  }

  /** The engine has queued it, or refused to: `isTaken` tells which. */
  end(id: string, isTaken: boolean): void {
    const echo = this.waiting.get(`o:${id}`);
    if (!echo) return;
    if (isTaken) echo.isTaken = true;
    else this.waiting.delete(`o:${id}`);
  }

  /** A window as the engine tells it: what of the waiting is in it, or was and is gone again, waits no more. */
  told(window: MessageWindow): void {
    if (this.waiting.size === 0) return;
    const there = new Set(window.rows.map((row) => row.id));
    for (const [id, { row, isTaken }] of this.waiting) {
      if (row.chat === window.chat && (there.has(id) || (isTaken && !window.hasNewer))) this.waiting.delete(id);
    }
  }

  /** The window with what waits at its end, if it reaches the end. */
  with(window: MessageWindow): MessageWindow {
    if (this.waiting.size === 0 || window.hasNewer) return window;
    const there = new Set(window.rows.map((row) => row.id));
    const own = [...this.waiting.values()].map(({ row }) => row).filter((row) => row.chat === window.chat && !there.has(row.id));
    return own.length > 0 ? { ...window, rows: [...window.rows, ...own] } : window;
  }
}

function quote(row: Message): Quote {
  return { id: row.id, name: row.from.name, mine: row.mine, kind: row.kind, text: row.text };
}
