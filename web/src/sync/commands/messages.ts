// Sending, and what is done to messages.

import { NS } from '../../protocol/ns.ts';
import { MAX_OPTIONS, readForwarded, readMessage } from '../../protocol/message.ts';
import { x, type XmlElement } from '../../protocol/xml.ts';
import { attachmentKind, byArchiveId, chatRow, lastRow, preview, putRow } from '../../store/log.ts';
import type { ChatRow, MessageRow } from '../../store/rows.ts';
import type { Attachment } from '../../store/types.ts';
import { amend, type Amendment } from '../amend.ts';
import { ApiError, type Commands } from '../api.ts';
import type { Engine } from '../engine.ts';
import { ingest, bury } from '../ingest.ts';
import { keepsPins, setPin } from '../pins.ts';

const MAX_HITS = 50;

type Names = 'send' | 'sendFiles' | 'sendPlace' | 'sendCard' | 'sendPoll' | 'vote' | 'closePoll' | 'openOnce' | 'closeOnce' | 'retry' | 'cancel' | 'edit' | 'remove' | 'react' | 'forward' | 'star' | 'pinMessage' | 'typing' | 'read' | 'loadOlder' | 'search' | 'saveDraft';

export function messageCommands(engine: Engine): Pick<Commands, Names> {
  const rowOf = async (chat: string, id: string): Promise<MessageRow> => {
    const row = await engine.db.read((tx) => tx.get<MessageRow>('messages', [chat, id]));
    if (!row) throw new ApiError({ code: 'not-found' });
    return row;
  };
  const touch = (chat: string): void => engine.bus.touch('chats', `chat ${chat}`);
  const isRoom = (chat: string): boolean => engine.self.isRoom(chat);
  const type = (chat: string): string => (isRoom(chat) ? 'groupchat' : 'chat');
  /** What others call the message: in rooms the room's id (XEP-0444, 0461, 0424), else the sender's. */
  const nameOf = (row: MessageRow): string => (isRoom(row.chat) && !row.whisper ? row.archiveId : row.stanzaId) ?? row.stanzaId ?? row.archiveId ?? '';
  const me = (chat: string) => {
    const occupant = engine.self.occupant(chat);
    return { author: isRoom(chat) ? (occupant?.id ?? occupant?.nick ?? engine.self.jid) : engine.self.jid, name: occupant?.nick ?? engine.self.name, mine: true, isRoom: isRoom(chat), time: engine.now() };
  };

  /** Does it here at once, and queues what tells the others. */
  const change = async (row: MessageRow, amendment: Amendment, ...content: XmlElement[]): Promise<void> => {
    await engine.inOrder(() => engine.db.write(async (tx) => {
      const chat = await chatRow(tx, row.chat, isRoom(row.chat) ? 'room' : 'person');
      await amend(tx, chat, amendment, me(row.chat), false);
      await tx.put('chats', chat);
    }));
    touch(row.chat);
    const id = engine.id();
    const whisper = row.whisperTo && x('whisper', NS.whisper, {}, ...row.whisperTo.map((one) => x('to', NS.whisper, one.id === undefined ? { nick: one.nick } : { id: one.id })));
    await engine.outbox.addStanza(row.chat, x('message', NS.client, { to: row.chat, type: whisper ? 'chat' : type(row.chat), id }, ...content, whisper, x('origin-id', NS.sid, { id }), x('store', NS.hints)));
  };

  const replyTarget = async (chat: string, id: string | undefined) => (id === undefined ? {} : { replyTo: await rowOf(chat, id) });

  const timerOf = async (chat: string): Promise<number> => engine.live.rooms.get(chat)?.timer ?? (await engine.db.read((tx) => tx.get<ChatRow>('chats', chat)))?.timer ?? 0;

  const send: Commands['send'] = async ({ chat, text, replyTo, mentions, whisper, timer, once }) => {
    if (text.trim() === '') throw new ApiError({ code: 'bad-request' });
    return engine.outbox.add({ chat, text, timer: timer ?? (await timerOf(chat)), ...(mentions && { mentions }), ...(once && { once }), ...(whisper && { whisperTo: whisper }), ...(await replyTarget(chat, replyTo)) });
  };

  return {
    send,
    async sendFiles({ chat, files, caption, replyTo, whisper, once }) {
      const ids: string[] = [];
      const max = engine.abilities.upload?.maxBytes;
      if (max !== undefined && files.some((file) => file.blob.size > max)) throw new ApiError({ code: 'too-large' });
      for (const [i, file] of files.entries()) {
        const mime = file.blob.type || 'application/octet-stream';
        const { blob, voice, ...facts } = file;
        const attachment: Attachment = { ...facts, kind: attachmentKind({ mime, voice: voice ?? false }), mime, size: blob.size };
        ids.push(await engine.outbox.add({ chat, text: '', attachments: [attachment], upload: blob, timer: await timerOf(chat), ...(once && { once }), ...(whisper && { whisperTo: whisper }), ...(i === 0 && (await replyTarget(chat, replyTo))) }));
      }
      if (caption?.trim()) ids.push(await send({ chat, text: caption, ...(whisper && { whisper }), ...(once && { once }) }));
      return ids;
    },
    sendPlace: async ({ chat, place }) => engine.outbox.add({ chat, text: '', place, timer: await timerOf(chat) }),
    sendCard: async ({ chat, card }) => engine.outbox.add({ chat, text: '', card, timer: await timerOf(chat) }),
    sendPoll: async ({ chat, question, options, multiple }) => {
      const known = [...new Set(options.map((option) => option.trim()).filter(Boolean))];
      if (question.trim() === '' || known.length < 2 || known.length > MAX_OPTIONS) throw new ApiError({ code: 'bad-request' });
      return engine.outbox.add({ chat, text: '', poll: { question: question.trim(), options: known, multiple }, timer: await timerOf(chat) });
    },
    async vote({ chat, id, choices }) {
      const row = await rowOf(chat, id);
      if (!row.poll || row.poll.closed) throw new ApiError({ code: 'not-allowed' });
      await change(row, { kind: 'vote', target: nameOf(row), choices }, x('vote', NS.poll, { id: nameOf(row) }, ...choices.map((choice) => x('choice', NS.poll, {}, String(choice)))));
    },
    async closePoll({ chat, id }) {
      const row = await rowOf(chat, id);
      if (!row.poll || !row.mine) throw new ApiError({ code: 'not-allowed' });
      await change(row, { kind: 'close', target: nameOf(row) }, x('close', NS.poll, { id: nameOf(row) }));
    },
    async openOnce({ chat, id }) {
      const row = await rowOf(chat, id);
      if (!row.once || row.once.opened || row.mine) throw new ApiError({ code: 'not-allowed' });
      const answer = await engine.iq('set', x('open', NS.once, { id: row.once.id }));
      const inside = readForwarded(answer.child('content', NS.once))?.message;
      if (!inside) throw new ApiError({ code: 'not-found' });
      await settleOnce(row);
      const facts = readMessage(inside);
      return { text: facts.text ?? '', attachments: facts.files.map((file) => ({ ...file, kind: attachmentKind(file) })) };
    },
    async closeOnce({ chat, id }) {
      const row = await rowOf(chat, id);
      if (row.once?.id) await engine.iq('set', x('done', NS.once, { id: row.once.id }));
    },
    retry: ({ chat, id }) => engine.outbox.retry(chat, id),
    async cancel({ chat, id }) {
      engine.uploads.cancel(id);
      await engine.inOrder(() => engine.db.write(async (tx) => {
        const row = await tx.get<MessageRow>('messages', [chat, id]);
        if (!row || (row.queued === undefined && row.ticks !== 'failed')) return;
        await tx.delete('messages', [chat, id]);
        const of = await chatRow(tx, chat, 'person');
        const last = await lastRow(tx, chat);
        if (last) of.last = preview(last);
        else delete of.last;
        await tx.put('chats', of);
      }));
      engine.bus.touch('link');
      touch(chat);
    },
    async edit({ chat, id, text }) {
      const row = await rowOf(chat, id);
      if (!row.mine || row.kind === 'deleted' || row.stanzaId === undefined) throw new ApiError({ code: 'not-allowed' });
      await change(row, { kind: 'edit', target: row.stanzaId, text, mentions: [] }, x('body', NS.client, {}, text), x('replace', NS.correct, { id: row.stanzaId }));
    },
    async remove({ chat, ids, everyone, reason }) {
      for (const id of ids) {
        const row = await rowOf(chat, id);
        if (!everyone) await hide(row);
        else if (row.mine) {
          await change(row, { kind: 'retract', target: nameOf(row) },
            x('retract', NS.retract, { id: nameOf(row) }), x('fallback', NS.fallback, { for: NS.retract }), x('body', NS.client, {}, 'This person attempted to retract a previous message, but it is not supported by your client.'));
        } else if (isRoom(chat) && row.archiveId) {
          await engine.iq('set', x('moderate', NS.moderate, { id: row.archiveId }, x('retract', NS.retract), reason === undefined ? undefined : x('reason', NS.moderate, {}, reason)), chat);
        } else throw new ApiError({ code: 'not-allowed' });
      }
    },
    async react({ chat, id, emojis }) {
      const row = await rowOf(chat, id);
      const set = [...new Set(emojis)];
      await change(row, { kind: 'react', target: nameOf(row), emojis: set }, x('reactions', NS.reactions, { id: nameOf(row) }, ...set.map((emoji) => x('reaction', NS.reactions, {}, emoji))));
    },
    async forward({ from, ids, to }) {
      const rows = await Promise.all(ids.map((id) => rowOf(from, id)));
      rows.sort((a, b) => a.order - b.order);
      for (const chat of to) {
        for (const row of rows) {
          if (row.kind === 'deleted' || row.kind === 'system') continue;
          await engine.outbox.add({ chat, text: row.text, attachments: row.attachments, forwarded: true, ...(row.place && { place: row.place }), ...(row.card && { card: row.card }), ...(row.poll && { poll: { question: row.poll.question, options: row.poll.options, multiple: row.poll.multiple } }) });
        }
      }
    },
    async star({ chat, ids, on }) {
      await engine.inOrder(() => engine.db.write(async (tx) => {
        for (const id of ids) {
          const row = await tx.get<MessageRow>('messages', [chat, id]);
          if (!row) continue;
          row.starred = on;
          if (on) row.star = 1;
          else delete row.star;
          await tx.put('messages', row);
        }
      }));
      engine.bus.touch('starred');
      touch(chat);
    },
    async pinMessage({ chat, id, on }) {
      if (isRoom(chat) && keepsPins(engine, chat)) {
        const { archiveId } = await rowOf(chat, id);
        if (archiveId === undefined) throw new ApiError({ code: 'not-found' });
        await engine.iq('set', x(on ? 'pin' : 'unpin', NS.roomsOwn, { id: archiveId }), chat);
        return setPin(engine, chat, archiveId, on);
      }
      await engine.inOrder(() => engine.db.write(async (tx) => {
        const row = await tx.get<MessageRow>('messages', [chat, id]);
        if (!row) return;
        row.pinned = on;
        const of = await chatRow(tx, chat, 'person');
        of.pins = [...(of.pins ?? []).filter((one) => one !== id), ...(on ? [id] : [])].slice(-20);
        await tx.put('messages', row);
        await tx.put('chats', of);
      }));
      touch(chat);
    },
    async typing({ chat, doing }) {
      if (!engine.settings.sendTyping) return;
      engine.connection.send(x('message', NS.client, { to: chat, type: type(chat) }, x(doing === 'paused' ? 'paused' : 'composing', NS.states), x('no-store', NS.hints)));
    },
    read: ({ chat, upTo }) => engine.chats.read(chat, upTo),
    async loadOlder({ chat, before }) {
      const row = before === undefined ? undefined : await rowOf(chat, before);
      const [first] = row ? [row] : await engine.db.read((tx) => tx.all<MessageRow>('messages', { index: 'order', lower: [chat, -Infinity], upper: [chat, Infinity], max: 1 }));
      await engine.fill(chat, first);
    },
    search: ({ text, chat, max }) => search(engine, text, chat, Math.min(max ?? MAX_HITS, 200)),
    async saveDraft({ chat, text, replyTo, edits }) {
      await engine.chats.set(chat, (row) => {
        if (text === '') delete row.draft;
        else row.draft = { text, time: engine.now(), ...(replyTo && { replyTo }), ...(edits && { edits }) };
      });
    },
  };

  async function settleOnce(row: MessageRow): Promise<void> {
    await engine.inOrder(() => engine.db.write(async (tx) => {
      const now = await tx.get<MessageRow>('messages', [row.chat, row.id]);
      if (now?.once) await tx.put('messages', { ...now, once: { ...now.once, opened: true } });
    }));
    touch(row.chat);
  }

  async function hide(row: MessageRow): Promise<void> {
    await engine.inOrder(() => engine.db.write(async (tx) => {
      const chat = await chatRow(tx, row.chat, 'person');
      bury(row, 'author');
      await putRow(tx, chat, row);
      await tx.put('chats', chat);
    }));
    touch(row.chat);
  }
}

