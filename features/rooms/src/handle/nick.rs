//! Changing the nickname (XEP-0045 section 7.6): with all devices of the account.

use std::sync::Arc;

use skein_kernel::{Ctx, Refusal, Reply};
use skein_session::Session;
use skein_xmpp::{Condition, Stanza, StanzaError};

use crate::handle::entry::shown_part;
use crate::room::Room;
use crate::room::change::change as brought_about;
use crate::room::fan::Fan;
use crate::room::show::{News, Shown};

/// The session inside wants to be `nick`.
pub(crate) async fn change(
    ctx: Arc<Ctx>,
    room: Arc<Room>,
    session: Arc<Session>,
    stanza: Stanza,
    nick: String,
) -> Result<Reply, Refusal> {
    let Some(at) = stanza.to.clone() else { return Ok(Reply::Nothing) };
    let presence = shown_part(stanza);
    let apply = move |()| -> Result<(), StanzaError> {
        let mut fan = Fan::default();
        let mut state = room.state();
        let real = &session.user.jid;
        if state.is_taken(&nick, real) || state.occupant(&nick).is_some() {
            return Err(Condition::Conflict.into());
        }
        let Some(old) = state.inside(session.id).map(|occupant| occupant.nick().to_owned()) else {
            return Err(Condition::NotAcceptable.into());
        };
        let Some(mut occupant) = state.remove(&old) else { return Ok(()) };
        for device in occupant.devices.iter_mut().filter(|d| d.session.id == session.id) {
            device.presence = presence.clone();
        }
        let news = News { new_nick: Some(nick.clone()), ..News::codes(&[303]) };
        Shown::leaving(&state, &occupant, None, &news).tell_all(&state, &mut fan);
        occupant.at = at.clone();
        state.put(occupant);
        if let Some(occupant) = state.occupant(&nick) {
            Shown::inside(&state, occupant, &News::default()).tell_all(&state, &mut fan);
        }
        Ok(())
    };
    brought_about(&ctx, |_| Ok(()), apply).await??;
    Ok(Reply::Nothing)
}
