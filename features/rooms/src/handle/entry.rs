//! Available presence: entering (XEP-0045 section 7.2), and what one shows while inside (7.7).

use std::sync::Arc;

use skein_base::limits;
use skein_kernel::contracts::{SharedEntry, is_in_one};
use skein_kernel::{Ctx, Refusal, Reply};
use skein_session::Session;
use skein_xmpp::delay::write_delay;
use skein_xmpp::{Condition, Jid, Kind, MessageType, Stanza, StanzaError, ephemeral, ns};

use crate::handle::{admin, links, nick, policy, versions};
use crate::ids::is_reserved;
use crate::proto::admin::Wish;
use crate::proto::message::is_forged;
use crate::proto::text_of;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::room::show::{News, Shown, sees_addresses};
use crate::room::table::Rooms;
use crate::room::{Device, Room, State};
use crate::rules::affiliation::Affiliation;
use crate::rules::entry::{Entering, may_enter};
use crate::rules::history::Wanted;
use crate::rules::rights::Action;
use crate::rules::role::{Role, Standing};
use crate::rules::voice;
use crate::store::Kept;

/// XEP-0272: calls of several.
const MUJI: &str = "http://telepathy.freedesktop.org/muji";

/// Presence for `room@host/nick`.
pub(crate) async fn present(
    ctx: Arc<Ctx>,
    session: Arc<Session>,
    stanza: Stanza,
) -> Result<Reply, Refusal> {
    let Some(to) = stanza.to.clone() else { return Ok(Reply::Nothing) };
    let Some(nick) = to.resource() else {
        // Section 7.2.1.
        return Err(StanzaError::new(Condition::JidMalformed).text("a nickname is needed").into());
    };
    if nick.len() > limits::ROOM_NICK_BYTES || nick.trim().is_empty() {
        return Err(Condition::NotAcceptable.into());
    }
    let wants_in = stanza.has("x", ns::MUC);
    let rooms = ctx.state::<Rooms>();
    let found = rooms.find(&ctx, &to).await?;
    let inside = found.as_ref().and_then(|room| {
        room.state().inside(session.id).map(|occupant| occupant.nick().to_owned())
    });
    if let Some(room) = found.as_ref().filter(|_| stanza.has_any(MUJI)) {
        // Who shows this is in the call of all (XEP-0272).
        let state = room.state();
        let mut standing = state.standing_of(&session);
        if standing.role == Role::None {
            standing.role = Role::initial(standing.affiliation, state.config.moderated);
        }
        voice::may(&state.config, standing, Action::Call)?;
    }
    match (found, inside) {
        (Some(room), Some(known)) if known != nick => {
            nick::change(ctx, room, session, stanza, nick.to_owned()).await
        }
        (Some(room), Some(_)) if !wants_in => show(ctx, room, session, stanza).await,
        // Without `<x/>` it is the presence of a client that believes to be inside: it learns
        // that it is not. Entering by presence alone (the protocol before 2002) would make
        // a guest of everybody whose client missed a restart.
        (_, _) if !wants_in => Err(StanzaError::new(Condition::NotAcceptable)
            .text("not in the room; enter it anew")
            .into()),
        (Some(room), _) => {
            let outcome = enter(&ctx, &room, session, stanza).await;
            rooms.release(room, ctx.now());
            outcome
        }
        // Such addresses the server gives; this room ended a moment ago.
        (None, _) if is_reserved(&to) => Err(Condition::ItemNotFound.into()),
        (None, _) => {
            policy::may_make(&ctx, &session.user, to.domain()).await?;
            let room = rooms.make(&ctx, to.bare());
            let outcome = enter(&ctx, &room, session, stanza).await;
            if outcome.is_err() && room.state().locked && room.state().is_empty() {
                rooms.forget(&room);
            }
            outcome
        }
    }
}

/// Removes what only the room may say.
pub(crate) fn shown_part(mut stanza: Stanza) -> Stanza {
    stanza.strip(is_forged);
    stanza.to = None;
    stanza
}

