//! Requests between occupants (XEP-0045 section 17.4): the room passes them to one device
//! of the nickname, and the answer back to the device that asked. XEP-0410 is here too.
//!
//! A card (XEP-0054, XEP-0292) is not asked of a device: the room has it from the server, as
//! what the account behind the nickname shows to the asker, and names nobody's address. Clients
//! draw the pictures of occupants from it.
//!
//! The id of a request that passes is marked with the device that asked, because the
//! nickname alone does not name one of several.

use skein_kernel::{Addressee, Refusal, Reply, Request};
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
        return if kind.is_request() { Err(only_inside().into()) } else { Ok(Reply::Nothing) };
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

/// Whether a request is for the card of an occupant.
pub(crate) fn is_for_card(at: &At, kind: IqType) -> bool {
    let card = || at.stanza.has("vCard", ns::VCARD) || at.stanza.has("vcard", ns::VCARD4);
    kind == IqType::Get && at.nick().is_some() && card()
}

/// The card of an occupant.
pub(crate) async fn card(at: At) -> Result<Reply, Refusal> {
    let owner = {
        let state = at.room.state();
        if state.inside(at.session.id).is_none() {
            return Err(only_inside().into());
        }
        let asked = at.nick().and_then(|nick| state.occupant(nick));
        asked.ok_or(Condition::ItemNotFound)?.real.bare()
    };
    let addressee = if owner == at.session.user.jid { Addressee::Own } else { Addressee::Other };
    let mut stanza = at.stanza.clone();
    stanza.to = Some(owner);
    let (ctx, session) = (at.ctx.clone(), at.session.clone());
    let request = Request { ctx, session, stanza, addressee };
    let mut answer = at.ctx.route().answer(request).await?;
    answer.from.clone_from(&at.stanza.to);
    Ok(Reply::Answer(answer))
}

fn only_inside() -> StanzaError {
    StanzaError::new(Condition::NotAcceptable).text("only occupants may ask occupants")
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
