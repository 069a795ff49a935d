//! Groups that are there for some alone (docs/rooms.md, "Groups of a circle").
//!
//! For an address that the server gave it is looked up first of all whether the room is there
//! for the asker, by the number that follows from the address: the same look-ups, whether the
//! room exists or not, is loaded or not. Whoever it is not there for gets the answer for an
//! address where nothing is, whatever they sent.

use std::sync::Arc;

use skein_kernel::contracts::{InCircles, is_in_one};
use skein_kernel::{Ctx, Refusal};
use skein_session::Session;
use skein_xmpp::{Jid, Kind, Stanza, ns};

use crate::handle::effects;
use crate::proto::text_of;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::room::show::News;
use crate::room::table::Rooms;
use crate::room::{Occupant, State};
use crate::rules::affiliation::Affiliation;
use crate::store;

/// Whether the room of an address that the server gave is there for who sent the stanza.
pub(crate) async fn is_there_for(
    ctx: &Arc<Ctx>,
    session: &Session,
    stanza: &Stanza,
    to: &Jid,
) -> Result<bool, Refusal> {
    let rooms = ctx.state::<Rooms>();
    if rooms.loaded(to).is_some_and(|room| room.state().inside(session.id).is_some()) {
        return Ok(true);
    }
    let room = rooms.reserved_number(to);
    let who = session.user.jid.clone();
    let circles = session.user.slot::<InCircles>().unwrap_or_default();
    let (token, now) = (token(stanza), ctx.now());
    let read = move |tx: &mut skein_db::Tx<'_>| {
        let is_there = store::is_there_for(tx, room, &who, &circles.ids)?;
        let link = store::link(tx, &token)?;
        let is_let_in = link.is_some_and(|link| link.room == room && link.is_good(now));
        Ok(is_there || (is_let_in && store::affiliation(tx, room, &who)? >= 0))
    };
    Ok(ctx.db.read(read).await?)
}

/// What may be the token of a link: the password of who wants to enter.
fn token(stanza: &Stanza) -> String {
    let is_entering = matches!(stanza.kind, Kind::Presence(_));
    let x = stanza.child("x", ns::MUC).filter(|_| is_entering);
    x.and_then(|x| text_of(x, "password")).unwrap_or_default()
}

/// The room is there for circles from now on: others are put out.
pub(crate) fn put_out_others(state: &mut State, fan: &mut Fan) {
    let is_other = |occupant: &&Occupant| {
        let user = occupant.main().map(|device| &device.session.user);
        let is_in = user.is_some_and(|user| is_in_one(user, &state.config.circles));
        !is_in && state.affiliation(&occupant.real) < Affiliation::Member
    };
    let others: Vec<Box<str>> =
        state.occupants().filter(is_other).map(|occupant| occupant.nick().into()).collect();
    for nick in others {
        effects::put_out(state, fan, &nick, &News::codes(&[322]));
    }
}

/// Somebody's circles changed: groups that are not there for them any more put them out.
pub(crate) async fn settle(ctx: &Arc<Ctx>, who: &Jid) {
    let Some(user) = ctx.sessions.user(who.bare_str()) else { return };
    for room in ctx.state::<Rooms>().all() {
        let is_shut_out = {
            let state = room.state();
            !state.config.circles.is_empty()
                && state.affiliation(who) < Affiliation::Member
                && state.of(who).next().is_some()
                && !is_in_one(&user, &state.config.circles)
        };
        if !is_shut_out {
            continue;
        }
        let (here, who) = (room.clone(), who.clone());
        let apply = move |()| {
            let mut fan = Fan::default();
            let mut state = here.state();
            for nick in state.nicks_of(&who) {
                effects::put_out(&mut state, &mut fan, &nick, &News::codes(&[321]));
            }
        };
        if let Err(Refusal::Fault(fault)) = change(ctx, |_| Ok(()), apply).await {
            tracing::error!(target: "rooms", %fault, "somebody stays in a group of a circle");
        }
    }
}
