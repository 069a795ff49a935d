//! Whispers: messages to some of the people of a room (docs/ephemeral.md), among them private
//! messages to one occupant (XEP-0045 section 7.5).
//!
//! They are kept in the logs of the sender's and the receivers' accounts, as part of the
//! conversation with the room's address. The room's log, its counts and its history have
//! nothing of them, so there is nothing that the others could see.

use std::sync::Arc;
use std::time::Duration;

use skein_base::Timestamp;
use skein_db::{DbError, Tx};
use skein_kernel::contracts::{Roster, Sealing, blocks};
use skein_kernel::{Ctx, Envelope, Keep, Refusal, Reply, Side, Stored, Write};
use skein_session::outbox::Link;
use skein_session::{LogRef, Pushed, Session, User};
use skein_xml::Element;
use skein_xmpp::{Condition, Jid, Stanza, StanzaError, StreamError, ns};

use crate::handle::{At, away};
use crate::proto::message::{can_wait, is_forged, is_kept, speech};
use crate::proto::whisper::{Named, receivers, write_whisper};
use crate::room::show::{sees_addresses, write_occupant_id};
use crate::room::{Occupant, State};
use crate::rules::acquaintance::{Acquaintance, may_approach};
use crate::rules::affiliation::Affiliation;
use crate::rules::rights::Action;
use crate::rules::role::{Role, Standing};
use crate::rules::{timer, voice};
use crate::store::{self, Pair};

const HOUR: Duration = Duration::from_secs(3600);

/// A message to `room@host/nick`, or one to the room that names its receivers.
pub(crate) async fn whisper(at: At) -> Result<Reply, Refusal> {
    let named = match at.nick() {
        Some(nick) => vec![Named::Nick(nick.to_owned())],
        None => receivers(&at.stanza)?.ok_or(Condition::BadRequest)?,
    };
    let (speaker, listeners) = listen(&at, &named)?;
    let mut receivers = Vec::with_capacity(listeners.len());
    for listener in &listeners {
        let user = at.ctx.user(&listener.real).await?.ok_or(Condition::ItemNotFound)?;
        receivers.push(Receiver { user, inside: listener.sessions.clone(), stored: None });
    }
    let kept = is_kept(&at.stanza);
    if kept {
        approach(&at, strangers(&at, &receivers)).await?;
    }
    // Who blocks the sender is spared, and the sender does not learn of it.
    receivers.retain(|receiver| !is_blocked(&receiver.user, &at, &speaker));
    Ok(send(at, &speaker, &listeners, receivers))
}

/// Who whispers.
struct Speaker {
    at: Jid,
    id: Arc<str>,
    /// The room's timer in seconds; 0 is none.
    timer: u32,
}

/// To whom.
struct Listener {
    real: Jid,
    /// Empty for a member without a nickname.
    nick: String,
    id: Arc<str>,
    /// Devices inside.
    sessions: Vec<Arc<Session>>,
}

/// Finds everybody who is named; one who is not known makes it nothing.
fn listen(at: &At, named: &[Named]) -> Result<(Speaker, Vec<Listener>), StanzaError> {
    let state = at.room.state();
    let Some(speaker) = state.inside(at.session.id) else {
        return Err(StanzaError::new(Condition::NotAcceptable)
            .text("only occupants may send private messages"));
    };
    if speech(&at.stanza).is_call {
        // Between two as well as to all.
        voice::may(&state.config, state.standing(speaker), Action::Call)?;
    }
    let mut listeners: Vec<Listener> = Vec::new();
    for name in named {
        let real = find(at, &state, speaker, name).ok_or(Condition::ItemNotFound)?;
        if real.same_bare(&speaker.real) || listeners.iter().any(|known| known.real == real) {
            continue;
        }
        let inside: Vec<&Occupant> = state.of(&real).collect();
        let role = inside.iter().map(|occupant| occupant.role).max();
        let affiliation = state.affiliation(&real);
        let role = role.unwrap_or_else(|| Role::initial(affiliation, state.config.moderated));
        let standing = Standing { role, affiliation };
        voice::may_whisper(&state.config, state.standing(speaker), standing)?;
        let nick = inside.first().map(|occupant| occupant.nick());
        let nick = nick.or_else(|| state.kept_nick(&real)).unwrap_or_default().to_owned();
        let devices = inside.iter().flat_map(|occupant| &occupant.devices);
        let sessions = devices.map(|device| device.session.clone()).collect();
        listeners.push(Listener { id: at.room.occupant_id(&real), real, nick, sessions });
    }
    if listeners.is_empty() {
        return Err(StanzaError::new(Condition::BadRequest).text("nobody else is named"));
    }
    let timer = state.config.timer;
    Ok((Speaker { at: speaker.at.clone(), id: speaker.id.clone(), timer }, listeners))
}

