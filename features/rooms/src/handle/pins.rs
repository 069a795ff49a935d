//! Messages that stay at hand (docs/rooms.md, "Pins").

use skein_db::Tx;
use skein_kernel::{Refusal, Reply};
use skein_xmpp::delay::write_delay;
use skein_xmpp::{Condition, Kind, MessageType, Stanza, StanzaError, ns};

use crate::handle::At;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::rules::affiliation::Affiliation;
use crate::rules::rights::Action;
use crate::rules::voice;
use crate::store::{self, Pin};

/// `<pin id=''/>` or `<unpin id=''/>`.
pub(crate) async fn set(at: At, pins: bool) -> Result<Reply, Refusal> {
    let name = if pins { "pin" } else { "unpin" };
    let asked = at.stanza.child(name, ns::ROOMS).ok_or(Condition::BadRequest)?;
    let id = asked.attr("id").ok_or(Condition::BadRequest)?.into_owned();
    {
        let state = at.room.state();
        let affiliation = state.affiliation(&at.session.user.jid);
        let belongs = affiliation >= Affiliation::Member || state.inside(at.session.id).is_some();
        if !belongs || state.locked {
            return Err(Condition::Forbidden.into());
        }
        voice::may(&state.config, state.standing_of(&at.session), Action::Pin)?;
    }
    let by = at.room.occupant_id(&at.session.user.jid).to_string();
    let pin = Pin { id, by, at: at.ctx.now() };
    let (ctx, room, written) = (at.ctx.clone(), at.room.clone(), pin.clone());
    let write = move |tx: &mut Tx<'_>| {
        if !pins {
            let known = store::pins(tx, room.id())?;
            let is_pinned = known.iter().any(|pin| pin.id == written.id);
            store::drop_pin(tx, room.id(), &written.id)?;
            return Ok(if is_pinned { Ok(()) } else { Err(Condition::ItemNotFound) });
        }
        let logs = ctx.contracts.log.shared();
        let is_there = match logs.and_then(|logs| Some((logs, logs.place(&room.log, &written.id)?)))
        {
            Some((logs, place)) => logs.entry(tx, &room.log, place)?.is_some(),
            None => false,
        };
        if !is_there {
            return Ok(Err(Condition::ItemNotFound));
        }
        let has_room = store::put_pin(tx, room.id(), &written)?;
        Ok(if has_room { Ok(()) } else { Err(Condition::ResourceConstraint) })
    };
    let room = at.room.clone();
    let apply = move |outcome: Result<(), Condition>| {
        if outcome.is_ok() {
            let mut stanza = Stanza::new(Kind::Message(MessageType::Groupchat));
            stanza.from = Some(room.jid().clone());
            let stanza = stanza.with_content(|writer| {
                writer.start(if pins { "pinned" } else { "unpinned" }, ns::ROOMS);
                writer.attr("id", &pin.id);
                writer.attr("by", &pin.by);
                writer.end();
            });
            Fan::default().all(&room.state(), &stanza, true);
        }
        outcome
    };
    change(&at.ctx, write, apply).await?.map_err(StanzaError::from)?;
    Ok(at.done())
}

/// `<pins/>`, for those who may read the room.
pub(crate) async fn list(at: At) -> Result<Reply, Refusal> {
    super::archive::may_read(&at)?;
    let (ctx, room) = (at.ctx.clone(), at.room.clone());
    let read = move |tx: &mut Tx<'_>| {
        let Some(logs) = ctx.contracts.log.shared() else { return Ok(Vec::new()) };
        let mut shown = Vec::new();
        for pin in store::pins(tx, room.id())? {
            if let Some(place) = logs.place(&room.log, &pin.id)
                && let Some(entry) = logs.entry(tx, &room.log, place)?
            {
                shown.push((pin, entry));
            }
        }
        Ok(shown)
    };
    let shown = at.ctx.db.read(read).await?;
    Ok(at.result(|writer| {
        writer.start("pins", ns::ROOMS);
        for (pin, entry) in &shown {
            writer.start("pin", ns::ROOMS);
            writer.attr("id", &pin.id);
            writer.attr("by", &pin.by);
            writer.attr("stamp", &pin.at.to_string());
            writer.start("forwarded", ns::FORWARD);
            write_delay(writer, at.room.jid(), entry.at);
            entry.stanza.write(writer);
            writer.end();
            writer.end();
        }
        writer.end();
    }))
}
