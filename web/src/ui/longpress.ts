// A finger that rests: what the right button of a mouse is for touch.

import type { Action } from 'svelte/action';

const MS = 480;
const SLOP_PX = 10;

/** Calls back with the point. The click that would follow is swallowed. */
export const longpress: Action<HTMLElement, (at: { x: number; y: number }) => void> = (node, callback) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start = { x: 0, y: 0 };
  let fired = false;
  const stop = (): void => clearTimeout(timer);
  const down = (event: PointerEvent): void => {
    if (event.pointerType !== 'touch') return;
    fired = false;
    start = { x: event.clientX, y: event.clientY };
    stop();
    timer = setTimeout(() => {
      fired = true;
      navigator.vibrate?.(12);
      callback(start);
    }, MS);
  };
  const move = (event: PointerEvent): void => {
    if (Math.hypot(event.clientX - start.x, event.clientY - start.y) > SLOP_PX) stop();
  };
  const click = (event: MouseEvent): void => {
    if (!fired) return;
    fired = false;
    event.preventDefault();
    event.stopPropagation();
  };
  node.addEventListener('pointerdown', down);
  node.addEventListener('pointermove', move);
  node.addEventListener('pointerup', stop);
  node.addEventListener('pointercancel', stop);
  node.addEventListener('click', click, true);
  return {
    update: (next) => (callback = next),
    destroy: () => {
      stop();
      node.removeEventListener('pointerdown', down);
      node.removeEventListener('pointermove', move);
      node.removeEventListener('pointerup', stop);
      node.removeEventListener('pointercancel', stop);
      node.removeEventListener('click', click, true);
    },
  };
};
