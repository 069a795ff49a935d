//! How fast an account may send messages.
//!
//! Every message counts, whatever it holds: chat states and empty messages wake
//! phones as texts do. What is too fast is refused with an error that says so, and
//! the client may send it again.
//!
//! Invariants: an account that keeps to its rate is never refused; memory is bounded by
//! the accounts that sent a moment ago.

use std::sync::Arc;

use skein_kernel::{Feature, Pace, Paces, Sending, Stage, Verdict};
use skein_xmpp::{Condition, ErrorType, StanzaError};

/// The feature.
pub fn feature() -> Feature {
    Feature::new("limits", "keeps accounts from flooding others")
        .state(Arc::new(Messages::default()))
        .stage(Stage::Limit(|sending, _| judge(sending)))
}

/// Who sent a moment ago.
#[derive(Default)]
struct Messages(Paces);

fn judge(sending: &Sending<'_>) -> Verdict {
    let limits = &sending.ctx.config.limits;
    if !limits.rate {
        return Verdict::Pass;
    }
    let senders = sending.ctx.state::<Messages>();
    if senders.0.admit(sending.session.account(), Pace::of(limits.messages), sending.now) {
        return Verdict::Pass;
    }
    Verdict::Reject(
        StanzaError::new(Condition::PolicyViolation)
            .class(ErrorType::Wait)
            .text("too many messages at once; wait some seconds and send it again"),
    )
}
