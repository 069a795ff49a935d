// A finger that draws a message towards the start of the line: reply.

import type { Action } from 'svelte/action';
import { rightward } from '../../ui/direction.ts';

const FAR_PX = 56;

export const swipe: Action<HTMLElement, (() => void) | undefined> = (node, callback) => {
  let start: { x: number; y: number } | undefined;
  let moved = 0;
  const right = (): number => rightward(node);
  const down = (event: TouchEvent): void => {
    const touch = event.touches[0];
    start = touch && callback && event.touches.length === 1 ? { x: touch.clientX, y: touch.clientY } : undefined;
    moved = 0;
  };
  const move = (event: TouchEvent): void => {
    const touch = event.touches[0];
    if (!start || !touch) return;
    const along = (touch.clientX - start.x) * right();
    if (Math.abs(touch.clientY - start.y) > 24 && moved < 12) return end();
    moved = Math.max(0, Math.min(FAR_PX * 1.4, along));
    node.style.translate = moved > 8 ? `${moved * right()}px 0` : '';
  };
  const end = (): void => {
    if (start && moved >= FAR_PX) {
      navigator.vibrate?.(10);
      callback?.();
    }
    start = undefined;
    moved = 0;
    node.style.translate = '';
  };
  node.addEventListener('touchstart', down, { passive: true });
  node.addEventListener('touchmove', move, { passive: true });
  node.addEventListener('touchend', end);
  node.addEventListener('touchcancel', end);
  return {
    update: (next) => (callback = next),
    destroy: () => {
      node.removeEventListener('touchstart', down);
      node.removeEventListener('touchmove', move);
      node.removeEventListener('touchend', end);
      node.removeEventListener('touchcancel', end);
    },
  };
};
