// What comes from the server: each stanza goes to the part that it is for, and what follows from it is done.

import { bare } from '../protocol/jid.ts';
import { faultOf } from '../protocol/faults.ts';
import { readError, readForwarded, readMessage, type MessageFacts } from '../protocol/message.ts';
import { NS } from '../protocol/ns.ts';
import { x, type XmlElement } from '../protocol/xml.ts';
import { StorageError } from '../store/db.ts';
import { byArchiveId, chatRow, rowAt } from '../store/log.ts';
import type { ChatRow, MessageRow } from '../store/rows.ts';
import { displayName, isRequest } from './core.ts';
import type { Engine } from './engine.ts';
import { ingest, isRow, type Ingested } from './ingest.ts';

/** A typist who says nothing more is taken for silent. */
const TYPING_MS = 15_000;

export class Inbound {
  constructor(private readonly engine: Engine) {}

  /** Of the server; settles when it is kept, and so counts as handled. */
  take(stanza: XmlElement): Promise<void> | void {
    if (stanza.name === 'message') {
      if (this.engine.archive.take(stanza)) return;
      return this.kept(stanza, this.engine.inOrder(() => this.message(stanza)));
    }
    if (stanza.name === 'presence') {
      if (!this.engine.rooms.presence(stanza)) this.engine.people.presence(stanza);
      return;
    }
    return this.kept(stanza, this.request(stanza));
  }

