//! Moderators take messages of others back (XEP-0425).

use skein_kernel::{Refusal, Reply};
use skein_xmpp::{Condition, Kind, MessageType, Stanza, ns};

use crate::handle::At;
use crate::handle::speak::stamp;
use crate::proto::message::{Moderator, tombstone, write_moderated};
use crate::proto::text_of;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::rules::role::Role;

/// `<moderate id=''><retract/></moderate>`.
pub(crate) async fn moderate(at: At) -> Result<Reply, Refusal> {
    let moderate = at.stanza.child("moderate", ns::MODERATE).ok_or(Condition::BadRequest)?;
    let id = moderate.attr("id").ok_or(Condition::BadRequest)?.into_owned();
    if moderate.child("retract", ns::RETRACT).is_none() {
        return Err(Condition::FeatureNotImplemented.into());
    }
    let reason = text_of(moderate, "reason");
    let (by, occupant_id) = {
        let state = at.room.state();
        let Some(moderator) = state.inside(at.session.id) else {
            return Err(Condition::Forbidden.into());
        };
        if moderator.role < Role::Moderator {
            return Err(Condition::Forbidden.into());
        }
        (moderator.at.clone(), moderator.id.clone())
    };
    let now = at.ctx.now();
    let mut stanza = Stanza::new(Kind::Message(MessageType::Groupchat));
    stanza.from = Some(at.room.jid().clone());
    stanza.id = Some(format!("moderated-{:016x}", at.ctx.rng.next_u64()).into());
    let stanza = stanza.with_content(|writer| {
        let moderator =
            Moderator { at: by.as_str(), occupant_id: &occupant_id, reason: reason.as_deref() };
        writer.start("retract", ns::RETRACT);
        writer.attr("id", &id);
        write_moderated(writer, &moderator);
        writer.end();
    });
    let (ctx, room, told) = (at.ctx.clone(), at.room.clone(), stanza.clone());
    let write = move |tx: &mut skein_db::Tx<'_>| {
        let Some(logs) = ctx.contracts.log.shared() else { return Ok(None) };
        let moderator =
            Moderator { at: by.as_str(), occupant_id: &occupant_id, reason: reason.as_deref() };
        let mut change = |kept: &Stanza| {
            // A notice of the room itself stays.
            let is_said = kept.from.as_ref().is_some_and(|from| !from.is_bare());
            is_said.then(|| tombstone(kept, told.id.as_deref(), Some(&moderator), now))
        };
        if !logs.replace(tx, &room.log, &id, &mut change)? {
            return Ok(None);
        }
        logs.append(tx, &room.log, &told, None, now)
    };
    let room = at.room.clone();
    let apply = move |stored: Option<skein_kernel::Stored>| {
        let Some(stored) = stored else { return false };
        let mut fan = Fan::default();
        let stamped = stamp(&stanza, &room, &stored);
        fan.all(&room.state(), &stamped, false);
        true
    };
    match change(&at.ctx, write, apply).await? {
        true => Ok(at.done()),
        false => Err(Condition::ItemNotFound.into()),
    }
}
