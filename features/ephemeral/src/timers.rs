//! What clients may say of timers, and what the server says.

use skein_kernel::{Sending, Verdict};
use skein_xml::Element;
use skein_xmpp::ephemeral::{Timer, after, write_expires};
use skein_xmpp::{Condition, Kind, MessageType, Stanza, StanzaError, ns};

/// Refuses timers that are no time, and what everybody could view once.
pub(crate) fn guard(_: &Sending<'_>, stanza: &Stanza) -> Verdict {
    let Kind::Message(kind) = stanza.kind else { return Verdict::Pass };
    if kind == MessageType::Error {
        return Verdict::Pass;
    }
    if let Err(error) = Timer::read(stanza) {
        return Verdict::Reject(error);
    }
    if kind == MessageType::Groupchat && stanza.has("view-once", ns::VIEW_ONCE) {
        let error = StanzaError::new(Condition::FeatureNotImplemented);
        return Verdict::Reject(error.text("name the receivers, in a whisper"));
    }
    Verdict::Pass
}

/// Removes what only the server says, and says when the message is gone.
pub(crate) fn stamp(sending: &Sending<'_>, stanza: &mut Stanza) {
    if !matches!(stanza.kind, Kind::Message(_)) {
        return;
    }
    stanza.strip(is_forged);
    if let Ok(Some(Timer::Goes(seconds))) = Timer::read(stanza) {
        let at = after(sending.now, seconds);
        *stanza = stanza.with_added(|writer| write_expires(writer, at));
    }
}

fn is_forged(child: Element<'_>) -> bool {
    child.ns() == ns::EXPIRES || (child.name(), child.ns()) == ("opened", ns::VIEW_ONCE)
}
