//! Moderators take messages of others back (XEP-0425), in the words of today and in those of
//! before version 0.3, which clients still speak; everybody is told in both.

use std::sync::Arc;

use skein_base::Timestamp;
use skein_kernel::contracts::SharedEntry;
use skein_kernel::{Refusal, Reply};
use skein_xml::Writer;
use skein_xmpp::{Condition, Jid, Kind, MessageType, Stanza, ns};

use crate::handle::At;
use crate::handle::speak::{passing_id, stamp};
use crate::proto::message::{Moderator, tombstone, write_moderated};
use crate::proto::note_of;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::rules::role::Role;

/// XEP-0424 before version 0.4.
const RETRACT_0: &str = "urn:xmpp:message-retract:0";

/// Which message is to be taken back, and why.
fn asked(stanza: &Stanza) -> Result<(String, Option<String>), Refusal> {
    let fastened = stanza.child("apply-to", ns::FASTEN);
    let (of_id, moderate, retract) = match fastened {
        None => {
            let moderate = stanza.child("moderate", ns::MODERATE);
            (moderate, moderate, ns::RETRACT)
        }
        Some(fastened) => (fastened.into(), fastened.child("moderate", ns::MODERATE_0), RETRACT_0),
    };
    let moderate = moderate.ok_or(Condition::BadRequest)?;
    let id = of_id.and_then(|element| element.attr("id")).ok_or(Condition::BadRequest)?;
    if moderate.child("retract", retract).is_none() {
        return Err(Condition::FeatureNotImplemented.into());
    }
    Ok((id.into_owned(), note_of(moderate, "reason")?))
}

/// As it was told before version 0.3.
fn write_fastened(writer: &mut Writer, id: &str, moderator: &Moderator<'_>) {
    writer.start("apply-to", ns::FASTEN);
    writer.attr("id", id);
    writer.start("moderated", ns::MODERATE_0);
    writer.attr("by", moderator.at);
    writer.leaf("retract", RETRACT_0, "");
    if let Some(reason) = moderator.reason {
        writer.leaf("reason", ns::MODERATE_0, reason);
    }
    writer.end();
    writer.end();
}

/// A message is taken back.
#[derive(Clone)]
struct Taking {
    id: String,
    by: Jid,
    occupant_id: Arc<str>,
    reason: Option<String>,
    /// The id of the message that says so.
    by_notice: Option<Arc<str>>,
    now: Timestamp,
}

impl Taking {
    fn moderator(&self) -> Moderator<'_> {
        Moderator {
            at: self.by.as_str(),
            occupant_id: &self.occupant_id,
            reason: self.reason.as_deref(),
        }
    }

    /// What stands in its place.
    fn stone(&self, kept: &Stanza) -> Option<Stanza> {
        // A notice of the room itself stays.
        let is_said = kept.from.as_ref().is_some_and(|from| !from.is_bare());
        let by = self.by_notice.as_deref();
        is_said.then(|| tombstone(kept, by, Some(&self.moderator()), self.now))
    }

    fn of_recent(&self, entry: &SharedEntry) -> Option<Stanza> {
        self.stone(&entry.stanza).filter(|_| *entry.stored.id == *self.id)
    }
}

/// `<moderate id=''><retract/></moderate>`.
pub(crate) async fn moderate(at: At) -> Result<Reply, Refusal> {
    let (id, reason) = asked(&at.stanza)?;
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
        write_fastened(writer, &id, &moderator);
    });
    let by_notice = stanza.id.clone();
    let taking = Taking { id, by, occupant_id, reason, by_notice, now };
    let forgetting = taking.clone();
    let (ctx, room, told) = (at.ctx.clone(), at.room.clone(), stanza.clone());
    let write = move |tx: &mut skein_db::Tx<'_>| {
        let Some(logs) = ctx.contracts.log.shared() else { return Ok(None) };
        if !room.state().config.logged {
            return Ok(None);
        }
        let mut change = |kept: &Stanza| taking.stone(kept);
        if !logs.replace(tx, &room.log, &taking.id, &mut change)? {
            return Ok(None);
        }
        logs.append(tx, &room.log, &told, None, now)
    };
    let (room, passing) = (at.room.clone(), passing_id(&at.ctx));
    let apply = move |stored: Option<skein_kernel::Stored>| {
        let mut state = room.state();
        let id = match &stored {
            Some(stored) => &*stored.id,
            // A room that keeps nothing may still remember it.
            None if state.recent.replace(|entry| forgetting.of_recent(entry)) => {
                state.recent.add(&stanza, &passing, now);
                &passing
            }
            None => return false,
        };
        Fan::default().all(&state, &stamp(&stanza, &room, id), false);
        true
    };
    match change(&at.ctx, write, apply).await? {
        true => Ok(at.done()),
        false => Err(Condition::ItemNotFound.into()),
    }
}
