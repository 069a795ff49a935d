// Sending, and what is done to messages.

import { bare } from '../../protocol/jid.ts';
import { NS } from '../../protocol/ns.ts';
import { MAX_OPTIONS, readForwarded, readMessage } from '../../protocol/message.ts';
import { readPreview } from '../../protocol/preview.ts';
import { writeTimer, writeWhisper } from '../../protocol/vanish.ts';
import { x, type XmlElement } from '../../protocol/xml.ts';
import { attachmentKind, byArchiveId, chatRow, lastRow, pinRow, preview, putRow } from '../../store/log.ts';
import type { MessageRow } from '../../store/rows.ts';
import type { Attachment } from '../../store/types.ts';
import { sameLink, webLinks } from '../../util/links.ts';
import { ONCE } from '../../util/media.ts';
import { grouped } from '../albums.ts';
import { amend, starRow, type Amendment } from '../amend.ts';
import { ApiError, type Commands, type How } from '../api.ts';
import type { Entry } from '../archive.ts';
import type { Engine } from '../engine.ts';
import { linked } from '../finding.ts';
import { attachmentsOf, bury } from '../ingest.ts';
import type { Outgoing } from '../outbox.ts';

const MAX_HITS = 50;

type Names = 'send' | 'sendFiles' | 'sendPlace' | 'moveLive' | 'endLive' | 'sendCard' | 'retry' | 'cancel' | 'edit' | 'remove' | 'undoRemove' | 'react' | 'forward' | 'star' | 'pinMessage' | 'sendPoll' | 'vote' | 'closePoll' | 'openOnce' | 'closeOnce' | 'typing' | 'preview' | 'read' | 'loadOlder' | 'locate' | 'nameInLinks' | 'findTime' | 'nextMention' | 'sawReaction' | 'schedule' | 'reschedule' | 'unschedule' | 'sendScheduled' | 'search' | 'saveDraft';