/// The account of somebody who is inside or belongs to the room.
fn find(at: &At, state: &State, speaker: &Occupant, name: &Named) -> Option<Jid> {
    let members = || {
        let of_room = |kept: &&store::Kept| kept.affiliation >= Affiliation::Member;
        state.affiliations.iter().filter(move |(_, kept)| of_room(kept))
    };
    match name {
        Named::Nick(nick) => {
            let inside = state.occupant(nick).map(|occupant| occupant.real.clone());
            inside.or_else(|| {
                members().find(|(_, kept)| kept.nick == *nick).map(|(jid, _)| jid.clone())
            })
        }
        Named::Id(id) => {
            let inside = state.occupants().find(|occupant| *occupant.id == **id);
            inside.map(|occupant| occupant.real.clone()).or_else(|| {
                let mut members = members().map(|(jid, _)| jid);
                members.find(|jid| *at.room.occupant_id(jid) == **id).cloned()
            })
        }
        // Who does not see addresses must not find out by trying.
        Named::Real(jid) if sees_addresses(state, speaker) => {
            let is_member = members().any(|(member, _)| member == jid);
            (is_member || state.of(jid).next().is_some()).then(|| jid.clone())
        }
        Named::Real(_) => None,
    }
}

/// The pairs of the sender and those who are no contacts.
fn strangers(at: &At, receivers: &[Receiver]) -> Vec<Pair> {
    let sender = &at.session.user.jid;
    let is_stranger = |receiver: &&Receiver| {
        let roster = receiver.user.slot::<Roster>().unwrap_or_default();
        let with = roster.with(sender);
        !(with.from || with.to)
    };
    let pair = |receiver: &Receiver| Pair {
        room: at.room.id(),
        sender: at.room.number_of(sender),
        receiver: at.room.number_of(&receiver.user.jid),
    };
    receivers.iter().filter(is_stranger).map(pair).collect()
}

/// First contact has bounds: whoever does not answer is left alone. It is counted before the
/// message goes, so that many at once are no way around.
async fn approach(at: &At, pairs: Vec<Pair>) -> Result<(), Refusal> {
    let now = at.ctx.now();
    let since = now.minus(HOUR);
    let asked = pairs.clone();
    let known = at.ctx.db.read(move |tx| {
        asked.iter().try_fold(true, |known, pair| {
            Ok(known && store::acquaintance(tx, *pair, since)? == Acquaintance::Known)
        })
    });
    if known.await? {
        return Ok(());
    }
    let count = move |tx: &mut Tx<'_>| {
        let mut begun = 0;
        for pair in &pairs {
            let acquaintance = match store::acquaintance(tx, *pair, since)? {
                // The others whom this message approaches count too.
                Acquaintance::New(before) => {
                    begun += 1;
                    Acquaintance::New(before + begun - 1)
                }
                known => known,
            };
            if let Err(error) = may_approach(acquaintance) {
                return Ok(Err(error));
            }
        }
        pairs.iter().try_for_each(|pair| store::whispered(tx, *pair, now)).map(Ok)
    };
    Ok(at.ctx.db.write(count).await??)
}

/// Whether the receiver blocks the sender: by account, by nickname, or by occupant id, which
/// a new nickname does not shake off.
fn is_blocked(user: &User, at: &At, speaker: &Speaker) -> bool {
    let by_id = at.room.jid().with_resource(&speaker.id);
    blocks(user, &at.session.jid)
        || blocks(user, &speaker.at)
        || by_id.is_ok_and(|by_id| blocks(user, &by_id))
}

