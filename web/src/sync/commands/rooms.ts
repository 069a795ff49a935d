// Rooms: made, entered, left, changed.

import type { Value } from '../../protocol/form.ts';
import { bare } from '../../protocol/jid.ts';
import { NS } from '../../protocol/ns.ts';
import { x } from '../../protocol/xml.ts';
import type { Affiliation, Occupant } from '../../store/types.ts';
import { toBase64 } from '../../util/bytes.ts';
import { ApiError, type Commands } from '../api.ts';
import type { Engine } from '../engine.ts';
import { MAX_AVATAR } from '../people.ts';
import { forgetRows } from '../../store/log.ts';

type Names = 'createRoom' | 'joinRoom' | 'leaveRoom' | 'destroyRoom' | 'inviteToRoom' | 'setRoomPicture' | 'setSubject' | 'configureRoom' | 'setRole' | 'setAffiliation' | 'roomMembers';

export function roomCommands(engine: Engine): Pick<Commands, Names> {
  const { rooms } = engine;
  const configure = (room: string, values: Record<string, Value>): Promise<void> =>
    rooms.configure(room, Object.fromEntries(Object.entries(values).map(([name, value]) => [`muc#roomconfig_${name}`, value])));
  const invite: Commands['inviteToRoom'] = async ({ room, people, text }) => {
    for (const jid of people) {
      // Members first, so that the door is open when the invitation arrives.
      await engine.iq('set', x('query', NS.mucAdmin, {}, x('item', NS.mucAdmin, { jid, affiliation: 'member' })), room).catch(() => undefined);
      engine.connection.send(x('message', NS.client, { to: room, id: engine.id() }, x('x', NS.mucUser, {}, x('invite', NS.mucUser, { to: jid }, text === undefined ? undefined : x('reason', NS.mucUser, {}, text)))));
    }
  };
  const admin = (room: string, attributes: Record<string, string | undefined>, reason?: string): Promise<unknown> =>
    engine.iq('set', x('query', NS.mucAdmin, {}, x('item', NS.mucAdmin, attributes, reason === undefined ? undefined : x('reason', NS.mucAdmin, {}, reason))), room);

  return {
    async createRoom({ name, description, members, membersOnly, hidden }) {
      const host = engine.abilities.rooms;
      if (host === undefined) throw new ApiError({ code: 'not-supported' });
      const room = `${engine.id().replace(/[^a-z0-9]/gi, '').toLowerCase().slice(0, 20)}@${host}`;
      rooms.known(room).name = name;
      await rooms.join(room);
      await configure(room, { roomname: name, roomdesc: description, persistentroom: true, membersonly: membersOnly, publicroom: !(hidden ?? membersOnly), whois: membersOnly ? 'anyone' : undefined, changesubject: true });
      rooms.known(room).name ||= name;
      await rooms.remember(room, true);
      await invite({ room, people: members });
      await engine.inOrder(async () => undefined);
      return room;
    },
    async joinRoom({ room, nick, password }) {
      await rooms.join(bare(room), nick, password);
      await rooms.remember(bare(room), true);
    },
    async leaveRoom({ room, forget }) {
      rooms.exit(room);
      if (forget) {
        await engine.pep.retract(NS.bookmarks, room).catch(() => undefined);
        engine.live.rooms.delete(room);
        await engine.db.write(async (tx) => {
          await forgetRows(tx, room);
          await tx.delete('chats', room);
          await tx.delete('meta', `cursor ${room}`);
        });
      } else await rooms.remember(room, false).catch(() => undefined);
      engine.bus.touch(`chat ${room}`, `room ${room}`);
    },
    async destroyRoom({ room, reason }) {
      await engine.iq('set', x('query', NS.mucOwner, {}, x('destroy', NS.mucOwner, {}, reason === undefined ? undefined : x('reason', NS.mucOwner, {}, reason))), room);
      await engine.pep.retract(NS.bookmarks, room).catch(() => undefined);
    },
    inviteToRoom: invite,
    async setRoomPicture({ room, blob }) {
      if (blob && blob.size > MAX_AVATAR) throw new ApiError({ code: 'too-large' });
      const v = NS.vcard;
      const photo = blob && x('PHOTO', v, {}, x('TYPE', v, {}, blob.type), x('BINVAL', v, {}, toBase64(new Uint8Array(await blob.arrayBuffer()))));
      await engine.iq('set', x('vCard', v, {}, photo), room);
      await rooms.info(room);
    },
    async setSubject({ room, subject }) {
      engine.connection.send(x('message', NS.client, { to: room, type: 'groupchat', id: engine.id() }, x('subject', NS.client, {}, subject)));
    },
    configureRoom: ({ room, name, description, membersOnly, moderated, hidden }) =>
      configure(room, { roomname: name, roomdesc: description, membersonly: membersOnly, moderatedroom: moderated, publicroom: hidden === undefined ? undefined : !hidden }),
    async setRole({ room, nick, role, reason }) {
      await admin(room, { nick, role }, reason);
    },
    async setAffiliation({ room, jid, affiliation, reason }) {
      await admin(room, { jid, affiliation }, reason);
    },
    async roomMembers({ room }) {
      const all: Occupant[] = [];
      for (const affiliation of ['owner', 'admin', 'member', 'outcast'] satisfies Affiliation[]) {
        const answer = await engine.iq('get', x('query', NS.mucAdmin, {}, x('item', NS.mucAdmin, { affiliation })), room).catch(() => undefined);
        for (const item of answer?.child('query', NS.mucAdmin)?.all('item') ?? []) {
          const jid = item.attr('jid');
          const there = [...rooms.known(room).occupants.values()].find((one) => one.jid !== undefined && one.jid === jid);
          all.push({ nick: there?.nick ?? item.attr('nick') ?? (jid ? bare(jid) : ''), affiliation, role: there?.role ?? 'none', show: there?.show ?? 'offline', me: jid !== undefined && bare(jid) === engine.self.jid, ...(jid && { jid: bare(jid) }) });
        }
      }
      return all;
    },
  };
}
