//! Clients that say nothing. A phone that lost its network says no farewell, and as long as
//! nothing is sent to it TCP does not notice: so it is asked whether it is there.

use std::time::Duration;

use skein_session::Session;
use skein_session::outbox::Link;
use skein_stream::Framing;
use skein_xmpp::{IqType, Kind, Stanza, ns};

use super::Service;

impl Service {
    /// How often [`Service::ask_the_silent`] is worth a call.
    pub fn silence_period(&self) -> Duration {
        self.ctx().config.limits.silence / 8
    }

    /// Asks clients that were not heard for `limits.silence`; takes connections for lost on
    /// which then nothing came for `limits.acknowledgement`.
    pub fn ask_the_silent(&self) {
        let limits = &self.ctx().config.limits;
        let now = self.ctx().now();
        for session in self.ctx().sessions.all() {
            let silent = now.since(session.heard());
            // BOSH has a time of its own (XEP-0124 section 10).
            let watched = |session: &Session| {
                session
                    .with_outbox_mut(|o| o.link() == Link::Attached && o.framing() != Framing::Bosh)
            };
            if silent < limits.silence || !watched(&session) {
                continue;
            }
            if silent < limits.silence + limits.acknowledgement {
                ask(&session);
            } else {
                session.lose();
            }
        }
    }
}

/// Asks for a sign of life: an acknowledgement, or a pong of those that do not count
/// (XEP-0199 section 4.1).
fn ask(session: &Session) {
    if session.with_outbox_mut(|outbox| outbox.ask()) {
        return;
    }
    let mut ping = Stanza::new(Kind::Iq(IqType::Get));
    ping.from = Some(session.jid.to_domain());
    ping.to = Some(session.jid.clone());
    ping.id = Some("silence".into());
    session.send(&ping.with_content(|writer| {
        writer.start("ping", ns::PING);
        writer.end();
    }));
}
