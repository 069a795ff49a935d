// What of a live window is mounted: a portion more with each frame, until all of it is.

import { untrack } from 'svelte';
import type { MessageId, MessageWindow } from '../../store/types.ts';
import { towards } from './glide.ts';

/** Must be called while a component is set up. `target`: a message that is about to be looked at. */
export function glided(whole: () => MessageWindow | undefined, target: () => MessageId | undefined): { readonly value: MessageWindow | undefined } {
  let mounted: MessageWindow | undefined;
  let frames = $state(0);
  const value = $derived.by(() => {
    void frames;
    const next = whole();
    // A page that is not looked at makes no frames.
    mounted = next && !document.hidden ? towards(mounted, next, sight(next, untrack(target))) : next;
    return mounted;
  });
  let known: MessageWindow | undefined;
  $effect(() => {
    const next = whole();
    // The first portion of what has come goes into the frame that is due, so the second waits for the one after it.
    let left = next === known ? 1 : 2;
    known = next;
    if (value === next) return;
    let frame = 0;
    const wait = (): void => {
      frame = requestAnimationFrame(() => {
        left -= 1;
        if (left > 0) wait();
        else frames += 1;
      });
    };
    wait();
    return () => cancelAnimationFrame(frame);
  });
  return {
    get value() {
      return value;
    },
  };
}

/** Where one will look. What is looked for may go by another name than the row that is found. */
function sight(next: MessageWindow, target: MessageId | undefined): MessageId | undefined {
  if (target === undefined) return next.firstUnread ?? next.anchor;
  return next.rows.some((row) => row.id === target) ? target : next.anchor;
}