pub(super) async fn enter(
    ctx: &Arc<Ctx>,
    room: &Arc<Room>,
    session: Arc<Session>,
    stanza: Stanza,
) -> Result<Reply, Refusal> {
    let Some(at) = stanza.to.clone() else { return Ok(Reply::Nothing) };
    let x = stanza.child("x", ns::MUC);
    let password = x.and_then(|x| text_of(x, "password"));
    let is_let_in = match &password {
        Some(token) => links::redeem(ctx, room, &session, token).await?,
        None => false,
    };
    let guesses = {
        let state = room.state();
        let is_asked = state.config.password_protected && !is_let_in && password.is_some();
        is_asked && state.affiliation(&session.user.jid) < Affiliation::Owner
    };
    let guesser = session.user.jid.clone();
    if guesses {
        ctx.state::<Rooms>().guesses().take(room.jid(), &guesser, ctx.now())?;
    }
    let wanted = Wanted::read(x, ctx.now());
    let (after, most) = {
        let state = room.state();
        let kept = state.affiliations.get(&session.user.jid);
        let missed =
            kept.filter(|kept| kept.affiliation >= Affiliation::Member && !wanted.is_asked);
        match missed {
            // A member who asks for no number gets what no client of theirs has got.
            Some(kept) => (kept.delivered, limits::ROOM_MISSED),
            None => (0, wanted.messages),
        }
    };
    let mav = x.and_then(versions::Asked::read);
    let (reading, log, asked) = (ctx.clone(), room.log.clone(), mav.clone());
    let id = room.id();
    let read = move |tx: &mut skein_db::Tx<'_>| {
        let changed = asked.as_ref().map_or(Ok(None), |asked| asked.look(tx, id))?;
        let history = match reading.contracts.log.shared() {
            Some(logs) if most > 0 && wanted.chars > 0 => {
                logs.newest(tx, &log, most, after, wanted.since)?
            }
            _ => Vec::new(),
        };
        Ok((history, changed))
    };
    let entering = Arrival {
        ctx: ctx.clone(),
        room: room.clone(),
        id: room.occupant_id(&session.user.jid),
        device: Device { session, presence: shown_part(stanza.clone()) },
        at,
        password,
        is_let_in,
        wanted,
        mav,
        stanza_id: stanza.id.clone(),
    };
    let outcome = change(ctx, read, move |(history, changed)| entering.apply(history, changed));
    let outcome = outcome.await?;
    let is_wrong = outcome.as_ref().is_err_and(|e| e.condition == Condition::NotAuthorized);
    if guesses && !is_wrong {
        ctx.state::<Rooms>().guesses().forget(room.jid(), &guesser);
    }
    outcome?;
    Ok(Reply::Nothing)
}

/// Somebody at the door.
struct Arrival {
    ctx: Arc<Ctx>,
    room: Arc<Room>,
    at: Jid,
    id: Arc<str>,
    device: Device,
    password: Option<String>,
    /// By a link.
    is_let_in: bool,
    wanted: Wanted,
    /// They want to know who stands otherwise than they know.
    mav: Option<versions::Asked>,
    stanza_id: Option<Arc<str>>,
}

impl Arrival {
    fn apply(
        self,
        history: Vec<SharedEntry>,
        changed: Option<Vec<Jid>>,
    ) -> Result<(), StanzaError> {
        let mut fan = Fan::default();
        let room = self.room.clone();
        let mut state = room.state();
        if state.gone {
            return Err(Condition::ItemNotFound.into());
        }
        let real = self.device.session.user.jid.clone();
        let is_new = state.locked && state.affiliations.is_empty();
        if is_new {
            let owner = Kept { affiliation: Affiliation::Owner, ..Kept::default() };
            state.set_affiliation(&real, owner);
        }
        let role = self.judge(&state, &real)?;
        let mut news = News::default();
        if is_new {
            news.own_codes.push(201);
        }
        if state.config.non_anonymous {
            news.own_codes.push(100);
        }
        if state.config.logged && !is_new {
            news.own_codes.push(170);
        }
        let session = self.device.session.clone();
        news.own_version = Some(versions::name(room.id(), state.version));
        self.rooms_told(&real);
        self.tell_versions(&state, &real, role, changed.as_deref(), &mut fan);
        // A session is in one place: under another nickname it comes anew.
        state.leave(session.id);
        state.enter(self.at.clone(), self.id, role, self.device);
        welcome(&state, &self.at, &session, &news, &mut fan);
        let recent = if state.config.logged { history } else { state.recent.all() };
        give_history(&self.ctx, &room, &session, &recent, &self.wanted, &mut fan);
        give_subject(&room, &state, &session, &mut fan);
        Ok(())
    }

    /// Before anybody's presence, who stands how to the room (XEP-0463 section 4.2.1).
    fn tell_versions(
        &self,
        state: &State,
        real: &Jid,
        role: Role,
        changed: Option<&[Jid]>,
        fan: &mut Fan,
    ) {
        let Some(mav) = &self.mav else { return };
        let affiliation = state.affiliation(real);
        let members = Wish::Affiliation(Affiliation::Member);
        if !admin::may_list(state, Standing { role, affiliation }, members) {
            let refusal = versions::refusal(&self.room, self.stanza_id.clone());
            return fan.send(&self.device.session, &refusal, false);
        }
        for message in mav.answers(&self.room, state, affiliation, changed) {
            fan.send(&self.device.session, &message, false);
        }
    }

    /// What comes once the account has been inside is news again for its other clients.
    fn rooms_told(&self, real: &Jid) {
        self.ctx.state::<Rooms>().has_seen(real, self.room.jid());
    }

