//! Going out (XEP-0045 section 7.14), with a word or without.

use std::sync::Arc;

use skein_kernel::{Ctx, Refusal, Reply};
use skein_session::{Session, SessionId};
use skein_xmpp::{Kind, PresenceType, Stanza};

use crate::handle::destroy;
use crate::handle::entry::shown_part;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::room::show::{News, Shown};
use crate::room::table::Rooms;
use crate::room::{Occupant, Room};
use crate::rules::affiliation::Affiliation;
use crate::store;

/// A session says that it goes.
pub(crate) async fn unavailable(
    ctx: Arc<Ctx>,
    session: Arc<Session>,
    stanza: Stanza,
) -> Result<Reply, Refusal> {
    let Some(to) = stanza.to.clone() else { return Ok(Reply::Nothing) };
    let rooms = ctx.state::<Rooms>();
    let Some(room) = rooms.find(&ctx, &to).await? else { return Ok(Reply::Nothing) };
    if room.state().inside(session.id).is_some() {
        go(&ctx, &room, session.id, stanza).await?;
    }
    rooms.release(room, ctx.now());
    Ok(Reply::Nothing)
}

/// A session is over; the stanza says so in its name.
pub(crate) async fn ended(ctx: Arc<Ctx>, stanza: Stanza) -> Result<Reply, Refusal> {
    let (Some(to), Some(from)) = (stanza.to.clone(), stanza.from.clone()) else {
        return Ok(Reply::Nothing);
    };
    if stanza.kind != Kind::Presence(PresenceType::Unavailable) {
        return Ok(Reply::Nothing);
    }
    let rooms = ctx.state::<Rooms>();
    let Some(room) = rooms.find(&ctx, &to).await? else { return Ok(Reply::Nothing) };
    let session = room.state().session_of(&from);
    if let Some(session) = session {
        go(&ctx, &room, session, stanza).await?;
    }
    rooms.release(room, ctx.now());
    Ok(Reply::Nothing)
}

async fn go(
    ctx: &Arc<Ctx>,
    room: &Arc<Room>,
    session: SessionId,
    stanza: Stanza,
) -> Result<(), Refusal> {
    // How far a member's client has got the log: what comes later is missed.
    let member = {
        let state = room.state();
        let real = state.inside(session).map(|occupant| occupant.real.clone());
        real.filter(|real| !state.locked && state.affiliation(real) >= Affiliation::Member)
    };
    let (marking, marked, here) = (ctx.clone(), room.clone(), room.clone());
    let mark = move |tx: &mut skein_db::Tx<'_>| {
        let Some(member) = &member else { return Ok(None) };
        let head = marking.contracts.log.head(tx, marked.log.owner)?;
        store::mark_delivered(tx, marked.id(), member, head)?;
        Ok(Some((member.clone(), head)))
    };
    let words = shown_part(stanza);
    let apply = move |marked: Option<(skein_xmpp::Jid, i64)>| {
        let mut state = here.state();
        if let Some((member, head)) = marked
            && let Some(kept) = state.affiliations.get_mut(&member)
        {
            kept.delivered = kept.delivered.max(head);
        }
        let mut fan = Fan::default();
        let news = News::default();
        let Some(before) = state.inside(session).map(alone(session)) else { return false };
        match state.leave(session) {
            Some(occupant) => {
                Shown::leaving(&state, &occupant, Some(&words), &news).tell_all(&state, &mut fan);
            }
            // The account's other devices stay, so only this one learns of it.
            None => {
                let mut shown = Shown::leaving(&state, &before, Some(&words), &news);
                let presence = shown.for_whom(true, true).clone();
                fan.occupant(&before, &presence, false);
            }
        }
        state.is_empty()
    };
    if change(ctx, mark, apply).await? {
        destroy::abandoned(ctx, room).await?;
    }
    Ok(())
}

/// The occupant as if it had this device alone.
fn alone(session: SessionId) -> impl Fn(&Occupant) -> Occupant {
    move |occupant| Occupant {
        at: occupant.at.clone(),
        real: occupant.real.clone(),
        id: occupant.id.clone(),
        role: occupant.role,
        devices: occupant
            .devices
            .iter()
            .filter(|device| device.session.id == session)
            .map(|device| crate::room::Device {
                session: device.session.clone(),
                presence: device.presence.clone(),
            })
            .collect(),
    }
}
