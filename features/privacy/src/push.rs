//! Pushes to the owner's devices that asked for what changes.

use std::sync::atomic::{AtomicU64, Ordering};

use skein_session::{Flag, User};
use skein_xml::Writer;
use skein_xmpp::{IqType, Kind, Stanza, ns};

/// What the ids of pushes are made of: nobody but the owner's devices sees them.
static PUSHES: AtomicU64 = AtomicU64::new(1);

/// To the devices that asked by `flag`.
pub(crate) fn push(owner: &User, flag: Flag, write: impl Fn(&mut Writer)) {
    for session in owner.sessions().iter().filter(|session| session.is(flag)) {
        let mut iq = Stanza::new(Kind::Iq(IqType::Set));
        iq.to = Some(session.jid.clone());
        iq.id = Some(format!("push-{}", PUSHES.fetch_add(1, Ordering::Relaxed)).into());
        session.send(&iq.with_content(&write));
    }
}

/// News of requests.
pub(crate) fn push_request(owner: &User, write: impl Fn(&mut Writer)) {
    push(owner, Flag::WatchesRequests, |writer| {
        writer.start("requests", ns::PRIVACY_RULES);
        write(writer);
        writer.end();
    });
}
