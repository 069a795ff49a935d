// Stories as the UI sees them.

import type { Audience, Jid, Picture } from './types.ts';

/** Whether somebody has stories: some that were not looked at yet, or none such. */
export type StoryRing = 'new' | 'seen';

export interface Story {
  id: string;
  time: number;
  expires: number;
  kind: 'image' | 'video';
  /** Undefined where it lies on somebody else's server: it is opened by hand, at `link`. */
  url?: string;
  link: string;
  text: string;
  /** The picture is the text. */
  drawn: boolean;
  seen: boolean;
}

/** Somebody's stories, the oldest first. */
export interface Storyteller {
  jid: Jid;
  name: string;
  avatar?: Picture;
  mine: boolean;
  ring: StoryRing;
  stories: Story[];
}

/** Somebody who has looked at a story. */
export interface StoryViewer {
  jid: Jid;
  name: string;
  avatar?: Picture;
  time: number;
}

/** Who may see one's stories: contacts (but for some), those chosen, or nobody. */
export interface StoryAudience {
  for: Audience;
  chosen: Jid[];
  except: Jid[];
}
