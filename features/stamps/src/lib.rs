//! Takes away what clients may not say: ids, times and wrappers in the name of this
//! server or of accounts here (XEP-0359 section 6, XEP-0203 section 5).
//!
//! The true ones are added when a message is delivered, behind what its sender wrote.
//!
//! Invariants: no message leaves its sender's stages with a top-level claim that only
//! the server may make; claims of servers elsewhere and the sender's own
//! `<origin-id/>` are left alone.

mod rules;

use skein_kernel::{Feature, Spec, Stage, Subject};
use skein_xmpp::ns;

/// The feature.
pub fn feature() -> Feature {
    Feature::new("stamps", "removes forged ids, times and wrappers from messages")
        .specs(&[Spec {
            name: "XEP-0359",
            version: "0.7.0",
            title: "Unique and Stable Stanza IDs",
        }])
        .stage(Stage::Stamp(|sending, stanza| {
            stanza.strip(|child| rules::is_forged(child, |domain| sending.ctx.serves(domain)));
        }))
        .discovered(Subject::Server, &[ns::STANZA_ID])
        .discovered(Subject::Account, &[ns::STANZA_ID])
}
