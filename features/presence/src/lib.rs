//! Who is available, and to whom (RFC 6121 sections 3 and 4).
//!
//! Its way: the router hands over each presence that a session sends
//! (`outgoing.rs`) and each that reaches an account (`incoming.rs`). What a
//! subscription stanza does to each side's state is decided by `rules.rs`, the
//! tables of appendix A as pure functions.
//!
//! Invariants: nobody's presence reaches anyone whose roster entry does not say
//! `from`, but for presence that was directed by hand; an account that does not
//! exist answers like one that does not want to be seen.

mod broadcast;
mod incoming;
mod outgoing;
mod overseen;
mod rules;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use skein_base::Fault;
use skein_kernel::contracts::Presence;
use skein_kernel::{Ctx, Event, Feature, Future, Refusal, Spec, Subject};
use skein_session::Session;
use skein_xmpp::{Stanza, ns};

/// The feature.
pub fn feature() -> Feature {
    Feature::new("presence", "tells contacts who is available")
        .specs(&[Spec { name: "RFC 6121", version: "", title: "Instant Messaging and Presence" }])
        .discovered(Subject::Server, &["presence", ns::PRE_APPROVAL])
        .provides(|provides| provides.presence = Some(Arc::new(Rules)))
        .state(Arc::new(overseen::Contacts::default()))
        .on_rare(|ctx, event| {
            Box::pin(async move {
                match event {
                    Event::Connected(domain) => {
                        if let Err(error) = overseen::came(&ctx, &domain).await {
                            let fault = Fault::from(error);
                            tracing::error!(target: "presence", %fault, "a component is not told who is there");
                        }
                    }
                    Event::Disconnected(domain) => overseen::gone(&ctx, &domain),
                    _ => {}
                }
            })
        })
}

/// The contract.
struct Rules;

impl Presence for Rules {
    fn outgoing(
        &self,
        ctx: Arc<Ctx>,
        session: Arc<Session>,
        stanza: Stanza,
    ) -> Future<'static, Result<(), Refusal>> {
        Box::pin(outgoing::send(ctx, session, stanza))
    }

    fn directed(&self, ctx: &Ctx, session: &Session, stanza: &Stanza) -> Result<(), Refusal> {
        outgoing::note_directed(ctx, session, stanza)
    }

    fn incoming(&self, ctx: Arc<Ctx>, stanza: Stanza) -> Future<'static, Result<(), Refusal>> {
        Box::pin(incoming::receive(ctx, stanza))
    }

    fn lost(&self, ctx: Arc<Ctx>, session: Arc<Session>) -> Future<'static, ()> {
        Box::pin(async move { broadcast::gone(&ctx, &session, None).await })
    }
}
