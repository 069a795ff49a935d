//! Messages to everybody (XEP-0045 sections 7.4 and 8.1): written to the log, then sent to
//! all, in one order.

use std::sync::Arc;

use skein_base::rng::to_hex;
use skein_base::{Timestamp, limits};
use skein_db::{DbError, Tx};
use skein_kernel::contracts::{Sent, SharedLogs};
use skein_kernel::{Ctx, Envelope, Refusal, Reply, Stored, Write};
use skein_session::{Flag, Session};
use skein_xmpp::{Condition, Kind, MessageType, Stanza, StanzaError, ns};

use crate::handle::{At, away};
use crate::proto::message::{
    author, can_wait, is_forged, is_kept, is_subject, retracted, speech, tombstone,
};
use crate::room::fan::Fan;
use crate::room::recent::Recent;
use crate::room::show::write_occupant_id;
use crate::room::{Room, State};
use crate::rules::affiliation::Affiliation;
use crate::rules::{timer, voice};
use crate::store;

/// Somebody inside says something.
pub(crate) fn say(at: At) -> Result<Reply, Refusal> {
    if at.stanza.has("whisper", ns::WHISPER) {
        // What was meant for some is not told to all.
        return Err(Condition::NotAcceptable.into());
    }
    let subject = is_subject(&at.stanza);
    let (from, id, logged, is_member, timer) = {
        let state = at.room.state();
        let Some(speaker) = state.inside(at.session.id) else {
            return Err(StanzaError::new(Condition::NotAcceptable)
                .text("only occupants may send messages to the room")
                .into());
        };
        let standing = state.standing(speaker);
        if subject {
            voice::may_set_subject(&state.config, standing)?;
        } else {
            let speech = speech(&at.stanza);
            voice::may_speak(&state.config, standing, speech)?;
        }
        if at.stanza.has_body() && standing.affiliation < Affiliation::Admin {
            at.room.pace().step(&speaker.id, state.config.slow_mode, at.ctx.now())?;
        }
        let logged = state.config.logged && !state.locked;
        let is_member = standing.affiliation >= Affiliation::Member;
        (speaker.at.clone(), speaker.id.clone(), logged, is_member, state.config.timer)
    };
    let is_long = |text: &str| text.len() > limits::ROOM_SUBJECT_BYTES;
    if subject && at.stanza.child("subject", ns::CLIENT).is_some_and(|s| is_long(&s.text())) {
        return Err(Condition::NotAcceptable.into());
    }
    let mut stanza = at.stanza.clone();
    stanza.strip(is_forged);
    stanza.to = None;
    stanza.from = Some(from);
    if !subject {
        stanza = timer::timed(stanza, timer, at.ctx.now());
    }
    let stanza = stanza.with_added(|writer| write_occupant_id(writer, &id));
    let passing = if logged { String::new() } else { passing_id(&at.ctx) };
    let said = Said {
        now: at.ctx.now(),
        retracts: retracted(&stanza),
        kept: logged && !subject && is_kept(&stanza),
        ctx: at.ctx,
        room: at.room,
        session: at.session.clone(),
        original: at.stanza.clone(),
        author: id,
        stanza,
        subject,
        is_member,
        call: away::Call::new(),
        stored: None,
        passing,
        repeated: false,
    };
    let mut envelope = Envelope::new(at.stanza, Some(at.session));
    envelope.writes.push(Box::new(said));
    Ok(Reply::Envelope(envelope))
}

/// A message on its way through the room.
struct Said {
    ctx: Arc<Ctx>,
    room: Arc<Room>,
    session: Arc<Session>,
    /// As the client sent it, to know a repetition.
    original: Stanza,
    /// As everybody gets it.
    stanza: Stanza,
    author: Arc<str>,
    now: Timestamp,
    subject: bool,
    kept: bool,
    retracts: Option<String>,
    is_member: bool,
    call: away::Call,
    stored: Option<Stored>,
    /// Its id where the room keeps nothing.
    passing: String,
    repeated: bool,
}

