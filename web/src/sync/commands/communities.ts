// Communities of groups.

import type { Commands } from '../api.ts';
import { displayName } from '../core.ts';
import type { Engine } from '../engine.ts';

type Names = 'communities' | 'community' | 'createCommunity' | 'changeCommunity' | 'removeCommunity' | 'joinCommunity' | 'leaveCommunity' | 'putInCommunity' | 'dropFromCommunity' | 'communityRequests' | 'answerCommunityRequest';

export function communityCommands(engine: Engine): Pick<Commands, Names> {
  const { communities } = engine;
  return {
    communities: () => communities.list(),
    community: ({ id }) => communities.read(id),
    createCommunity: (about) => communities.create(about),
    changeCommunity: ({ id, ...about }) => communities.change(id, about),
    removeCommunity: ({ id }) => communities.remove(id),
    joinCommunity: ({ id }) => communities.join(id),
    leaveCommunity: ({ id }) => communities.leave(id),
    async putInCommunity({ id, rooms, everybody }) {
      for (const room of rooms) await communities.put(id, room, everybody);
    },
    dropFromCommunity: ({ id, room }) => communities.drop(id, room),
    communityRequests: async ({ id }) => (await communities.asking(id)).map((jid) => ({ jid, name: displayName(engine, jid) })),
    answerCommunityRequest: ({ id, jid, allow }) => engine.askers.answer({ community: id }, jid, allow),
  };
}
