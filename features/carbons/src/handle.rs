//! Chooses the sessions that get a copy.

use std::sync::Arc;

use skein_kernel::{Envelope, Receiving, Sending, Side};
use skein_session::{Flag, Session, User};
use skein_xmpp::ns;

use crate::proto::{received, sent};
use crate::rules::is_eligible;

/// What was received, to the recipient's other sessions.
pub(crate) fn fan(receiving: &Receiving<'_>, envelope: &mut Envelope) {
    if !is_eligible(&envelope.stanza, Side::Received) {
        return;
    }
    let can_wait = envelope.can_wait();
    for session in others(receiving.user, envelope) {
        envelope.send_to(session, Some(received), Side::Received, can_wait);
    }
}

/// What was sent, to the sender's other sessions.
pub(crate) fn copy(sending: &Sending<'_>, envelope: &mut Envelope) {
    if is_eligible(&envelope.stanza, Side::Sent) {
        let can_wait = envelope.can_wait();
        for session in others(&sending.session.user, envelope) {
            envelope.send_to(session, Some(sent), Side::Sent, can_wait);
        }
    }
    // Nobody behind this needs it, and old clients are confused by it. The hint that
    // says the same to clients stays (XEP-0280 section 9).
    if envelope.stanza.has("private", ns::CARBONS) {
        envelope.stanza.strip(|child| child.is("private", ns::CARBONS));
    }
}

/// Sessions of `user` that want copies and have no part in the message yet.
fn others(user: &User, envelope: &Envelope) -> impl IntoIterator<Item = Arc<Session>> + use<> {
    user.sessions_that(|session| {
        let is_sender = envelope.sender.as_ref().is_some_and(|sender| Arc::ptr_eq(sender, session));
        let has_it = envelope.targets.iter().any(|target| Arc::ptr_eq(&target.session, session));
        session.is(Flag::Carbons) && !is_sender && !has_it
    })
}
