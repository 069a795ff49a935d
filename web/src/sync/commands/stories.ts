// Stories: what is shown for a day.

import { ApiError, type Commands } from '../api.ts';
import type { Engine } from '../engine.ts';
import { STORY_MS } from '../stories.ts';

type Names = 'postStory' | 'removeStory' | 'seeStory' | 'storyAudience' | 'setStoryAudience';

export function storyCommands(engine: Engine): Pick<Commands, Names> {
  return {
    async postStory({ file, text, drawn }) {
      const max = engine.abilities.upload?.maxBytes;
      if (max === undefined) throw new ApiError({ code: 'not-supported' });
      if (file.blob.size > max) throw new ApiError({ code: 'too-large' });
      const time = engine.now();
      const url = await engine.uploads.put(file.blob, file.name, time + STORY_MS);
      await engine.stories.post({ time, url, mime: file.blob.type, text: text?.trim() ?? '', drawn: drawn ?? false });
    },
    removeStory: ({ id }) => engine.stories.remove(id),
    seeStory: ({ jid, id }) => engine.stories.see(jid, id),
    storyAudience: () => engine.stories.audience(),
    setStoryAudience: (audience) => engine.stories.setAudience(audience),
  };
}
