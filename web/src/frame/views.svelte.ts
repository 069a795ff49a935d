// The views of the page. The list of chats comes with it; the others when one goes there, or before that when the page rests.

import { dialog, viewHere, viewsElsewhere, type View } from './feature.ts';
import type { Route } from './route.ts';

type Name = Route['view'];

let fetched = $state.raw<Partial<Record<Name, View>>>({});
const coming = new Map<Name, Promise<void>>();

/** What a view consists of; undefined until it is here. */
export function viewOf(name: Name): View | undefined {
  return fetched[name] ?? viewHere(name);
}

/** Settles when the view is here. */
export function fetchView(name: Name): Promise<void> {
  const known = coming.get(name);
  const fetchIt = viewsElsewhere()[name];
  if (known || !fetchIt) return known ?? Promise.resolve();
  const fresh = fetchIt().then((view) => void (fetched = { ...fetched, [name]: view }));
  coming.set(name, fresh);
  // What failed is tried again when one goes there again.
  fresh.catch(() => coming.delete(name));
  return fresh;
}

/** Fetches what is not here yet, when there is nothing better to do: one after the other, so that none is in anybody's way. */
export function fetchRest(): void {
  const names = Object.keys(viewsElsewhere()) as Name[];
  const next = (): void => {
    const name = names.shift();
    if (name) void fetchView(name).catch(() => undefined).then(atRest);
    // Whoever opens it types at once: letters that came before it would stand in the message.
    else void dialog('palette')?.().catch(() => undefined);
  };
  // Safari has no such callback.
  const atRest = (): void => void (typeof requestIdleCallback === 'function' ? requestIdleCallback(next) : setTimeout(next, 1000));
  atRest();
}