/** On the server where it can (XEP-0431), else among what is kept here. */
async function search(engine: Engine, text: string, chat: string | undefined, max: number): ReturnType<Commands['search']> {
  const words = text.trim();
  if (words === '') return [];
  const needle = words.toLocaleLowerCase();
  const local = await engine.views.hits(async (tx) => {
    const found: MessageRow[] = [];
    const range = chat === undefined ? {} : { index: 'order', lower: [chat, -Infinity], upper: [chat, Infinity] };
    await tx.walk<MessageRow>('messages', { ...range, reverse: true, max: 20_000 }, (row) => {
      if (row.kind !== 'deleted' && (row.text.toLocaleLowerCase().includes(needle) || row.attachments.some((one) => one.name.toLocaleLowerCase().includes(needle)))) found.push(row);
      return found.length < max;
    });
    return found;
  });
  if (!engine.abilities.search || !engine.connection.isLive || (chat !== undefined && engine.self.isRoom(chat))) return local;
  const page = await engine.archive.query(undefined, { [NS.fulltext]: words, ...(chat !== undefined && { with: chat }) }, { before: '', max }).catch(() => ({ entries: [] }));
  const seen = new Set(local.map((hit) => hit.message.id));
  for (const entry of page.entries) {
    const row = await place(engine, entry);
    if (!row || seen.has(row.id)) continue;
    local.push(...(await engine.views.hits(async () => [row])));
  }
  return local.sort((a, b) => b.message.time - a.message.time).slice(0, max);
}

