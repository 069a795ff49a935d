//! Events to the sessions that want them (XEP-0163 section 4).

use std::sync::Arc;

use skein_base::Fault;
use skein_db::DbError;
use skein_kernel::Ctx;
use skein_kernel::contracts::{Capabilities, Roster, are_apart};
use skein_session::{Pushed, Session, User};
use skein_xml::Writer;
use skein_xmpp::{Jid, Kind, MessageType, Stanza, StreamError};

use crate::rules::Access;

/// An event in the name of `owner`.
pub(crate) fn event(owner: &Jid, write: impl FnOnce(&mut Writer)) -> Stanza {
    let mut event = Stanza::new(Kind::Message(MessageType::Headline));
    event.from = Some(owner.clone());
    event.with_content(write)
}

/// Gives an event to a session. It can wait while the client is inactive (XEP-0352).
pub(crate) fn give(session: &Session, event: &Stanza) {
    let mut event = event.clone();
    event.to = Some(session.jid.clone());
    match session.push(&event, None, true) {
        Pushed::Wake => session.wake(),
        Pushed::Full => session.kick(StreamError::new("policy-violation")),
        Pushed::Queued | Pushed::Ended => {}
    }
}

/// Gives an event to the owner's own sessions that want it.
pub(crate) fn to_own(capabilities: &dyn Capabilities, owner: &User, node: &str, event: &Stanza) {
    for session in owner.available().iter().filter(|session| capabilities.wants(session, node)) {
        give(session, event);
    }
}

/// Gives an event to all sessions that want it and may have it.
pub(crate) fn to_all(ctx: &Arc<Ctx>, owner: &User, node: &str, access: Access, event: &Stanza) {
    let capabilities = &*ctx.contracts.capabilities;
    to_own(capabilities, owner, node, event);
    if access == Access::Whitelist {
        return;
    }
    let roster = owner.slot::<Roster>().unwrap_or_default();
    for contact in roster.watchers() {
        if let Some(contact) = ctx.sessions.user(contact.bare_str())
            && !are_apart(owner, &contact)
        {
            to_own(capabilities, &contact, node, event);
        }
    }
}

/// A failure that nobody waits for.
pub(crate) fn log(outcome: Result<(), DbError>) {
    if let Err(error) = outcome {
        let fault = Fault::from(error);
        tracing::error!(target: "pep", %fault, "published items could not be handled");
    }
}
