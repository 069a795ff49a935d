//! The end of a room: by its owner (XEP-0045 section 10.9), or because nobody is left.

use std::sync::Arc;

use skein_kernel::{Ctx, Refusal, Reply};
use skein_xml::Element;
use skein_xmpp::{Condition, Jid, ns};

use crate::handle::{At, effects};
use crate::proto::{note_of, text_of};
use crate::room::Room;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::room::show::{Destroyed, News, Shown};
use crate::room::table::Rooms;
use crate::rules::affiliation::Affiliation;
use crate::store;

/// What `<destroy/>` says.
pub(crate) fn read(destroy: Element<'_>) -> Result<Destroyed, Refusal> {
    let alternate = match destroy.attr("jid") {
        Some(jid) => Some(Jid::parse(&jid).map_err(|_| Condition::JidMalformed)?),
        None => None,
    };
    let password = text_of(destroy, "password");
    Ok(Destroyed { alternate, password, reason: note_of(destroy, "reason")? })
}

/// An owner destroys the room.
pub(crate) async fn by_owner(at: At, destroyed: Destroyed) -> Result<Reply, Refusal> {
    let _door = at.room.door.lock().await;
    if at.room.state().affiliation(&at.session.user.jid) < Affiliation::Owner {
        return Err(Condition::Forbidden.into());
    }
    end(&at.ctx, &at.room, destroyed).await?;
    Ok(at.done())
}

/// The last one left: a room that shall not stay ends.
pub(crate) async fn abandoned(ctx: &Arc<Ctx>, room: &Arc<Room>) -> Result<(), Refusal> {
    let _door = room.door.lock().await;
    let ends = {
        let state = room.state();
        state.is_empty() && !state.gone && (state.locked || !state.config.persistent)
    };
    if ends { end(ctx, room, Destroyed::default()).await } else { Ok(()) }
}

/// Ends the room; the door is held.
pub(crate) async fn end(
    ctx: &Arc<Ctx>,
    room: &Arc<Room>,
    destroyed: Destroyed,
) -> Result<(), Refusal> {
    let (removed, here, table) = (room.clone(), room.clone(), ctx.clone());
    let is_stored = !room.state().locked;
    let write = move |tx: &mut skein_db::Tx<'_>| match is_stored {
        true => store::remove(tx, removed.jid(), removed.id()),
        false => Ok(()),
    };
    let apply = move |()| {
        let mut fan = Fan::default();
        let mut state = here.state();
        state.gone = true;
        // Nobody stands in a relation to a room that is no more.
        state.affiliations.clear();
        let news = News { destroyed: Some(destroyed), ..News::default() };
        let nicks: Vec<Box<str>> = state.occupants().map(|o| o.nick().into()).collect();
        for nick in nicks {
            if let Some(occupant) = state.remove(&nick) {
                effects::stays_out(&occupant);
                let mut shown = Shown::leaving(&state, &occupant, None, &news);
                fan.occupant(&occupant, &shown.for_whom(true, true).clone(), false);
            }
        }
        table.state::<Rooms>().forget(&here);
    };
    change(ctx, write, apply).await
}

/// The namespace of `<destroy/>`.
pub(crate) fn find<'a>(query: Element<'a>) -> Option<Element<'a>> {
    query.child("destroy", ns::MUC_OWNER)
}
