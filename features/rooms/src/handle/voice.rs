//! Asking for voice, and granting it by the form (XEP-0045 sections 7.13 and 8.6).

use skein_kernel::{Refusal, Reply};
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, Kind, MessageType, Stanza, ns};

use crate::handle::At;
use crate::handle::effects::{self, Cause};
use crate::handle::requests;
use crate::proto::form::write_voice_request;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::room::table::Rooms;
use crate::rules::role::{Role, may_change};

/// A form in a message to the room.
pub(crate) async fn request(at: At) -> Result<Reply, Refusal> {
    let x = at.stanza.child("x", ns::DATA).ok_or(Condition::BadRequest)?;
    let form = Form::of(x);
    if form.form_type.as_deref() == Some(ns::MUC_REGISTER) {
        return requests::by_form(at, &form).await;
    }
    // Who cancels a form, with its fields or without, leaves everything as it is.
    if form.cancelled {
        return Ok(Reply::Nothing);
    }
    if form.form_type.as_deref() != Some(ns::MUC_REQUEST) {
        return Err(Condition::BadRequest.into());
    }
    match form.value("muc#request_allow") {
        Some("1" | "true") => allow(at, &form).await,
        // A moderator who does not want to.
        Some(_) => Ok(Reply::Nothing),
        None => ask(&at, &form),
    }
}

fn ask(at: &At, form: &Form) -> Result<Reply, Refusal> {
    if form.value("muc#role") != Some("participant") {
        return Err(Condition::BadRequest.into());
    }
    let state = at.room.state();
    let Some(asker) = state.inside(at.session.id) else {
        return Err(Condition::NotAcceptable.into());
    };
    if asker.role != Role::Visitor {
        return Err(Condition::NotAllowed.into());
    }
    let rooms = at.ctx.state::<Rooms>();
    rooms.voice().take(at.room.jid(), &at.session.user.jid, at.ctx.now())?;
    let mut stanza = Stanza::new(Kind::Message(MessageType::Normal));
    stanza.from = Some(at.room.jid().clone());
    let stanza = stanza.with_content(|writer| {
        write_voice_request(writer, at.session.jid.as_str(), asker.nick());
    });
    let mut fan = Fan::default();
    for moderator in state.occupants().filter(|occupant| occupant.role == Role::Moderator) {
        fan.occupant(moderator, &stanza, false);
    }
    Ok(Reply::Nothing)
}

async fn allow(at: At, form: &Form) -> Result<Reply, Refusal> {
    let nick = form.value("muc#roomnick").ok_or(Condition::BadRequest)?.to_owned();
    let (room, session) = (at.room.clone(), at.session.clone());
    let apply = move |()| -> Result<(), Condition> {
        let mut fan = Fan::default();
        let mut state = room.state();
        let Some(actor) = state.inside(session.id) else { return Err(Condition::NotAcceptable) };
        let Some(target) = state.occupant(&nick) else { return Err(Condition::ItemNotFound) };
        may_change(state.standing(actor), state.standing(target), Role::Participant)?;
        let cause = Cause { actor: Some(actor.nick().to_owned()), ..Cause::default() };
        effects::set_role(&mut state, &mut fan, &nick, Role::Participant, &cause);
        Ok(())
    };
    change(&at.ctx, |_| Ok(()), apply).await??;
    Ok(Reply::Nothing)
}
