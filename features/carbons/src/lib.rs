//! Copies for one's other devices (XEP-0280).
//!
//! Its way of a message: at Fan the recipient's other sessions that asked for it get
//! what was received, at Copy the sender's get what was sent. Which messages are
//! copied is decided by `rules.rs`; the copy is made from the message as it stands
//! in the log, so that it carries the same id everywhere.
//!
//! Invariants: nobody gets a message twice; what is private reaches no session
//! beside those that the RFC's rules chose; a copy is never copied.

mod handle;
mod proto;
mod rules;
#[cfg(test)]
mod tests;

use skein_kernel::{Addressee, Feature, Spec, Stage, Subject};
use skein_session::Flag;
use skein_xmpp::{IqType, ns};

/// The feature.
pub fn feature() -> Feature {
    Feature::new("carbons", "copies messages to one's other devices")
        .specs(&[
            Spec { name: "XEP-0280", version: "1.0.1", title: "Message Carbons" },
            Spec { name: "XEP-0334", version: "0.4.0", title: "Message Processing Hints" },
        ])
        .stage(Stage::Copy(handle::copy))
        .stage(Stage::Fan(handle::fan))
        .iq((ns::CARBONS, "enable"), IqType::Set, Addressee::Own, |request| {
            Box::pin(async move {
                request.session.set(Flag::Carbons, true);
                Ok(request.done())
            })
        })
        .iq((ns::CARBONS, "disable"), IqType::Set, Addressee::Own, |request| {
            Box::pin(async move {
                request.session.set(Flag::Carbons, false);
                Ok(request.done())
            })
        })
        .inline(ns::CARBONS, |session, element| {
            if element.name() == "enable" {
                session.set(Flag::Carbons, true);
            }
        })
        .discovered(Subject::Server, &[ns::CARBONS, ns::CARBONS_RULES])
        .discovered(Subject::Account, &[ns::CARBONS, ns::CARBONS_RULES])
}