impl Write for Said {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        self.stored = None;
        self.repeated = false;
        if self.subject && !self.room.state().locked {
            store::set_subject(tx, self.room.jid(), &self.as_subject().to_xml())?;
        }
        let Some(logs) = self.ctx.contracts.log.shared().filter(|_| self.kept) else {
            return Ok(());
        };
        // Only a client that counts acknowledgements sends again after a break.
        let resends = self.session.is(Flag::Resumable);
        let sent = resends.then(|| Sent {
            account: self.session.account(),
            session: self.session.id,
            device: &self.session.device.key,
            stanza: &self.original,
        });
        self.stored = logs.append(tx, &self.room.log, &self.stanza, sent.as_ref(), self.now)?;
        self.repeated = self.stored.is_none();
        self.mark_read(tx, logs)?;
        if let Some(id) = self.retracts.as_ref().filter(|_| !self.repeated) {
            let by = self.stanza.id.as_deref();
            logs.replace(tx, &self.room.log, id, &mut |kept| {
                // S16: only what the same occupant said.
                let own = author(kept).as_deref() == Some(&*self.author);
                own.then(|| tombstone(kept, by, None, self.now))
            })?;
        }
        Ok(())
    }

    fn done(&mut self) {
        if self.repeated {
            return;
        }
        let mut fan = Fan::default();
        let mut state = self.room.state();
        if self.subject {
            state.subject = Some(self.as_subject());
        }
        let stamped = match &self.stored {
            Some(stored) => stamp(&self.stanza, &self.room, &stored.id),
            None if self.is_remembered(&state) => {
                self.remember(&mut state.recent);
                stamp(&self.stanza, &self.room, &self.passing)
            }
            None => self.stanza.clone(),
        };
        if self.stanza.has_any(ns::EPHEMERAL) {
            fan.all_shown(&self.ctx, &state, &stamped, can_wait(&self.stanza));
        } else {
            fan.all(&state, &stamped, can_wait(&self.stanza));
        }
        if let Some(stored) = &self.stored {
            self.call.tell(&self.ctx, &self.room, &mut state, &self.stanza, stored);
        }
    }
}

impl Said {
    /// Whether newcomers shall get it although the room keeps nothing.
    fn is_remembered(&self, state: &State) -> bool {
        let is_told = !self.subject && is_kept(&self.stanza) && !self.passing.is_empty();
        is_told && !state.config.logged && !state.locked
    }

    fn remember(&self, recent: &mut Recent) {
        if let Some(id) = &self.retracts {
            let by = self.stanza.id.as_deref();
            recent.replace(|entry| {
                let is_meant = *entry.stored.id == **id || entry.stanza.id.as_deref() == Some(id);
                let own = author(&entry.stanza).as_deref() == Some(&*self.author);
                (is_meant && own).then(|| tombstone(&entry.stanza, by, None, self.now))
            });
        }
        recent.add(&self.stanza, &self.passing, self.now);
    }

    /// Who speaks has read, and who says so (XEP-0333).
    fn mark_read(&self, tx: &mut Tx<'_>, logs: &dyn SharedLogs) -> Result<(), DbError> {
        let Some(stored) = self.stored.as_ref().filter(|_| self.is_member) else { return Ok(()) };
        let marker = self.stanza.child("displayed", ns::MARKERS);
        let seq = match marker.and_then(|marker| marker.attr("id")) {
            Some(id) => logs.place(&self.room.log, &id).filter(|seq| *seq <= stored.seq),
            None => Some(stored.seq).filter(|_| speech(&self.stanza).is_post),
        };
        let Some(seq) = seq else { return Ok(()) };
        store::mark_seen(tx, self.room.id(), &self.session.user.jid, seq)
    }

    /// As those who come later see who set the subject and when.
    fn as_subject(&self) -> Stanza {
        let mut stanza = Stanza::new(Kind::Message(MessageType::Groupchat));
        stanza.from = self.stanza.from.clone();
        stanza.id = self.stanza.id.clone();
        stanza.lang = self.stanza.lang.clone();
        stanza.with_content(|writer| {
            for subject in self.stanza.children().filter(|child| child.is("subject", ns::CLIENT)) {
                writer.element(subject);
            }
            write_occupant_id(writer, &self.author);
            skein_xmpp::delay::write_delay(writer, self.room.jid(), self.now);
        })
    }
}

/// With the id by which the room knows it (XEP-0359).
pub(crate) fn stamp(stanza: &Stanza, room: &Room, id: &str) -> Stanza {
    stanza.with_added(|writer| {
        writer.start("stanza-id", ns::STANZA_ID);
        writer.attr("by", room.jid().as_str());
        writer.attr("id", id);
        writer.end();
    })
}

/// An id for what no log gives one.
pub(crate) fn passing_id(ctx: &Ctx) -> String {
    let mut random = [0; 16];
    ctx.rng.fill(&mut random);
    to_hex(&random)
}
