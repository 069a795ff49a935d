// What our rooms have beside XEP-0045 (docs/rooms.md): requests to join, links, pins, the directory, circles.

import { IqError } from '../../protocol/connection.ts';
import { submit, type Value } from '../../protocol/form.ts';
import { bare } from '../../protocol/jid.ts';
import { readMessage, readTime } from '../../protocol/message.ts';
import { NS } from '../../protocol/ns.ts';
import { writeTimer } from '../../protocol/vanish.ts';
import { x, type XmlElement } from '../../protocol/xml.ts';
import type { Circle, RoomLink, RoomListing } from '../../store/types.ts';
import { ApiError, type Commands } from '../api.ts';
import type { Engine } from '../engine.ts';
import { ingest } from '../ingest.ts';
import { RIGHTS } from '../roominfo.ts';

type Names = 'setPolicy' | 'setTimer' | 'askToJoin' | 'takeBackRequest' | 'askedToJoin' | 'joinRequests' | 'answerJoinRequest' | 'roomLinks' | 'createRoomLink' | 'revokeRoomLink' | 'circles' | 'rooms';

const DIRECTORY_PAGE = 100;

export function groupCommands(engine: Engine): Pick<Commands, Names> {
  const r = NS.rooms;
  const configure = (room: string, fields: Record<string, Value>): Promise<void> => engine.rooms.configure(room, fields);

  return {
    setPolicy: ({ room, policy }) => configure(room, {
      ...Object.fromEntries(RIGHTS.map((right) => [`{${r}}${right}`, policy[right]])),
      [`{${r}}requests`]: policy.requests,
      [`{${r}}maxmembers`]: policy.maxMembers,
      'muc#roomconfig_slow_mode_duration': policy.slowSeconds,
      'muc#roomconfig_allowpm': policy.whispers,
      [`{${NS.ephemeral}}timer`]: policy.timer,
      [`{${r}}tags`]: policy.tags,
      [`{${r}}circles`]: policy.circles,
    }),
    async setTimer({ chat, seconds }) {
      if (engine.self.isRoom(chat)) return configure(chat, { [`{${NS.ephemeral}}timer`]: seconds });
      const id = engine.id();
      const said = (from?: string): XmlElement => x('message', NS.client, { to: chat, from, type: 'chat', id }, writeTimer(seconds), x('origin-id', NS.sid, { id }), x('store', NS.hints));
      await engine.db.write((tx) => ingest(tx, engine.self, readMessage(said(engine.self.jid)), { way: 'carbon', time: engine.now() }));
      engine.bus.touch(`chat ${chat}`);
      await engine.outbox.addStanza(chat, said());
    },
    async askToJoin({ room, note }) {
      const answer = await engine.iq('set', x('query', NS.register, {},
        submit('http://jabber.org/protocol/muc#register', { 'muc#register_roomnick': engine.self.name, [`{${r}}note`]: note || undefined })), room);
      if (answer.child('requested', r)) return 'requested';
      await engine.rooms.join(room);
      await engine.rooms.remember(room, true);
      return 'joined';
    },
    async askedToJoin({ room }) {
      return (await engine.iq('get', x('query', NS.register), room)).child('query', NS.register)?.child('requested', r) !== undefined;
    },
    async takeBackRequest({ room }) {
      await engine.iq('set', x('query', NS.register, {}, x('remove', NS.register)), room);
    },
    joinRequests: ({ room }) => engine.askers.queue(room),
    answerJoinRequest: ({ room, jid, allow, reason }) => engine.askers.answer({ room }, jid, allow, reason),
    async roomLinks({ room }) {
      const answer = await engine.iq('get', x('links', r), room);
      return (answer.child('links', r)?.all('link') ?? []).map(readLink);
    },
    async createRoomLink({ room, uses, expires }) {
      const answer = await engine.iq('set', x('link', r, { uses, expires: expires === undefined ? undefined : new Date(expires).toISOString() }), room);
      const link = answer.child('link', r);
      if (!link) throw new ApiError({ code: 'not-supported' });
      return readLink(link);
    },
    async revokeRoomLink({ room, token }) {
      await engine.iq('set', x('revoke', r, { token }), room);
    },
    async circles() {
      const answer = await engine.iq('get', x('circles', NS.circles), engine.account?.domain);
      return (answer.child('circles', NS.circles)?.all('circle') ?? []).map((circle): Circle => ({ id: circle.attr('id') ?? '', name: circle.attr('name') ?? '', kind: circle.attr('kind') ?? 'other', mine: circle.attr('role') !== undefined }));
    },
    async rooms(args) {
      const host = engine.abilities.rooms;
      if (host === undefined) return [];
      return directory(engine, host, args?.text?.trim() ?? '').catch((error: unknown) => {
        if (error instanceof IqError && error.condition === 'offline') throw error;
        return listed(engine, host, args?.text ?? '');
      });
    },
  };
}

function readLink(link: XmlElement): RoomLink {
  const number = (name: string): number | undefined => (link.attr(name) === undefined ? undefined : Number(link.attr(name)) || 0);
  const uses = number('uses');
  const expires = readTime(link.attr('expires'));
  return { token: link.attr('token') ?? '', url: link.attr('page') ?? link.attr('uri') ?? '', used: number('used') ?? 0, ...(uses && { uses }), ...(expires !== undefined && { expires }) };
}

/** Channel search (XEP-0433) of our server: what the asker may see. */
async function directory(engine: Engine, host: string, text: string): Promise<RoomListing[]> {
  const s = NS.channelSearch;
  const answer = await engine.iq('get', x('search', s, {},
    x('set', NS.rsm, {}, x('max', NS.rsm, {}, String(DIRECTORY_PAGE))),
    submit('urn:xmpp:channel-search:0:search-params', {
      ...(text ? { q: text } : { all: 'true' }),
      sinname: 'true', sindescription: 'true', sinaddr: 'true', key: `${NS.channelOrder}nusers`,
    })), host);
  const result = answer.elements().find((one) => one.name === 'result');
  return (result?.all('item') ?? []).map((item): RoomListing => {
    const jid = bare(item.attr('address') ?? '');
    const own = (name: string): XmlElement[] => item.elements().filter((one) => one.ns === NS.rooms && one.name === name);
    const text = (name: string): string | undefined => item.elements().find((one) => one.name === name)?.text || undefined;
    const members = Number(own('members')[0]?.text ?? text('nusers') ?? NaN);
    const description = text('description');
    return {
      jid, name: text('name') ?? jid.split('@')[0] ?? jid, joined: engine.live.rooms.get(jid)?.state === 'joined',
      tags: own('tag').map((tag) => tag.text), requests: own('requests').length > 0, open: text('is-open') !== undefined || item.elements().some((one) => one.name === 'is-open'),
      ...(Number.isFinite(members) && { members }), ...(description && { description }),
    };
  });
}

/** Another server's rooms, by their names alone. */
async function listed(engine: Engine, host: string, text: string): Promise<RoomListing[]> {
  const answer = await engine.iq('get', x('query', NS.discoItems), host);
  const needle = text.toLocaleLowerCase();
  const list = (answer.child('query', NS.discoItems)?.all('item') ?? []).map((item): RoomListing => {
    const jid = item.attr('jid') ?? '';
    return { jid, name: item.attr('name') || jid.split('@')[0] || jid, joined: engine.live.rooms.get(jid)?.state === 'joined', tags: [], requests: false, open: true };
  });
  return list.filter((room) => room.name.toLocaleLowerCase().includes(needle) || room.jid.includes(needle));
}
