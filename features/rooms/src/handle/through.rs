//! Requests between occupants (XEP-0045 section 17.4): the room passes them to one device
//! of the nickname, and the answer back to the device that asked. XEP-0410 is here too.
//!
//! The id of a request that passes is marked with the device that asked, because the
//! nickname alone does not name one of several.

use skein_kernel::{Refusal, Reply};
use skein_session::Pushed;
use skein_xmpp::{Condition, IqType, Stanza, StanzaError, ns};

use crate::handle::At;
use crate::room::{Device, Occupant, State};
use crate::rules::rights::Action;
use crate::rules::voice;

/// A request or an answer to `room@host/nick`.
pub(crate) fn pass(at: At, kind: IqType) -> Result<Reply, Refusal> {
    let state = at.room.state();
    let Some(nick) = at.nick() else { return Ok(Reply::Nothing) };
    let Some(asker) = state.inside(at.session.id) else {
        let error =
            StanzaError::new(Condition::NotAcceptable).text("only occupants may ask occupants");
        return if kind.is_request() { Err(error.into()) } else { Ok(Reply::Nothing) };
    };
    if !kind.is_request() {
        answer(&at, asker, nick, &state);
        return Ok(Reply::Nothing);
    }
    let Some(asked) = state.occupant(nick) else { return Err(Condition::ItemNotFound.into()) };
    // XEP-0410 section 3.1: the truth is known here, and no client need be woken.
    if asked.at == asker.at && at.stanza.has("ping", ns::PING) {
        drop(state);
        return Ok(at.done());
    }
    let starts_call = at.stanza.children().any(|child| {
        child.is("jingle", "urn:xmpp:jingle:1")
            && child.attr("action").as_deref() == Some("session-initiate")
    });
    if starts_call {
        voice::may(&state.config, state.standing(asker), Action::Call)?;
    }
    let device = asked.main().ok_or(Condition::ItemNotFound)?;
    let mut stanza = at.stanza.clone();
    let mark = at.room.device_mark(&at.session.jid);
    let id = stanza.id.as_deref().unwrap_or_default();
    stanza.id = Some(format!("{mark}.{id}").into());
    stanza.from = Some(asker.at.clone());
    send(device, stanza);
    Ok(Reply::Nothing)
}

/// An answer goes to the device that its id is marked with.
fn answer(at: &At, answerer: &Occupant, nick: &str, state: &State) {
    let Some(asker) = state.occupant(nick) else { return };
    let Some((mark, id)) = at.stanza.id.as_deref().and_then(|id| id.split_once('.')) else {
        return;
    };
    let asked = |device: &&Device| at.room.device_mark(&device.session.jid) == mark;
    let Some(device) = asker.devices.iter().find(asked) else { return };
    let mut stanza = at.stanza.clone();
    stanza.id = Some(id.into());
    stanza.from = Some(answerer.at.clone());
    send(device, stanza);
}

fn send(device: &Device, mut stanza: Stanza) {
    stanza.to = Some(device.session.jid.clone());
    if device.session.push(&stanza, None, false) == Pushed::Wake {
        device.session.wake();
    }
}
