// A voice message that is spoken while a finger rests on the button: letting go sends it, aside discards it, up keeps
// recording without the finger.

/** A finger shorter on the button than this has pressed it. */
const HOLD_MS = 280;
/** CSS pixels. */
export const ASIDE_PX = 96;
export const UP_PX = 64;

/** The finger since it came down. */
export interface Press {
  pointer: number;
  x: number;
  y: number;
  /** It is not there any more. */
  isOver: boolean;
}

export type Way = 'stay' | 'discard' | 'keep';

/** What a finger that has gone this far wants. Aside is to where the line begins. */
export function wayOf(from: Pick<Press, 'x' | 'y'>, to: { x: number; y: number }, rtl: boolean): Way {
  const aside = (from.x - to.x) * (rtl ? -1 : 1);
  const up = from.y - to.y;
  if (up >= UP_PX && up > aside) return 'keep';
  return aside >= ASIDE_PX ? 'discard' : 'stay';
}

/** Calls back when a finger has rested for a while; what is less than that stays a press. */
export function onhold(event: PointerEvent, begin: (press: Press) => void): void {
  if (event.pointerType !== 'touch') return;
  const press: Press = { pointer: event.pointerId, x: event.clientX, y: event.clientY, isOver: false };
  const timer = setTimeout(() => {
    navigator.vibrate?.(12);
    begin(press);
  }, HOLD_MS);
  const end = (ended: PointerEvent): void => {
    if (ended.pointerId !== press.pointer) return;
    press.isOver = true;
    clearTimeout(timer);
    for (const name of ['pointerup', 'pointercancel'] as const) removeEventListener(name, end);
  };
  for (const name of ['pointerup', 'pointercancel'] as const) addEventListener(name, end);
}
