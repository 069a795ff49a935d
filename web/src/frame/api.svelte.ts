// The one Api of this page, and live queries as values that Svelte follows.

import type { Api, Queries, QueryName } from '../sync/api.ts';

let current: Api | undefined;

/** Called once at the start: with the real one, or with that of the gallery. */
export function provide(api: Api): void {
  current = api;
}

export function api(): Api {
  if (!current) throw new Error('no api was provided');
  return current;
}

/**
 * A live query for as long as the component lives. `args` may depend on state: the query begins anew when it
 * changes, and there is none while it answers undefined. Must be called while a component is set up.
 */
export function live<Q extends QueryName>(query: Q, args: () => Queries[Q]['args'] | undefined | null): { readonly value: Queries[Q]['row'] | undefined } {
  let value = $state.raw<Queries[Q]['row'] | undefined>(undefined);
  const key = $derived(JSON.stringify(args() ?? null));
  $effect.pre(() => {
    const now = JSON.parse(key) as Queries[Q]['args'] | null;
    if (now === null && !ALWAYS.has(query)) {
      value = undefined;
      return;
    }
    return api().watch(query, (now ?? undefined) as Queries[Q]['args'], (row) => (value = row));
  });
  return {
    get value() {
      return value;
    },
  };
}

/** Queries without arguments. */
const ALWAYS = new Set<QueryName>(['me', 'link', 'server', 'abilities', 'settings', 'chats', 'starred', 'contacts', 'requests', 'blocked', 'devices', 'folders', 'looks', 'communityNews', 'linked', 'passkeys', 'passkeyNews', 'waiting', 'sharing', 'stickers', 'stories', 'badge', 'update']);