fn send(at: At, speaker: &Speaker, listeners: &[Listener], receivers: Vec<Receiver>) -> Reply {
    let now = at.ctx.now();
    let mut said = at.stanza.clone();
    said.strip(|child: Element<'_>| is_forged(child) || child.is("whisper", ns::WHISPER));
    said.from = Some(speaker.at.clone());
    let mut said = timer::timed(said, speaker.timer, now);
    let sealing = Sealing {
        sender: &at.session.user.jid,
        to: at.room.jid(),
        receivers: receivers.iter().map(|receiver| receiver.user.account).collect(),
        now,
    };
    let once = at.ctx.contracts.once.as_ref();
    let sealed = once.and_then(|once| once.seal(&at.ctx, &sealing, &mut said));
    let marked = said.with_added(|writer| {
        write_whisper(writer, listeners.iter().map(|to| (&*to.nick, &*to.id)));
        writer.start("x", ns::MUC_USER);
        writer.end();
    });
    let told = Told {
        ctx: at.ctx.clone(),
        room: at.room.jid().clone(),
        call: away::Call::new(),
        now,
        kept: is_kept(&said),
        can_wait: can_wait(&said),
        stanza: marked.with_added(|writer| write_occupant_id(writer, &speaker.id)),
        receivers,
    };
    // The sender's own entry and copies: from the real address, to whom it was sent.
    let mut own = marked;
    own.from = Some(at.session.jid.clone());
    own.to = at.stanza.to.clone();
    let mut envelope = Envelope::new(own, Some(at.session));
    envelope.writes.extend(sealed);
    envelope.writes.push(Box::new(told));
    Reply::Converse(envelope)
}

/// One who gets it.
struct Receiver {
    user: Arc<User>,
    /// Devices inside.
    inside: Vec<Arc<Session>>,
    stored: Option<Stored>,
}

impl Receiver {
    /// The devices that get it at once: those inside, else whatever the account has online.
    fn devices(&self) -> Vec<Arc<Session>> {
        let lives = |session: &&Arc<Session>| session.link() != Link::Ended;
        let inside: Vec<_> = self.inside.iter().filter(lives).cloned().collect();
        if !inside.is_empty() {
            return inside;
        }
        let online = self.user.available().into_iter();
        online.filter(|session| session.priority() >= 0).collect()
    }

    fn stanza(&self, told: &Stanza) -> Stanza {
        let mut stanza = told.clone();
        stanza.to = Some(self.user.jid.clone());
        stanza
    }
}

/// The receivers' side, in the transaction of the sender's.
struct Told {
    ctx: Arc<Ctx>,
    room: Jid,
    call: away::Call,
    now: Timestamp,
    kept: bool,
    can_wait: bool,
    stanza: Stanza,
    receivers: Vec<Receiver>,
}

impl Write for Told {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        if !self.kept {
            return Ok(());
        }
        for receiver in &mut self.receivers {
            // Decided here, where nobody is given what is owed at the same time.
            let owed = receiver.devices().is_empty();
            let owner = receiver.user.clone();
            let keep = Keep { owner, side: Side::Received, owed, hidden: false, stored: None };
            let (mut keeps, stanza) = ([keep], receiver.stanza(&self.stanza));
            self.ctx.contracts.log.append(tx, &stanza, &mut keeps, None, self.now)?;
            let [keep] = keeps;
            receiver.stored = keep.stored;
        }
        Ok(())
    }

    fn done(&mut self) {
        for receiver in &self.receivers {
            let stanza = receiver.stanza(&self.stanza);
            let stamped = match &receiver.stored {
                None => stanza,
                Some(stored) => stanza.with_added(|writer| {
                    writer.start("stanza-id", ns::STANZA_ID);
                    writer.attr("by", receiver.user.jid.as_str());
                    writer.attr("id", &stored.id);
                    writer.end();
                }),
            };
            let devices = receiver.devices();
            let stored = receiver.stored.as_ref();
            if let Some(stored) = stored.filter(|_| devices.is_empty()) {
                let jid = &receiver.user.jid;
                self.call.tell_of_whisper(&self.ctx, &self.room, jid, &self.stanza, &stored.id);
            }
            let place = stored.map(|stored| LogRef::given_to(stored.seq, devices.len()));
            for session in devices {
                let mut copy = self.ctx.shown(&session, &stamped).into_owned();
                copy.to = Some(session.jid.clone());
                give(&session, &copy, place.as_ref(), self.can_wait);
            }
        }
    }
}

fn give(session: &Arc<Session>, stanza: &Stanza, place: Option<&LogRef>, can_wait: bool) {
    match session.push(stanza, place, can_wait) {
        Pushed::Wake => session.wake(),
        Pushed::Full => session.kick(
            StreamError::new("policy-violation")
                .text("too much waits for this client; connect again to catch up"),
        ),
        Pushed::Queued => {}
        Pushed::Ended => {
            if let Some(place) = place {
                place.let_go(false);
            }
        }
    }
}