    /// The role in which somebody enters, if they may.
    fn judge(&self, state: &State, real: &Jid) -> Result<Role, StanzaError> {
        let nick = self.at.resource().unwrap_or_default();
        let inside = state.occupant(nick).filter(|occupant| occupant.real.same_bare(real));
        let affiliation = state.affiliation(real);
        let entering = Entering {
            affiliation,
            password: self.password.as_deref(),
            is_let_in: self.is_let_in,
            locked: state.locked,
            occupants: state.len(),
            is_inside: inside.is_some() || state.of(real).next().is_some(),
            nick_taken: state.is_taken(nick, real),
        };
        let user = &self.device.session.user;
        let circles = &state.config.circles;
        if affiliation < Affiliation::Member && !circles.is_empty() && !is_in_one(user, circles) {
            return Err(Condition::ItemNotFound.into());
        }
        may_enter(&state.config, entering)?;
        if state.len() >= state.config.most()
            && inside.is_none()
            && affiliation < Affiliation::Admin
        {
            return Err(Condition::ServiceUnavailable.into());
        }
        Ok(inside.map_or_else(|| Role::initial(affiliation, state.config.moderated), |o| o.role))
    }
}

/// The newcomer sees those inside, everybody sees the newcomer, who is told last.
fn welcome(state: &State, at: &Jid, session: &Arc<Session>, news: &News, fan: &mut Fan) {
    let nick = at.resource().unwrap_or_default();
    let Some(newcomer) = state.occupant(nick) else { return };
    let sees = sees_addresses(state, newcomer);
    let plain = News::default();
    for other in state.occupants().filter(|other| other.at != newcomer.at) {
        if state.config.broadcast.contains(&other.role) {
            let mut shown = Shown::inside(state, other, &plain);
            fan.send(session, shown.for_whom(sees, false), false);
        }
    }
    // The account's other devices inside learn nothing of this one's codes.
    let mut own = Shown::inside(state, newcomer, news);
    let own = own.for_whom(true, true).clone();
    let mut shown = Shown::inside(state, newcomer, &plain);
    let is_shown = state.config.broadcast.contains(&newcomer.role);
    for other in state.occupants() {
        let is_self = other.at == newcomer.at;
        if !is_self && is_shown {
            let presence = shown.for_whom(sees_addresses(state, other), false).clone();
            fan.occupant(other, &presence, true);
        } else if is_self {
            let presence = shown.for_whom(true, true).clone();
            for device in other.devices.iter().filter(|device| device.session.id != session.id) {
                fan.send(&device.session, &presence, true);
            }
        }
    }
    fan.send(session, &own, false);
}

fn give_history(
    ctx: &Ctx,
    room: &Room,
    session: &Arc<Session>,
    history: &[SharedEntry],
    wanted: &Wanted,
    fan: &mut Fan,
) {
    let mut chars = 0;
    let fits = |entry: &&SharedEntry| {
        chars += entry.stanza.content().len();
        chars <= wanted.chars && wanted.since.is_none_or(|since| entry.at >= since)
    };
    let most = if wanted.is_asked { wanted.messages } else { usize::MAX };
    // A room that keeps no messages may know one whose time is over.
    let lasts = |entry: &&SharedEntry| !ephemeral::is_over(&entry.stanza, ctx.now());
    let entries = history.iter().filter(lasts).rev();
    let newest: Vec<&SharedEntry> = entries.take(most).take_while(fits).collect();
    for entry in newest.into_iter().rev() {
        let stanza = entry.stanza.with_added(|writer| {
            if !entry.stored.id.is_empty() {
                writer.start("stanza-id", ns::STANZA_ID);
                writer.attr("by", room.jid().as_str());
                writer.attr("id", &entry.stored.id);
                writer.end();
            }
            write_delay(writer, room.jid(), entry.at);
        });
        fan.send(session, &ctx.shown(session, &stanza), false);
    }
}

/// The subject comes last, an empty one if there is none (section 7.2.15).
fn give_subject(room: &Room, state: &State, session: &Arc<Session>, fan: &mut Fan) {
    let subject = state.subject.clone().unwrap_or_else(|| {
        let mut empty = Stanza::new(Kind::Message(MessageType::Groupchat));
        empty.from = Some(room.jid().clone());
        empty.with_content(|writer| writer.leaf("subject", ns::CLIENT, ""))
    });
    fan.send(session, &subject, false);
}

/// A new presence of somebody inside.
async fn show(
    ctx: Arc<Ctx>,
    room: Arc<Room>,
    session: Arc<Session>,
    stanza: Stanza,
) -> Result<Reply, Refusal> {
    let presence = shown_part(stanza);
    let apply = move |()| {
        let mut fan = Fan::default();
        let mut state = room.state();
        let Some(nick) = state.inside(session.id).map(|occupant| occupant.nick().to_owned()) else {
            return;
        };
        if let Some(occupant) = state.occupant_mut(&nick)
            && let Some(at) = occupant.devices.iter().position(|d| d.session.id == session.id)
        {
            // Who changed something last stands for all devices.
            let mut device = occupant.devices.remove(at);
            device.presence = presence;
            occupant.devices.push(device);
        }
        if let Some(occupant) = state.occupant(&nick) {
            Shown::inside(&state, occupant, &News::default()).tell_all(&state, &mut fan);
        }
    };
    change(&ctx, |_| Ok(()), apply).await?;
    Ok(Reply::Nothing)
}
