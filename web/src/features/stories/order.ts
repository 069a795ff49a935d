// In which order stories are looked at.

import type { Storyteller } from '../../store/types.ts';

export interface At {
  jid: string;
  id: string;
}

/** The first of somebody's that was not looked at; all were: the first. */
export function firstOf(teller: Storyteller): At | undefined {
  const story = teller.stories.find((one) => !one.seen) ?? teller.stories[0];
  return story && { jid: teller.jid, id: story.id };
}

/** One step on: within somebody's stories, then to the next person. Undefined: there is nothing more that way. */
export function step(tellers: readonly Storyteller[], at: At, by: 1 | -1): At | undefined {
  const who = tellers.findIndex((one) => one.jid === at.jid);
  const teller = tellers[who];
  if (!teller) return undefined;
  const next = teller.stories[teller.stories.findIndex((one) => one.id === at.id) + by];
  if (next) return { jid: at.jid, id: next.id };
  const other = tellers[who + by];
  if (!other) return undefined;
  return by > 0 ? firstOf(other) : other.stories.at(-1) && { jid: other.jid, id: (other.stories.at(-1) as { id: string }).id };
}