export function messageCommands(engine: Engine): Pick<Commands, Names> {
  const rowOf = async (chat: string, id: string): Promise<MessageRow> => {
    const row = await engine.db.read((tx) => tx.get<MessageRow>('messages', [chat, id]));
    if (!row) throw new ApiError({ code: 'not-found' });
    return row;
  };
  const touch = (chat: string): void => engine.bus.touch(`chat ${chat}`);
  const isRoom = (chat: string): boolean => engine.self.isRoom(chat);
  const type = (chat: string): string => (isRoom(chat) ? 'groupchat' : 'chat');
  /** What others call the message: in rooms the room's id (XEP-0444, 0461, 0424), else the sender's. */
  const nameOf = (row: MessageRow): string => (isRoom(row.chat) && !row.whisperTo ? row.archiveId : row.stanzaId) ?? row.stanzaId ?? row.archiveId ?? '';
  const me = (chat: string) => {
    const occupant = engine.self.occupant(chat);
    return { author: isRoom(chat) ? (occupant?.id ?? occupant?.nick ?? engine.self.jid) : engine.self.jid, name: occupant?.nick ?? engine.self.name, mine: true, isRoom: isRoom(chat), time: engine.now() };
  };

  /** Does it here at once, and queues what tells the others. */
  const change = async (row: MessageRow, amendment: Amendment, ...content: XmlElement[]): Promise<void> => {
    await engine.db.write(async (tx) => {
      const chat = await chatRow(tx, row.chat, isRoom(row.chat) ? 'room' : 'person');
      await amend(tx, chat, amendment, me(row.chat), false);
      await tx.put('chats', chat);
    });
    touch(row.chat);
    await engine.outbox.addStanza(row.chat, about(row, amendment.kind === 'retract', ...content));
  };

  /** A stanza about a message. What is said about a whisper is one, and nothing outlives what it is about. */
  function about(row: MessageRow, retracts: boolean, ...content: XmlElement[]): XmlElement {
    const id = engine.id();
    const vanishing = [row.whisperTo && writeWhisper(row.whisperTo), row.timer && !retracts ? writeTimer(row.timer) : undefined];
    return x('message', NS.client, { to: row.chat, type: row.whisperTo ? 'chat' : type(row.chat), id }, ...content, ...vanishing, x('origin-id', NS.sid, { id }), x('store', NS.hints));
  }
  const retraction = (row: MessageRow): XmlElement[] => [x('retract', NS.retract, { id: nameOf(row) }), x('fallback', NS.fallback, { for: NS.retract }), x('body', NS.client, {}, 'This person attempted to retract a previous message, but it is not supported by your client.')];

  const replyTarget = async (chat: string, id: string | undefined): Promise<{ replyTo?: MessageRow }> => (id === undefined ? {} : { replyTo: await rowOf(chat, id) });

  /** How it is to go: an answer to a whisper is one, to the same people. */
  const how = (given: How, target: { replyTo?: MessageRow }): Pick<Outgoing, 'timer' | 'once' | 'whisper'> => {
    const whisper = given.whisper ?? target.replyTo?.whisperTo;
    return { ...(given.timer !== undefined && { timer: given.timer }), ...(given.once && { once: true }), ...(whisper && { whisper }) };
  };

  const send: Commands['send'] = async ({ id, chat, text, replyTo, mentions, link, silent, ...given }) => {
    if (text.trim() === '') throw new ApiError({ code: 'bad-request' });
    const target = await replyTarget(chat, replyTo);
    return engine.outbox.add({ ...(id !== undefined && { id }), chat, text, ...(mentions && { mentions }), ...(link && webLinks(text).some((one) => sameLink(one, link.url)) && { link }), ...(silent && { silent }), ...target, ...how(given, target) });
  };

  return {
    send,
    schedule: (message) => engine.later.add(message),
    reschedule: ({ id, ...to }) => engine.later.change(id, to),
    unschedule: ({ id }) => engine.later.remove(id),
    sendScheduled: ({ id }) => engine.later.sendNow(id),
    async sendFiles({ chat, files, caption, replyTo, spoiler, ...given }) {
      const ids: string[] = [];
      const target = await replyTarget(chat, replyTo);
      const going = how(given, target);
      const max = engine.abilities.upload?.maxBytes;
      if (max !== undefined && files.some((file) => file.blob.size > max)) throw new ApiError({ code: 'too-large' });
      const all = files.map(({ blob, voice, attached, caption: own, ...facts }) => {
        const mime = blob.type || 'application/octet-stream';
        const attachment: Attachment = { ...facts, kind: attachmentKind({ mime, voice: voice ?? false, attached }), mime, size: blob.size };
        // What is to be seen once goes by itself.
        return { attachment, blob, seen: given.once !== true && (attachment.kind === 'image' || attachment.kind === 'video'), ...(own && { caption: own }) };
      });
      for (const [i, { text, files: album }] of grouped(all, caption).entries()) {
        ids.push(await engine.outbox.add({ chat, text, attachments: album.map((one) => one.attachment), uploads: album.map((one) => one.blob), ...(i === 0 && target), ...(spoiler && album.length > 0 && { spoiler }), ...going }));
      }
      return ids;
    },
    sendPlace: ({ chat, place, live }) => (live ? engine.places.begin(chat, place, live) : engine.outbox.add({ chat, text: '', place })),
    moveLive: ({ chat, id, place }) => engine.places.move(chat, id, place),
    endLive: ({ chat, id }) => engine.places.end(chat, id),
    sendCard: ({ chat, card }) => engine.outbox.add({ chat, text: '', card }),
    sendPoll: async ({ chat, question, options, multiple }) => {
      const known = [...new Set(options.map((option) => option.trim()).filter(Boolean))];
      if (question.trim() === '' || known.length < 2 || known.length > MAX_OPTIONS) throw new ApiError({ code: 'bad-request' });
      return engine.outbox.add({ chat, text: '', poll: { question: question.trim(), options: known, multiple } });
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
    retry: ({ chat, id }) => engine.outbox.retry(chat, id),
    async cancel({ chat, id, file }) {
      const dropped = await engine.db.write(async (tx) => {
        const row = await tx.get<MessageRow>('messages', [chat, id]);
        if (!row || (row.queued === undefined && row.ticks !== 'failed')) return [];
        if (file !== undefined && row.attachments.length > 1) {
          const others = <T>(all: readonly T[] = []): T[] => all.filter((_, at) => at !== file);
          const fresh: MessageRow = { ...row, attachments: others(row.attachments), uploads: others(row.uploads), slots: others(row.slots) };
          if (fresh.attachments[0] && row.kind === row.attachments[0]?.kind) fresh.kind = fresh.attachments[0].kind;
          await tx.put('messages', fresh);
          return [row.slots?.[file] ?? null];
        }
        await tx.delete('messages', [chat, id]);
        const of = await chatRow(tx, chat, 'person');
        const last = await lastRow(tx, chat);
        if (last) of.last = preview(last);
        else delete of.last;
        await tx.put('chats', of);
        return row.slots ?? [];
      });
      // What is left of it begins again when this has ended.
      engine.uploads.cancel(id);
      engine.views.forget(id);
      engine.uploads.drop(dropped);
      engine.bus.touch('link');
      touch(chat);
    },
    async edit({ chat, id, text }) {
      const row = await rowOf(chat, id);
      if (!row.mine || row.kind === 'deleted' || row.stanzaId === undefined) throw new ApiError({ code: 'not-allowed' });
      await change(row, { kind: 'edit', target: row.stanzaId, text, mentions: [] }, x('body', NS.client, {}, text), x('replace', NS.correct, { id: row.stanzaId }));
    },
    async remove({ chat, ids, everyone, reason, mayUndo = false }) {
      for (const id of ids) {
        const row = await rowOf(chat, id);
        if (mayUndo && (!everyone || row.mine)) await engine.removals.hold(row, everyone ? about(row, true, ...retraction(row)) : undefined);
        else if (!everyone) await hide(row);
        else if (row.mine) await change(row, { kind: 'retract', target: nameOf(row) }, ...retraction(row));
        else if (isRoom(chat) && row.archiveId) {
          await engine.iq('set', x('moderate', NS.moderate, { id: row.archiveId }, x('retract', NS.retract), reason === undefined ? undefined : x('reason', NS.moderate, {}, reason)), chat);
        } else throw new ApiError({ code: 'not-allowed' });
      }
    },
    undoRemove: ({ chat, ids }) => engine.removals.undo(chat, ids),
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
          if (row.kind === 'deleted' || row.kind === 'system' || row.once) continue;
          await engine.outbox.add({ chat, text: row.text, attachments: row.attachments, forwarded: true, ...(row.kind === 'sticker' && { sticker: true }), ...(row.link && { link: row.link }), ...(row.place && { place: row.place }), ...(row.card && { card: row.card }), ...(row.poll && { poll: { question: row.poll.question, options: row.poll.options, multiple: row.poll.multiple } }) });
        }
      }
    },
    async star({ chat, ids, on }) {
      const rows = await engine.db.write(async (tx) => {
        const marked: MessageRow[] = [];
        for (const id of ids) {
          const row = await tx.get<MessageRow>('messages', [chat, id]);
          if (!row) continue;
          starRow(row, on);
          await tx.put('messages', row);
          marked.push(row);
        }
        return marked;
      });
      engine.bus.touch('starred');
      touch(chat);
      await engine.marks.tell(rows);
    },
    async pinMessage({ chat, id, on }) {
      const { archiveId } = await rowOf(chat, id);
      if (isRoom(chat) && archiveId !== undefined && engine.live.rooms.get(chat)?.features.has(NS.rooms)) return engine.pins.set(chat, archiveId, on);
      const pinned = await engine.db.write(async (tx) => {
        const row = await tx.get<MessageRow>('messages', [chat, id]);
        if (!row) return undefined;
        const of = await chatRow(tx, chat, 'person');
        pinRow(of, row, on);
        await tx.put('messages', row);
        await tx.put('chats', of);
        return row;
      });
      touch(chat);
      if (pinned) await engine.marks.tell([pinned]);
    },
    async openOnce({ chat, id }) {
      const row = await rowOf(chat, id);
      if (row.onceId === undefined || row.mine) throw new ApiError({ code: 'not-allowed' });
      const answer = await engine.iq('set', x('open', NS.once, { id: row.onceId }));
      const inner = readForwarded(answer.child('content', NS.once));
      if (!inner) throw new ApiError({ code: 'not-found' });
      await engine.db.write(async (tx) => {
        const opened = await tx.get<MessageRow>('messages', [chat, id]);
        if (opened) await tx.put('messages', { ...opened, once: { opened: true } });
      });
      touch(chat);
      const facts = readMessage(inner.message);
      // No cache on the way keeps what lies at home.
      const once = attachmentsOf(facts).map((file) => (file.url !== undefined && engine.isHome(new URL(file.url).origin) ? { ...file, url: file.url + ONCE } : file));
      return { text: facts.text ?? '', attachments: once };
    },
    async closeOnce({ chat, id }) {
      const row = await rowOf(chat, id);
      await engine.iq('set', x('done', NS.once, { id: row.onceId }));
    },
    async preview({ url }) {
      if (!engine.settings.linkPreviews || !engine.abilities.previews) return undefined;
      const answer = await engine.iq('get', x('preview', NS.preview, { url: new URL(url).href }), engine.account?.domain).catch(() => undefined);
      const link = readPreview(answer?.child('preview', NS.preview)?.elements()[0]);
      return link && engine.views.linkCard({ ...link, url });
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
    async locate({ chat, message }) {
      const { finding } = engine;
      const held = await engine.db.read((tx) => finding.held(tx, chat, message));
      // One that a search found stands alone: what was said around it comes along, if it can.
      if (held && engine.connection.isLive && (await engine.db.read((tx) => finding.isAlone(tx, held)))) await finding.fetch(chat, linked(held)).catch(() => undefined);
      if (held) return held.id;
      await engine.online();
      // What came meanwhile may be it.
      return ((await engine.db.read((tx) => finding.held(tx, chat, message))) ?? (await finding.fetch(chat, message)))?.id;
    },
    nameInLinks: async ({ chat, id }) => linked(await rowOf(chat, id)),
    async findTime({ chat, time }) {
      const row = await engine.inOrder(() => engine.days.find(chat, time));
      return row && { id: row.id, time: row.time };
    },
    sawReaction: ({ chat, id }) => engine.chats.sawReaction(chat, id),
    nextMention: ({ chat }) => engine.chats.nextMention(chat),
    search: ({ text, chat, max }) => search(engine, text, chat, Math.min(max ?? MAX_HITS, 200)),
    async saveDraft({ chat, text, replyTo, edits, whisper }) {
      await engine.chats.set(chat, (row) => {
        if (text === '') delete row.draft;
        else row.draft = { text, time: engine.now(), ...(replyTo && { replyTo }), ...(edits && { edits }), ...(whisper?.length && { whisper }) };
      });
    },
  };

  async function hide(row: MessageRow): Promise<void> {
    await engine.db.write(async (tx) => {
      const chat = await chatRow(tx, row.chat, 'person');
      tx.left.push({ ...row });
      bury(row, 'me');
      await putRow(tx, chat, row);
      await tx.put('chats', chat);
    });
    touch(row.chat);
    await engine.marks.tell([row]);
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
async function place(engine: Engine, entry: Entry): Promise<MessageRow | undefined> {
  const { from, to } = readMessage(entry.message);
  const chat = bare(bare(from) === engine.self.jid ? to : from);
  await engine.islands.put(chat, { entries: [entry] });
  return engine.db.read((tx) => byArchiveId(tx, chat, entry.id));
}
