// Whether the reader is at the end of a conversation and stays there. Only the reader's own scrolling upwards ends it;
// what comes, grows, shrinks or is measured late does not, however busy the machine is and whatever it tells first.

/** So near to the end one is at it, in CSS pixels. */
export const NEAR = 80;

/** What a scroll event finds. */
export interface Scrolled {
  /** Where the view stands, and where it stood when it was last known: it was put there, or came there. */
  top: number;
  before: number;
  /** From the view to the end of what is mounted. */
  rest: number;
  /** There is more than is mounted. */
  hasNewer: boolean;
}

export function follows(was: boolean, { top, before, rest, hasNewer }: Scrolled): boolean {
  // Content never moves the view up: anchoring is ours, and what shrinks leaves the view at its end.
  if (was) return rest < NEAR || top >= before - 1;
  return rest < NEAR && !hasNewer;
}
