//! Messages with a timer (XEP-0466) and messages that can be viewed once. The protocol is
//! described in docs/ephemeral.md.
//!
//! Its way of a message: at Guard a timer that is no time is refused; at Stamp the server
//! says when the message is gone (`timers.rs`). Who keeps messages goes by that: logs,
//! rooms, the outboxes of sessions. Clients that know no timers get a sentence beside the
//! message on its way out (`hint.rs`). At Record the content of what can be viewed once is
//! set aside and an envelope goes in its place (`once/`).
//!
//! Invariants: only the server says when a message is gone; what is viewed once leaves the
//! store in the transaction that lets one device have it.

mod hint;
mod once;
mod timers;

use std::sync::Arc;

use skein_base::Secret;
use skein_kernel::{Feature, Spec, Stage, Subject};
use skein_xmpp::ns;

/// The feature. `secret` is the server's.
pub fn feature(secret: &Secret<[u8; 32]>) -> Feature {
    let feature = Feature::new("ephemeral", "lets messages vanish: by a timer, or when viewed")
        .specs(&[Spec { name: "XEP-0466", version: "0.1.0", title: "Ephemeral Messages" }])
        .stage(Stage::Guard(timers::guard))
        .stage(Stage::Stamp(timers::stamp))
        .provides(|provides| provides.hints = Some(Arc::new(hint::Sentences)))
        .discovered(Subject::Server, &[ns::EPHEMERAL, ns::VIEW_ONCE])
        .discovered(Subject::Account, &[ns::EPHEMERAL, ns::VIEW_ONCE]);
    once::register(feature, secret)
}
