// What rooms have beyond XEP-0045: rights, links, requests to join, timers (docs/rooms.md, docs/ephemeral.md).

import { readMessage, readTime } from '../../protocol/message.ts';
import { NS } from '../../protocol/ns.ts';
import { x, type XmlElement } from '../../protocol/xml.ts';
import type { JoinRequest, RoomLink } from '../../store/types.ts';
import { ApiError, type Commands } from '../api.ts';
import type { Engine } from '../engine.ts';
import { ingest } from '../ingest.ts';

type Names = 'setPolicy' | 'roomLinks' | 'createRoomLink' | 'revokeRoomLink' | 'joinRequests' | 'answerJoinRequest' | 'askToJoin' | 'setTimer';

const OWN = NS.roomsOwn;
const REGISTER = 'http://jabber.org/protocol/muc#register';

export function groupCommands(engine: Engine): Pick<Commands, Names> {
  const field = (name: string, value: string): XmlElement => x('field', NS.data, { var: name, type: name === 'FORM_TYPE' ? 'hidden' : undefined }, x('value', NS.data, {}, value));
  const form = (type: string, values: Record<string, string | undefined>): XmlElement =>
    x('x', NS.data, { type: 'submit' }, field('FORM_TYPE', type), ...Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [field(name, value)])));
  const configure = async (room: string, values: Record<string, string | undefined>): Promise<void> => {
    await engine.iq('set', x('query', NS.mucOwner, {}, form('http://jabber.org/protocol/muc#roomconfig', values)), room);
    await engine.rooms.info(room).catch(() => undefined);
  };
  const number = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value));
  const readLink = (element: XmlElement): RoomLink => {
    const [token, uri, page] = [element.attr('token') ?? '', element.attr('uri'), element.attr('page')];
    const uses = Number(element.attr('uses') ?? NaN);
    const expires = readTime(element.attr('expires'));
    return { token, url: page ?? uri ?? '', used: Number(element.attr('used') ?? 0) || 0, ...(uses > 0 && { uses }), ...(expires && { expires }) };
  };

  return {
    setPolicy: ({ room, policy }) =>
      configure(room, {
        ...Object.fromEntries((['post', 'add', 'edit', 'pin', 'call'] as const).map((right) => [`{${OWN}}${right}`, policy[right]])),
        [`{${OWN}}requests`]: policy.requests === undefined ? undefined : policy.requests ? '1' : '0',
        [`{${OWN}}maxmembers`]: number(policy.maxMembers),
        'muc#roomconfig_slow_mode_duration': number(policy.slowSeconds),
        'muc#roomconfig_allowpm': policy.whispers,
        [`{${NS.ephemeral}}timer`]: number(policy.timer),
      }),
    async roomLinks({ room }) {
      const answer = await engine.iq('get', x('links', OWN), room);
      return answer.child('links', OWN)?.all('link').map(readLink) ?? [];
    },
    async createRoomLink({ room, uses, expires }) {
      const answer = await engine.iq('set', x('link', OWN, { uses: number(uses), expires: expires === undefined ? undefined : new Date(expires).toISOString() }), room);
      const link = answer.child('link', OWN);
      if (!link) throw new ApiError({ code: 'internal' });
      return readLink(link);
    },
    async revokeRoomLink({ room, token }) {
      await engine.iq('set', x('revoke', OWN, { token }), room);
    },
    async joinRequests({ room }) {
      const answer = await engine.iq('get', x('requests', OWN), room);
      return (answer.child('requests', OWN)?.all('request') ?? []).map((one): JoinRequest => {
        const note = one.textOf('note');
        return { jid: one.attr('jid') ?? '', name: one.attr('nick') || (one.attr('jid') ?? ''), time: readTime(one.attr('stamp')) ?? 0, ...(note && { note }) };
      });
    },
    async answerJoinRequest({ room, jid, allow, reason }) {
      await engine.iq('set', x('request', OWN, { jid, allow: allow ? '1' : '0' }, reason === undefined ? undefined : x('reason', OWN, {}, reason)), room);
    },
    async askToJoin({ room, note }) {
      const answer = await engine.iq('set', x('query', NS.register, {}, form(REGISTER, { 'muc#register_roomnick': engine.self.name, [`{${OWN}}note`]: note || undefined })), room);
      if (answer.child('requested', OWN)) return 'requested';
      await engine.rooms.join(room);
      await engine.rooms.remember(room, true);
      return 'joined';
    },
    async setTimer({ chat, seconds }) {
      if (engine.self.isRoom(chat)) return configure(chat, { [`{${NS.ephemeral}}timer`]: String(seconds) });
      const id = engine.id();
      await engine.chats.set(chat, (row) => {
        row.timer = seconds;
        row.timerSet = engine.now();
      });
      // Said in its place at once, under the id by which the archive will show it.
      const said = readMessage(x('message', NS.client, { from: engine.self.jid, to: chat, type: 'chat', id }, x('ephemeral', NS.ephemeral, { timer: String(seconds) })));
      await engine.inOrder(() => engine.db.write((tx) => ingest(tx, engine.self, said, { way: 'live', time: engine.now() })));
      await engine.outbox.addStanza(chat, x('message', NS.client, { to: chat, type: 'chat', id }, x('ephemeral', NS.ephemeral, { timer: String(seconds) }), x('origin-id', NS.sid, { id }), x('store', NS.hints)));
      engine.bus.touch(`chat ${chat}`);
    },
  };
}
