//! Keeping a nickname (XEP-0045 section 7.10); whoever does becomes a member.

use skein_base::limits;
use skein_kernel::{Refusal, Reply};
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, Jid, StanzaError, ns};

use crate::handle::effects::{self, Cause};
use crate::handle::{At, admin};
use crate::proto::form::write_registration;
use crate::proto::text_of;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::rules::affiliation::Affiliation;

/// The form, or what is kept.
pub(crate) fn form(at: &At) -> Result<Reply, Refusal> {
    let state = at.room.state();
    let who = &at.session.user.jid;
    check(&state, who)?;
    let nick = state.kept_nick(who).map(str::to_owned);
    Ok(at.result(|writer| {
        writer.start("query", ns::REGISTER);
        match nick {
            Some(nick) => {
                writer.leaf("registered", ns::REGISTER, "");
                writer.leaf("username", ns::REGISTER, &nick);
            }
            None => write_registration(writer),
        }
        writer.end();
    }))
}

/// R01: outcasts, and strangers of a room for members, do not get in by this door.
fn check(state: &crate::room::State, who: &Jid) -> Result<(), Condition> {
    match state.affiliation(who) {
        Affiliation::Outcast => Err(Condition::Forbidden),
        Affiliation::None if state.config.members_only => Err(Condition::RegistrationRequired),
        _ if state.locked => Err(Condition::ItemNotFound),
        _ => Ok(()),
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
    let _door = at.room.door.lock().await;
    let who = at.session.user.jid.clone();
    let (before, kept) = {
        let state = at.room.state();
        check(&state, &who)?;
        let mut kept = state.affiliations.get(&who).cloned().unwrap_or_default();
        let before = kept.affiliation;
        if is_removed {
            kept.nick = String::new();
            // An owner or admin stays one.
            kept.affiliation =
                if before <= Affiliation::Member { Affiliation::None } else { before };
        } else {
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
