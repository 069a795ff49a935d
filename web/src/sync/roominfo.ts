// What a room says of itself (XEP-0045 section 6.4, docs/rooms.md), read out of its disco#info.

import { fieldsOf } from '../protocol/form.ts';
import { NS } from '../protocol/ns.ts';
import type { XmlElement } from '../protocol/xml.ts';
import type { Entitled, RoomPolicy, RoomRight } from '../store/types.ts';

/** The field that names a room's community (XEP-0503 section 5.5). */
export const PARENT = 'muc#roomconfig_pubsub';
export const RIGHTS: readonly RoomRight[] = ['post', 'add', 'edit', 'pin', 'call'];
const WHO: readonly Entitled[] = ['everyone', 'members', 'admins', 'owners'];
const WHISPERERS = ['anyone', 'participants', 'moderators', 'none'] as const;

export interface Rules {
  policy: RoomPolicy;
  rights?: readonly RoomRight[];
}

export function readRules(form: XmlElement | undefined): Rules {
  const fields = fieldsOf(form);
  const values = (name: string): readonly string[] | undefined => fields.get(name);
  const ours = (name: string): readonly string[] | undefined => values(`{${NS.rooms}}${name}`);
  const number = (list: readonly string[] | undefined): number | undefined => (/^\d{1,10}$/.test(list?.[0] ?? '') ? Number(list?.[0]) : undefined);
  const policy: RoomPolicy = {};
  for (const right of RIGHTS) {
    const value = WHO.find((one) => one === ours(right)?.[0]);
    if (value) policy[right] = value;
  }
  const [requests, tags, circles] = [ours('requests')?.[0], ours('tags'), ours('circles')];
  const [maxMembers, slowSeconds, timer] = [number(ours('maxmembers')), number(values('muc#roominfo_slow_mode_duration')), number(values(`{${NS.ephemeral}}timer`))];
  const whispers = WHISPERERS.find((one) => one === (values('muc#roominfo_allowpm') ?? values('muc#roomconfig_allowpm'))?.[0]);
  const rights = ours('rights');
  return {
    policy: {
      ...policy,
      ...(requests !== undefined && { requests: requests === '1' || requests === 'true' }),
      ...(maxMembers !== undefined && { maxMembers }),
      ...(slowSeconds !== undefined && { slowSeconds }),
      ...(timer !== undefined && { timer }),
      ...(whispers && { whispers }),
      ...(tags && { tags: tags.filter(Boolean) }),
      ...(circles && { circles: circles.filter(Boolean) }),
    },
    ...(rights && { rights: RIGHTS.filter((right) => rights.includes(right)) }),
  };
}