  /** What could not be kept counts as handled all the same: the server has it, and it is fetched from there. */
  private kept(stanza: XmlElement, work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      if (!(error instanceof StorageError)) return;
      this.engine.freshness.missed(stanza);
      this.engine.setLink(this.engine.link.state, { reason: { code: 'storage' } });
    });
  }

  private async message(stanza: XmlElement): Promise<void> {
    const isOwn = bare(stanza.attr('from') ?? this.engine.self.jid) === this.engine.self.jid;
    const carbon = stanza.child('received', NS.carbons) ?? stanza.child('sent', NS.carbons);
    if (carbon) {
      // Only the own server speaks of what others got (CVE-2017-5589 and its kin).
      const inner = readForwarded(carbon);
      if (isOwn && inner) await this.facts(readMessage(inner.message), carbon.name === 'sent' ? 'carbon' : 'live', inner.message, inner.time);
      return;
    }
    const added = stanza.child('added', NS.passkeys);
    if (added) {
      if (isOwn) this.engine.passkeys.came(added);
      return;
    }
    const linked = stanza.child('linked', NS.link);
    if (linked) {
      if (isOwn) this.engine.devices.came(linked);
      return;
    }
    if (this.engine.waiting.take(stanza) || this.engine.askers.take(stanza)) return;
    const facts = readMessage(stanza);
    if (facts.event && facts.type !== 'error') return facts.from === this.engine.abilities.communities ? this.engine.communities.event(facts.event) : this.engine.pep.event(facts.from, facts.event);
    if (await this.engine.rooms.subject(stanza)) return;
    if (this.engine.rooms.changed(stanza)) return;
    if (await this.engine.pins.take(stanza)) return;
    await this.facts(facts, 'live', stanza);
  }

  private async facts(facts: MessageFacts, way: 'live' | 'carbon', stanza: XmlElement, time?: number): Promise<void> {
    if (facts.type === 'error') return this.bounced(facts, stanza);
    if (facts.invitation) this.invited(facts);
    this.typing(facts);
    const at = facts.delayed ?? time ?? this.engine.now();
    const room = facts.type === 'groupchat' ? bare(facts.from) : undefined;
    const entry = facts.stanzaIds[room ?? this.engine.self.jid];
    if (entry !== undefined && !(await this.engine.freshness.isNext(entry, room))) return;
    if (way === 'live' && (await this.behindGap(facts, stanza, at))) return;
    const done = await this.engine.db.write(async (tx) => {
      const result = await ingest(tx, this.engine.self, facts, { way, time: at });
      if (entry !== undefined) await this.engine.archive.mark(tx, entry, room);
      return result;
    });
    if (facts.sawStory !== undefined) this.engine.bus.touch('storyViewers');
    if (!done) return;
    this.engine.expires(done.expires);
    this.engine.bus.touch(`chat ${done.chat}`, ...(facts.retracts !== undefined || facts.moderated ? ['starred'] : []));
    this.afterwards(done);
  }

  /**
   * Of what came while nobody was here (XEP-0160), that which the list of conversations has told of already: it is
   * counted, and belongs into the gap before the end. False if the message is none of these.
   */
  private async behindGap(facts: MessageFacts, stanza: XmlElement, time: number): Promise<boolean> {
    const { self, islands, db } = this.engine;
    const [id, from] = [facts.stanzaIds[self.jid], stanza.child('delay', NS.delay)?.attr('from')];
    if (id === undefined || (from !== this.engine.account?.domain && from !== self.jid) || !isRow(facts)) return false;
    const chat = bare(facts.from);
    const isBehind = await db.write(async (tx) => {
      if ((await byArchiveId(tx, chat, id)) || !(await rowAt(tx, chat, time))?.gapBefore) return false;
      await islands.weave(tx, chat, { entries: [{ id, message: stanza, time }] });
      return true;
    });
    if (!isBehind) return false;
    this.engine.bus.touch(`chat ${chat}`);
    this.afterwards({ chat, ...(facts.wantsReceipt && facts.id !== undefined && { owesReceipt: facts.id }) });
    return true;
  }

  private afterwards(done: Ingested): void {
    if (done.owesReceipt !== undefined && this.engine.settings.sendReceipts && (done.isAnswered || this.engine.live.contacts.has(done.chat))) {
      this.engine.connection.send(x('message', NS.client, { to: done.chat, type: 'chat', id: this.engine.id() }, x('received', NS.receipts, { id: done.owesReceipt }), x('store', NS.hints)));
    }
    if (done.fresh) void this.tell(done.fresh);
    if (done.fresh && !this.engine.settings.keepArchived) void this.bringBack(done.fresh.chat);
  }

  /** Out of the archive, unless it is to be silent anyway. */
  private async bringBack(jid: string): Promise<void> {
    const chat = await this.engine.db.read((tx) => tx.get<ChatRow>('chats', jid));
    if (chat?.archived && chat.mutedUntil <= this.engine.now()) await this.engine.chats.set(jid, (row) => void (row.archived = false));
  }

  private async tell(row: MessageRow): Promise<void> {
    const chat = await this.engine.db.read((tx) => tx.get<ChatRow>('chats', row.chat));
    const mention = row.mentions.some((one) => one.me);
    const { notifications } = this.engine.settings;
    if (!chat || row.silent || notifications === 'none' || (notifications === 'mentions' && chat.kind === 'room' && !mention)) return;
    // Nobody is disturbed by a stranger, also if the server says a moment later that it is one.
    const isNew = chat.kind === 'person' && !chat.answered && !this.engine.live.contacts.has(chat.jid) && chat.readTo === Number.MIN_SAFE_INTEGER;
    if (isNew || isRequest(this.engine, chat)) return;
    if ((chat.mutedUntil > this.engine.now() && !mention) || (this.engine.isVisible && this.engine.live.focused.has(row.chat))) return;
    const name = chat.name || displayName(this.engine, row.chat);
    const text = this.engine.settings.previewInNotifications ? row.text || row.attachments[0]?.name || '' : '';
    this.engine.notice({ chat: row.chat, message: row.id, title: chat.kind === 'room' ? `${row.from.name} · ${name}` : name, text: text.slice(0, 300), mention });
  }

  private typing(facts: MessageFacts): void {
    if (facts.state === undefined || facts.delayed !== undefined) return;
    const isRoom = facts.type === 'groupchat';
    const jid = bare(facts.from);
    if (jid === this.engine.self.jid) return;
    const who = isRoom ? facts.from : jid;
    const typists = this.engine.live.typing.get(jid) ?? new Map();
    this.engine.live.typing.set(jid, typists);
    if (facts.state === 'composing' && !(isRoom && facts.from.endsWith(`/${this.engine.self.occupant(jid)?.nick}`))) {
      typists.set(who, { name: isRoom ? facts.from.slice(jid.length + 1) : displayName(this.engine, jid), doing: 'composing', until: this.engine.now() + TYPING_MS, ...(!isRoom && { jid }) });
      this.engine.timer(TYPING_MS + 50, () => {
        if ((typists.get(who)?.until ?? Infinity) <= this.engine.now() && typists.delete(who)) this.engine.bus.touch(`line ${jid}`);
      });
    } else if (!typists.delete(who)) return;
    this.engine.bus.touch(`line ${jid}`);
  }

  private invited(facts: MessageFacts): void {
    const { room, from, reason } = facts.invitation as NonNullable<MessageFacts['invitation']>;
    const inviter = from ?? bare(facts.from);
    if (this.engine.live.rooms.get(room)?.state === 'joined') return;
    // Those whom one knows may bring one in at once; the others ask.
    if (this.engine.live.contacts.get(inviter)?.subscription === 'both') {
      void this.engine.rooms.join(room).then(() => this.engine.rooms.remember(room, true)).catch(() => undefined);
      return;
    }
    this.engine.live.requests.set(room, { time: this.engine.now(), room, by: inviter, ...(reason && { text: reason }) });
    this.engine.bus.touch('requests');
  }

  private async bounced(facts: MessageFacts, stanza: XmlElement): Promise<void> {
    const error = readError(stanza.child('error'));
    const jid = bare(facts.from);
    const { id } = facts;
    if (id === undefined || facts.receiptOf !== undefined) return;
    await this.engine.db.write(async (tx) => {
      await chatRow(tx, jid, 'person');
      await this.engine.outbox.refused(tx, jid, id, faultOf(error.condition, error.text));
    });
    this.engine.bus.touch(`chat ${jid}`, 'link');
  }

  private async request(stanza: XmlElement): Promise<void> {
    const payload = stanza.elements()[0];
    const from = stanza.attr('from');
    const isOwn = from === undefined || bare(from) === this.engine.self.jid || from === this.engine.account?.domain;
    const answer = (type: 'result' | 'error', content?: XmlElement): void => {
      this.engine.connection.send(x('iq', NS.client, { type, id: stanza.attr('id'), to: from }, content));
    };
    if (payload?.is('query', NS.roster) && isOwn && stanza.attr('type') === 'set') {
      await this.engine.inOrder(() => this.engine.people.push(payload));
      return answer('result');
    }
    if (payload?.ns === NS.blocking && isOwn && stanza.attr('type') === 'set') {
      this.engine.people.blockPush(payload);
      return answer('result');
    }
    if (payload?.ns === NS.privacy && isOwn && stanza.attr('type') === 'set' && this.engine.privacy.push(payload)) return answer('result');
    if (payload?.is('ping', NS.ping)) return answer('result');
    if (payload?.is('query', NS.discoInfo) && stanza.attr('type') === 'get') return answer('result', this.engine.disco.info(payload.attr('node')));
    answer('error', x('error', NS.client, { type: 'cancel' }, x('service-unavailable', NS.stanzas)));
  }
}
