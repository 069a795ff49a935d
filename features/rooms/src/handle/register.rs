//! Keeping a nickname (XEP-0045 section 7.10); whoever does becomes a member.

use skein_base::limits;
use skein_kernel::{Refusal, Reply};
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, Jid, StanzaError, ns};

use crate::handle::effects::{self, Cause};
use crate::handle::{At, admin, requests};
use crate::proto::form::{NOTE, write_registration, write_request};
use crate::proto::text_of;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::rules::affiliation::Affiliation;
use crate::store;

/// The form, or what is kept.
pub(crate) async fn form(at: At) -> Result<Reply, Refusal> {
    let who = at.session.user.jid.clone();
    let asks = check(&at.room.state(), &who)? == Door::Request;
    let room = at.room.id();
    let is_asked = asks && {
        let asker = who.clone();
        at.ctx.db.read(move |tx| store::request(tx, room, &asker)).await?.is_some()
    };
    let nick = at.room.state().kept_nick(&who).map(str::to_owned);
    Ok(at.result(|writer| {
        writer.start("query", ns::REGISTER);
        match nick {
            _ if is_asked => writer.leaf("requested", ns::ROOMS, ""),
            Some(nick) => {
                writer.leaf("registered", ns::REGISTER, "");
                writer.leaf("username", ns::REGISTER, &nick);
            }
            None if asks => write_request(writer),
            None => write_registration(writer),
        }
        writer.end();
    }))
}

/// What registering does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// Keeps a nickname.
    Open,
    /// Asks to be let in.
    Request,
}

/// R01: outcasts, and strangers of a room for members, do not get in by this door; nor do those
/// who are to ask for voice in a moderated room give it to themselves, as members have it.
fn check(state: &crate::room::State, who: &Jid) -> Result<Door, Condition> {
    match state.affiliation(who) {
        Affiliation::Outcast => Err(Condition::Forbidden),
        _ if state.locked => Err(Condition::ItemNotFound),
        Affiliation::None if requests::are_open(state) => Ok(Door::Request),
        Affiliation::None if state.config.members_only && state.config.public => {
            Err(Condition::NotAllowed)
        }
        Affiliation::None if state.config.members_only => Err(Condition::RegistrationRequired),
        Affiliation::None if state.config.moderated => Err(Condition::NotAllowed),
        _ => Ok(Door::Open),
    }
}

/// Keeps a nickname, or gives it up.
pub(crate) async fn set(at: At) -> Result<Reply, Refusal> {
    let query = at.stanza.child("query", ns::REGISTER).ok_or(Condition::BadRequest)?;
    let is_removed = query.child("remove", ns::REGISTER).is_some();
    let form = Form::read(query);
    let nick = form
        .as_ref()
        .and_then(|form| form.value("muc#register_roomnick").map(str::to_owned))
        .or_else(|| text_of(query, "username"));
    let note = form.as_ref().map(|form| form.values(NOTE).join("\n")).unwrap_or_default();
    let who = at.session.user.jid.clone();
    let asks = check(&at.room.state(), &who)? == Door::Request;
    if asks && is_removed {
        return requests::withdraw(at).await;
    }
    if asks {
        let nick = acceptable(nick.as_deref(), &at.room, &at.room.state(), &who)?;
        return requests::ask(at, nick, note).await;
    }
    let _door = at.room.door.lock().await;
    let (before, kept) = {
        let state = at.room.state();
        if check(&state, &who)? != Door::Open {
            return Err(Condition::RegistrationRequired.into());
        }
        let mut kept = state.affiliations.get(&who).cloned().unwrap_or_default();
        let before = kept.affiliation;
        if is_removed {
            kept.nick = String::new();
            // An owner or admin stays one.
            kept.affiliation =
                if before <= Affiliation::Member { Affiliation::None } else { before };
        } else {
            let is_new = before < Affiliation::Member;
            if is_new && state.members() >= state.config.most_members() {
                return Err(admin::group_full().into());
            }
            kept.nick = acceptable(nick.as_deref(), &at.room, &state, &who)?;
            kept.affiliation = before.max(Affiliation::Member);
        }
        (before, kept)
    };
    let (ctx, room, saved) = (at.ctx.clone(), at.room.clone(), (who.clone(), kept));
    let write = move |tx: &mut skein_db::Tx<'_>| {
        let (who, mut kept) = saved.clone();
        let is_new = before < Affiliation::Member;
        if is_new {
            kept.delivered = ctx.contracts.log.head(tx, room.log.owner)?;
        }
        admin::save(tx, room.id(), &who, &kept, is_new)?;
        Ok(kept)
    };
    let room = at.room.clone();
    let apply = move |kept: crate::store::Kept| {
        let mut fan = Fan::default();
        let mut state = room.state();
        if kept.affiliation == before {
            state.set_affiliation(&who, kept);
        } else {
            let cause = Cause::default();
            effects::set_affiliation(&room, &mut state, &mut fan, &who, kept, &cause);
        }
    };
    change(&at.ctx, write, apply).await?;
    Ok(at.done())
}

/// A nickname that can be kept, as addresses spell it.
fn acceptable(
    nick: Option<&str>,
    room: &crate::room::Room,
    state: &crate::room::State,
    who: &Jid,
) -> Result<String, StanzaError> {
    let nick = nick.ok_or(Condition::BadRequest)?;
    let at = room.jid().with_resource(nick).map_err(|_| Condition::JidMalformed)?;
    let nick = at.resource().unwrap_or_default();
    if nick.is_empty() || nick.len() > limits::ROOM_NICK_BYTES {
        return Err(Condition::NotAcceptable.into());
    }
    if state.is_taken(nick, who) {
        return Err(Condition::Conflict.into());
    }
    Ok(nick.to_owned())
}
