//! What a session sent in one read, on its way.
//!
//! Nearly all messages need nothing that has to be waited for: their receivers are loaded, and
//! where nothing is kept nothing has to be durable. Those are done at once, by plain calls; a
//! future exists only where something is waited for.

use std::sync::Arc;
use std::vec::IntoIter;

use skein_kernel::counters::Tally;
use skein_kernel::{Future, Host, Sending};
use skein_session::Session;
use skein_xmpp::{Condition, Kind, PresenceType, Stanza};

use crate::Core;
use crate::batch::Batch;
use crate::{iq, message};

/// See the module.
pub(crate) struct Handling {
    core: Arc<Core>,
    session: Arc<Session>,
    stanzas: IntoIter<Stanza>,
    batch: Batch,
    tally: Tally,
}

/// A stanza for which something has to be waited for.
pub(crate) enum Waits {
    /// A message behind its sender's stages, for an account that is not loaded.
    Absent(Stanza),
    /// A message behind its sender's stages, for a domain that a feature answers for.
    Visit(Host, Stanza),
    /// Any stanza that is no message.
    Other(Stanza),
}

impl Handling {
    pub(crate) fn new(core: &Arc<Core>, session: &Arc<Session>, stanzas: Vec<Stanza>) -> Self {
        let mut batch = Batch::new(core.clone(), Some(session.clone()));
        batch.expect(stanzas.len());
        let (core, session, stanzas) = (core.clone(), session.clone(), stanzas.into_iter());
        Self { core, session, stanzas, batch, tally: Tally::default() }
    }

    /// Does all of it; gives what is left once something has to be waited for.
    pub(crate) fn start(mut self) -> Option<Future<'static, ()>> {
        let waits = self.go();
        if waits.is_none() && self.batch.leave() {
            return None;
        }
        Some(Box::pin(self.go_on(waits)))
    }

    /// Goes on until something has to be waited for; `None` at the end.
    fn go(&mut self) -> Option<Waits> {
        for mut stanza in self.stanzas.by_ref() {
            stanza.from = Some(self.session.jid.clone());
            self.batch.handled += 1;
            self.tally.add(stanza.kind);
            let waits = match stanza.kind {
                Kind::Message(_) => {
                    message::send(&self.core, &self.session, stanza, &mut self.batch)
                }
                _ => Some(Waits::Other(stanza)),
            };
            if waits.is_some() {
                return waits;
            }
        }
        self.core.ctx.counters.received(std::mem::take(&mut self.tally));
        None
    }

    async fn go_on(mut self, mut waits: Option<Waits>) {
        while let Some(stanza) = waits {
            let Self { core, session, batch, .. } = &mut self;
            match stanza {
                Waits::Absent(stanza) => message::send_to(core, session, stanza, batch).await,
                Waits::Visit(host, stanza) => {
                    message::visit(core, host, Some(session), stanza, batch).await;
                }
                Waits::Other(stanza) => other(core, session, stanza, batch).await,
            }
            waits = self.go();
        }
        self.batch.commit().await;
    }
}

async fn other(core: &Arc<Core>, session: &Arc<Session>, stanza: Stanza, batch: &mut Batch) {
    match stanza.kind {
        Kind::Iq(kind) if !kind.is_request() => answered(core, session, stanza, batch).await,
        Kind::Iq(_) => {
            // An answer must show the effects of what was sent before.
            batch.commit().await;
            Box::pin(iq::request(core, session, stanza, batch)).await;
        }
        _ => {
            batch.commit().await;
            Box::pin(presence(core, session, stanza, batch)).await;
        }
    }
}

/// The answer of a client to a request: ours, a host's, or another session's.
async fn answered(core: &Arc<Core>, session: &Arc<Session>, stanza: Stanza, batch: &mut Batch) {
    if !message::may_leave(core, session, &stanza, batch) {
        return;
    }
    if let Some(host) = stanza.to.as_ref().and_then(|to| core.ctx.host(to.domain())) {
        return message::visit(core, host, Some(session), stanza, batch).await;
    }
    match core.ctx.asked(session, &stanza) {
        Some(answer) => answer(core.ctx.clone(), session.clone(), stanza).await,
        None => message::forward(core, session, stanza, batch),
    }
}

async fn presence(core: &Arc<Core>, session: &Arc<Session>, mut stanza: Stanza, batch: &mut Batch) {
    if stanza.kind == Kind::Presence(PresenceType::Available) {
        let sending = Sending { ctx: &core.ctx, session, now: batch.at() };
        core.pipeline.tell.iter().for_each(|tell| tell(&sending, &mut stanza));
    }
    if !message::may_leave(core, session, &stanza, batch) {
        return;
    }
    let presence = core.ctx.contracts.presence.clone();
    let is_direct = matches!(
        stanza.kind,
        Kind::Presence(kind) if !kind.is_subscription() && kind != PresenceType::Probe
    );
    let host = stanza.to.as_ref().and_then(|to| core.ctx.host(to.domain()));
    if let Some(host) = host.filter(|_| is_direct) {
        // Noted, so that the host hears of it when the session ends without a word.
        let noted = presence.directed(&core.ctx, session, &stanza);
        return match noted {
            Ok(()) => message::visit(core, host, Some(session), stanza, batch).await,
            Err(refusal) => core.bounce(session, &stanza, &refusal.into_error()),
        };
    }
    let remote = host.is_none() && stanza.to.as_ref().is_some_and(|to| !core.is_local(to));
    if remote && !stanza.kind.is_error() {
        core.bounce(session, &stanza, &Condition::RemoteServerNotFound.into());
        return;
    }
    if let Err(refusal) = presence.outgoing(core.ctx.clone(), session.clone(), stanza.clone()).await
    {
        core.bounce(session, &stanza, &refusal.into_error());
    }
}
