//! Messages between two occupants (XEP-0045 section 7.5).

use skein_kernel::{Envelope, Refusal, Reply, Side};
use skein_xmpp::{Condition, StanzaError, ns};

use crate::handle::At;
use crate::proto::message::{can_wait, is_forged};
use crate::room::show::write_occupant_id;
use crate::rules::voice;

/// A message to `room@host/nick`. It is kept in the log of who gets it, never in the room's.
pub(crate) fn whisper(at: At) -> Result<Reply, Refusal> {
    let state = at.room.state();
    let Some(speaker) = state.inside(at.session.id) else {
        return Err(StanzaError::new(Condition::NotAcceptable)
            .text("only occupants may send private messages")
            .into());
    };
    let nick = at.nick().unwrap_or_default();
    let Some(listener) = state.occupant(nick) else { return Err(Condition::ItemNotFound.into()) };
    voice::may_whisper(&state.config, state.standing(speaker), state.standing(listener))?;
    let mut stanza = at.stanza.clone();
    stanza.strip(is_forged);
    stanza.from = Some(speaker.at.clone());
    stanza.to = Some(listener.real.clone());
    let mut stanza = stanza.with_added(|writer| {
        write_occupant_id(writer, &speaker.id);
        writer.start("x", ns::MUC_USER);
        writer.end();
    });
    let can_wait = can_wait(&at.stanza);
    let Some(owner) = listener.main().map(|device| device.session.user.clone()) else {
        return Err(Condition::ItemNotFound.into());
    };
    stanza.to = Some(owner.jid.clone());
    let mut envelope = Envelope::new(stanza, Some(at.session.clone()));
    if at.stanza.has_body() && !at.stanza.has("no-store", ns::HINTS) {
        envelope.keep(owner, Side::Received);
    }
    for device in &listener.devices {
        envelope.send_to(device.session.clone(), None, Side::Received, can_wait);
    }
    drop(state);
    Ok(Reply::Envelope(envelope))
}
