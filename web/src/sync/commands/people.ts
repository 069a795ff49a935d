// Contacts, requests, profile, blocking; and what one does with chats in the list.

import { IqError } from '../../protocol/connection.ts';
import { readAddress } from '../../protocol/jid.ts';
import { NS } from '../../protocol/ns.ts';
import { x } from '../../protocol/xml.ts';
import { chatRow, forgetRows, newChat } from '../../store/log.ts';
import type { ChatRow, MessageRow } from '../../store/rows.ts';
import { toBase64, toHex } from '../../util/bytes.ts';
import { ApiError, type Commands } from '../api.ts';
import type { Engine } from '../engine.ts';
import { MAX_AVATAR } from '../people.ts';

/** What a report may say in words, in characters; the server takes 4 KiB. */
const MAX_REPORT = 1300;

type Names = 'setLooks' | 'setGround' | 'openChat' | 'pin' | 'favour' | 'mute' | 'archive' | 'markUnread' | 'clearChat' | 'undoClear' | 'beginExport' | 'stepExport' | 'endExport' | 'closeChat' | 'addContact' | 'renameContact' | 'removeContact' | 'answerRequest' | 'block' | 'report' | 'setPresence' | 'saveProfile' | 'setAvatar';

export function peopleCommands(engine: Engine): Pick<Commands, Names> {
  const subscription = (jid: string, type: string): void => {
    if (!engine.connection.send(x('presence', NS.client, { to: jid, type }))) throw new ApiError({ code: 'offline' });
  };
  /** What one shows of oneself, to contacts and to those in one's groups. */
  const tell = async (): Promise<void> => {
    const presence = await engine.disco.presence();
    engine.connection.send(presence);
    engine.rooms.tell(presence);
  };
  const setItem = (jid: string, attributes: Record<string, string | undefined>, groups: string[] = []): Promise<unknown> =>
    engine.iq('set', x('query', NS.roster, {}, x('item', NS.roster, { jid, ...attributes }, ...groups.map((group) => x('group', NS.roster, {}, group)))));
  const address = (text: string): string => {
    const jid = readAddress(text, engine.account?.domain);
    if (jid === undefined) throw new ApiError({ code: 'bad-request' });
    return jid;
  };

  return {
    async openChat({ jid }) {
      const chat = address(jid);
      await engine.db.write(async (tx) => {
        const row = await chatRow(tx, chat, engine.self.isRoom(chat) ? 'room' : chat === engine.self.jid ? 'self' : 'person');
        if (row.time === 0) row.time = engine.now();
        await tx.put('chats', row);
      });
      engine.bus.touch(`chat ${chat}`);
      return chat;
    },
    pin: ({ chat, on }) => engine.chats.set(chat, (row) => void (row.pinned = on)),
    favour: ({ chat, on }) => engine.chats.set(chat, (row) => void (row.favourite = on)),
    setLooks: (looks) => engine.looks.choose(looks),
    setGround: ({ chat, ground }) => engine.chats.set(chat, (row) => {
      if (ground) row.ground = ground;
      else delete row.ground;
    }),
    mute: ({ chat, until }) => engine.chats.set(chat, (row) => void (row.mutedUntil = until)),
    archive: ({ chat, on }) => engine.chats.set(chat, (row) => void (row.archived = on)),
    markUnread: ({ chat, on }) => engine.chats.set(chat, (row) => void (row.marked = on)),
    async clearChat({ chat }) {
      const last = await engine.views.last(chat);
      if (last) await engine.chats.read(chat, last.id);
      await engine.inOrder(() => engine.clearing.clear(chat));
    },
    undoClear: ({ chat }) => engine.inOrder(() => engine.clearing.undo(chat)),
    beginExport: ({ chat }) => engine.exporting.begin(chat),
    stepExport: ({ id }) => engine.exporting.step(id),
    endExport: () => engine.exporting.end(),
    async closeChat({ chat }) {
      await engine.inOrder(() => engine.db.write(async (tx) => {
        await forgetRows(tx, chat);
        const row = await tx.get<ChatRow>('chats', chat);
        await tx.delete('chats', chat);
        // What was set stays so when somebody writes again.
        if (row) await tx.put('chats', { ...newChat(chat, row.kind), pinned: row.pinned, archived: row.archived, mutedUntil: row.mutedUntil, ...(row.favourite && { favourite: true }), ...(row.ground && { ground: row.ground }), ...(row.cleared && { cleared: row.cleared }) });
      }));
      engine.bus.touch(`chat ${chat}`);
    },
    async addContact({ jid, name }) {
      const who = address(jid);
      if (who === engine.self.jid) throw new ApiError({ code: 'bad-request' });
      await setItem(who, { name });
      subscription(who, 'subscribe');
      // They may see us too, without a second question.
      subscription(who, 'subscribed');
      engine.live.requests.delete(who);
      engine.bus.touch('requests');
    },
    async renameContact({ jid, name, groups }) {
      await setItem(jid, { name }, groups ?? engine.live.contacts.get(jid)?.groups);
    },
    async removeContact({ jid }) {
      await setItem(jid, { subscription: 'remove' });
    },
    async answerRequest({ jid, accept }) {
      const request = engine.live.requests.get(jid);
      if (engine.abilities.privacy && (engine.live.strangers?.has(jid) || request?.room !== undefined)) await engine.privacy.decide(jid, accept);
      if (!accept && engine.abilities.privacy) await engine.db.write((tx) => tx.delete('chats', jid));
      if (request?.room !== undefined) {
        if (accept) {
          await engine.rooms.join(request.room);
          await engine.rooms.remember(request.room, true);
        }
      } else if (accept) {
        subscription(jid, 'subscribed');
        const known = engine.live.contacts.get(jid)?.subscription;
        if (known !== 'to' && known !== 'both') subscription(jid, 'subscribe');
      } else subscription(jid, 'unsubscribed');
      engine.live.requests.delete(jid);
      engine.bus.touch('requests', `line ${jid}`);
    },
    async report({ chat, ids, spam, text, block }) {
      const rows = await engine.db.read((tx) => Promise.all(ids.map((id) => tx.get<MessageRow>('messages', [chat, id]))));
      const [first] = rows;
      const isRoom = engine.self.isRoom(chat);
      const jid = isRoom && first ? `${chat}/${first.from.name}` : chat;
      // What a group said to all is in no archive of one's own: then its words are told.
      const own = rows.filter((row) => row?.archiveId !== undefined && (!isRoom || row.whisperTo));
      const words = rows.flatMap((row) => (row && !own.includes(row) && row.text ? [row.text] : []));
      const note = [text?.trim(), ...words.map((one) => one.split('\n').map((line) => `> ${line}`).join('\n'))].filter(Boolean).join('\n\n').slice(0, MAX_REPORT);
      const person = isRoom ? first?.from.jid : jid;
      const wasBlocked = engine.live.blocked.has(jid);
      await engine.iq('set', x('block', NS.blocking, {}, x('item', NS.blocking, { jid },
        x('report', NS.reporting, { reason: spam ? 'urn:xmpp:reporting:spam' : 'urn:xmpp:reporting:abuse' },
          ...own.map((row) => x('stanza-id', NS.sid, { by: engine.self.jid, id: row?.archiveId })),
          note ? x('text', NS.reporting, {}, note) : undefined))));
      // A report comes with a block (XEP-0377); who wants the one alone takes the other back. In a group it is the person
      // that is blocked, not the name.
      if (isRoom || (!block && !wasBlocked)) await engine.iq('set', x('unblock', NS.blocking, {}, x('item', NS.blocking, { jid })));
      if (block && isRoom && person !== undefined) await engine.iq('set', x('block', NS.blocking, {}, x('item', NS.blocking, { jid: person })));
      if (block && person !== undefined) engine.live.blocked.add(person);
      engine.bus.touch('blocked', 'chats', 'contacts', `line ${chat}`);
    },
    async block({ jid, on, report }) {
      const complaint = report && engine.abilities.reports ? x('report', NS.reporting, { reason: report.spam ? 'urn:xmpp:reporting:spam' : 'urn:xmpp:reporting:abuse' }, report.text === undefined ? undefined : x('text', NS.reporting, {}, report.text)) : undefined;
      await engine.iq('set', x(on ? 'block' : 'unblock', NS.blocking, {}, x('item', NS.blocking, { jid }, complaint)));
      if (on) engine.live.blocked.add(jid);
      else engine.live.blocked.delete(jid);
      engine.bus.touch('blocked', 'chats', 'contacts');
    },
    async setPresence({ show, status }) {
      await engine.people.person(engine.self.jid, { show, ...(status !== undefined && { status }) });
      await tell();
    },
    async saveProfile({ name, status, email, phone, url, note }) {
      const { jid } = engine.self;
      if (name !== undefined) {
        await engine.pep.publish(NS.nick, 'current', x('nick', NS.nick, {}, name), 'open', '1');
        await engine.people.person(jid, { nick: name });
      }
      if (status !== undefined) {
        await engine.people.person(jid, { status });
        await tell();
      }
      const card = { ...engine.cards.get(jid), ...(email !== undefined && { email }), ...(phone !== undefined && { phone }), ...(url !== undefined && { url }), ...(note !== undefined && { note }) };
      engine.cards.set(jid, card);
      const v = NS.vcard4;
      const uri = (tag: string, value: string | undefined, kind: 'uri' | 'text'): ReturnType<typeof x> | undefined => (value ? x(tag, v, {}, x(kind, v, {}, value)) : undefined);
      await engine.pep.publish(v, 'current', x('vcard', v, {}, uri('fn', name ?? engine.self.name, 'text'), uri('email', card.email, 'text'), uri('tel', card.phone && `tel:${card.phone}`, 'uri'), uri('url', card.url, 'uri'), uri('note', card.note, 'text')), 'presence', '1')
        .catch((error: unknown) => { if (!(error instanceof IqError)) throw error; });
      engine.bus.touch('me', `profile ${jid}`);
    },
    async setAvatar({ blob, width, height }) {
      if (!blob) {
        await engine.pep.publish(NS.avatarMetadata, 'current', x('metadata', NS.avatarMetadata), 'open', '1');
        await engine.people.person(engine.self.jid, { avatar: undefined });
        return tell();
      }
      if (blob.size > MAX_AVATAR) throw new ApiError({ code: 'too-large' });
      const bytes = new Uint8Array(await blob.arrayBuffer());
      const hash = toHex(new Uint8Array(await crypto.subtle.digest('SHA-1', bytes)));
      await engine.pep.publish(NS.avatarData, hash, x('data', NS.avatarData, {}, toBase64(bytes)), 'open', '1');
      await engine.pep.publish(NS.avatarMetadata, hash, x('metadata', NS.avatarMetadata, {}, x('info', NS.avatarMetadata, { id: hash, bytes: bytes.length, type: blob.type, width, height })), 'open', '1');
      await engine.people.store(hash, blob);
      await engine.people.person(engine.self.jid, { avatar: hash });
      await tell();
    },
  };
}
