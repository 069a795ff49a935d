//! Components: programs such as gateways that connect to the server and answer for a
//! domain each (XEP-0114). Those that the operator trusts act for accounts (XEP-0356).
//!
//! Its way: `transport/connection/component.rs` speaks with the program; what it says goes to
//! `router/component.rs`. What is addressed to its domain comes here and waits in its stream.
//!
//! Invariants: a message that an account sends is in its archive before the component has
//! it; a component that is away or slow costs its correspondents an error and nobody else
//! anything.

use std::sync::Arc;

use skein_db::{DbError, Tx};
use skein_kernel::{Envelope, Feature, Host, Refusal, Reply, Spec, Visit, Write};
use skein_session::component::Component;
use skein_xmpp::{Condition, ErrorType, Kind, Stanza, StanzaError};

/// The feature.
pub fn feature() -> Feature {
    Feature::new("components", "connects gateways and other programs with domains of their own")
        .specs(&[
            Spec { name: "XEP-0114", version: "1.6", title: "Jabber Component Protocol" },
            Spec { name: "XEP-0356", version: "0.4.1", title: "Privileged Entity" },
        ])
        .host(Host {
            domains: |config| {
                let all = &config.components.secrets;
                all.iter().map(|component| component.domain.clone()).collect()
            },
            title: Some("Component"),
            handler: |visit| Box::pin(async move { give(visit) }),
        })
}

/// Puts a stanza into the stream of the component that it is for.
fn give(visit: Visit) -> Result<Reply, Refusal> {
    let Visit { ctx, session, stanza } = visit;
    let component = stanza.to.as_ref().and_then(|to| ctx.components.of(to.domain()));
    let Some(component) = component else {
        return Err(wait(Condition::ServiceUnavailable, "this service is not connected now"));
    };
    if !component.has_room() {
        return Err(wait(Condition::ResourceConstraint, "this service is busy"));
    }
    if session.is_none() || !matches!(stanza.kind, Kind::Message(_)) {
        component.push(&stanza);
        return Ok(Reply::Nothing);
    }
    let mut envelope = Envelope::new(stanza.clone(), session);
    envelope.writes.push(Box::new(Given { component, stanza }));
    Ok(Reply::Converse(envelope))
}

fn wait(condition: Condition, text: &str) -> Refusal {
    StanzaError::new(condition).class(ErrorType::Wait).text(text).into()
}

/// A message on its way behind the commit.
struct Given {
    component: Arc<Component>,
    stanza: Stanza,
}

impl Write for Given {
    fn write(&mut self, _: &mut Tx<'_>) -> Result<(), DbError> {
        Ok(())
    }

    fn done(&mut self) {
        self.component.push(&self.stanza);
    }
}