/** A message found far back is kept where it belongs by its time, with gaps on both sides. */
async function place(engine: Engine, entry: { id: string; message: XmlElement; time: number }): Promise<MessageRow | undefined> {
  const facts = readMessage(entry.message);
  return engine.inOrder(() => engine.db.write(async (tx) => {
    const chat = facts.from.startsWith(engine.self.jid) ? facts.to.split('/')[0] ?? '' : facts.from.split('/')[0] ?? '';
    const known = await byArchiveId(tx, chat, entry.id);
    if (known) return known;
    let next: MessageRow | undefined;
    let previous: MessageRow | undefined;
    await tx.walk<MessageRow>('messages', { index: 'order', lower: [chat, -Infinity], upper: [chat, Infinity] }, (row) => {
      if (row.time > entry.time && row.queued === undefined) {
        next = row;
        return false;
      }
      previous = row;
      return true;
    });
    if (!next) return undefined;
    const order = previous ? ((previous as MessageRow).order + next.order) / 2 : next.order - 2 ** 30;
    await ingest(tx, engine.self, facts, { way: 'fill', archiveId: entry.id, time: entry.time, order, afterGap: true });
    const row = await byArchiveId(tx, chat, entry.id);
    if (row) {
      next.gapBefore = true;
      await tx.put('messages', next);
    }
    return row;
  }));
}
