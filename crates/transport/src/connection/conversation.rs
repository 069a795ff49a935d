//! Acts on what a bound client says.

use std::sync::Arc;
use std::time::Duration;

use skein_base::limits;
use skein_kernel::Event;
use skein_session::{Flag, Owed, Session};
use skein_stream::live::{Enable, Heard};
use skein_stream::{framing, management};
use skein_xmpp::{Stanza, StreamError, ns};

use super::{Attached, Service};

/// Whether the conversation goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    On,
    /// Another connection has taken the session.
    TakenOver,
}

/// A client and its session.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// The session and which connection this is.
    pub attached: Attached,
}

impl Conversation {
    /// Acts on `heard`, in order. When it returns, all effects are durable.
    ///
    /// # Errors
    /// The stream must end with this error.
    pub async fn hear(&self, service: &Service, heard: Vec<Heard>) -> Result<Flow, StreamError> {
        let session = &self.attached.session;
        let _handling = session.handling().await;
        if session.with_outbox_mut(|outbox| outbox.epoch()) != self.attached.epoch {
            return Ok(Flow::TakenOver);
        }
        let mut stanzas = Vec::with_capacity(heard.len());
        for one in heard {
            if let Heard::Stanza(stanza) = one {
                if stanza.from.as_ref().is_some_and(|from| !is_own(session, from)) {
                    handle(service, session, stanzas).await;
                    return Err(StreamError::new("invalid-from"));
                }
                stanzas.push(stanza);
                continue;
            }
            handle(service, session, std::mem::take(&mut stanzas)).await;
            Box::pin(self.act(service, one)).await?;
        }
        handle(service, session, stanzas).await;
        Ok(Flow::On)
    }

    async fn act(&self, service: &Service, heard: Heard) -> Result<(), StreamError> {
        let session = &self.attached.session;
        match heard {
            Heard::Stanza(_) => {}
            Heard::Refused(refused) => {
                let (mut stanza, error) = *refused;
                stanza.to.get_or_insert_with(|| session.user.jid.clone());
                stanza.from = Some(session.jid.clone());
                if let Some(answer) = stanza.error(&error) {
                    session.send(&answer);
                }
                session.count_handled(1);
            }
            Heard::AckRequest => acknowledge(service, session).await?,
            Heard::Acknowledged(h) => acknowledged(service, session, h).await?,
            Heard::Active(active) => {
                session.set(Flag::Inactive, !active);
                if active {
                    session.with_outbox_mut(|outbox| outbox.release());
                }
            }
            Heard::Enable(enable) => {
                let has = session.with_outbox_mut(|outbox| outbox.unacked().is_some());
                let answer = if has {
                    management::failed("unexpected-request", None)
                } else {
                    let resumable = service.manage(session, enable).await;
                    management::enabled(resumable.as_ref().map(|(id, max)| (&**id, *max)))
                };
                session.with_outbox_mut(|outbox| outbox.push_element(&answer));
            }
            Heard::Resume => {
                let failed = management::failed("unexpected-request", None);
                session.with_outbox_mut(|outbox| outbox.push_element(&failed));
            }
        }
        Ok(())
    }
}

impl Conversation {
    /// Everything that waited is written. A client that catches up with its log may get
    /// more; one that counts is waited for until it has acknowledged.
    pub async fn drained(&self, service: &Service) {
        let session = &self.attached.session;
        if !session.is(Flag::CatchesUp) {
            return;
        }
        let is_calm = session.with_outbox_mut(|outbox| {
            outbox.is_empty() && outbox.unacked().is_none_or(|unacked| unacked.is_empty())
        });
        if is_calm && session.set(Flag::CatchesUp, false) {
            service.ctx().route().notify(Event::Drained(session.clone())).await;
        }
    }
}

async fn handle(service: &Service, session: &Arc<Session>, stanzas: Vec<Stanza>) {
    if !stanzas.is_empty()
        && let Some(rest) = service.router.handle(session, stanzas)
    {
        rest.await;
    }
}

/// A client may name its account, with whatever resource: clients that were resumed go on
/// with the one they had in mind. Anybody else is refused (RFC 6120 section 8.1.2.1);
/// the router writes the true address in any case.
fn is_own(session: &Session, from: &skein_xmpp::Jid) -> bool {
    from.same_bare(&session.jid)
}

/// Answers `<r/>`: the count, once it is durable.
async fn acknowledge(service: &Service, session: &Arc<Session>) -> Result<(), StreamError> {
    if !session.with_outbox_mut(|outbox| outbox.unacked().is_some()) {
        return Err(StreamError::new("policy-violation").text("stream management is not enabled"));
    }
    if session.is(Flag::Resumable)
        && !session.is_durable()
        && let Err(error) = skein_session::store::store_handled(&service.ctx().db, session).await
    {
        tracing::error!(target: "transport", %error, "what was handled could not be noted");
        return Err(StreamError::new("internal-server-error"));
    }
    let answer = management::acknowledged(session.handled());
    session.with_outbox_mut(|outbox| outbox.push_element(&answer));
    Ok(())
}

async fn acknowledged(
    service: &Service,
    session: &Arc<Session>,
    h: u32,
) -> Result<(), StreamError> {
    let done =
        session.with_outbox_mut(|outbox| outbox.unacked().map(|unacked| unacked.acknowledge(h)));
    let done: Vec<Owed> = match done {
        None => {
            return Err(
                StreamError::new("policy-violation").text("stream management is not enabled")
            );
        }
        Some(Ok(done)) => done,
        Some(Err(_)) => {
            return Err(
                StreamError::new("undefined-condition").specific("handled-count-too-high", ns::SM)
            );
        }
    };
    take_note(service, session, &done).await;
    Ok(())
}

/// The client has `done`: what it has of its log is noted, and it may get more of it.
pub(super) async fn take_note(service: &Service, session: &Arc<Session>, done: &[Owed]) {
    let newest = done.iter().filter_map(|owed| owed.log.as_ref()).map(|place| place.seq).max();
    if let Some(seq) = newest
        && session.is(Flag::Resumable)
    {
        service.ctx().sessions.note_delivered(session, seq);
    }
    if session.is(Flag::CatchesUp)
        && let Some(seq) = newest
    {
        let is_settled = session
            .with_outbox_mut(|outbox| outbox.unacked().is_none_or(|unacked| unacked.is_empty()));
        if is_settled {
            session.set(Flag::CatchesUp, false);
        }
        let event = Event::Acknowledged { session: session.clone(), seq };
        service.ctx().route().notify(event).await;
    }
}

impl Service {
    /// Begins stream management. Gives the secret id and the seconds if the session can be
    /// resumed.
    pub(super) async fn manage(
        &self,
        session: &Arc<Session>,
        enable: Enable,
    ) -> Option<(Box<str>, u64)> {
        let ctx = self.ctx();
        session.reset_handled();
        session.set_durable(0);
        session.with_outbox_mut(|outbox| outbox.enable_management());
        let most = ctx.config.limits.resumable;
        let wish = enable.max.map_or(most, |secs| Duration::from_secs(secs.into()));
        let resumable = wish.min(most).max(limits::RESUMABLE_LEAST.min(most));
        if !enable.resume || resumable.is_zero() {
            return None;
        }
        let id = framing::stream_id(&*ctx.rng);
        session.set_previd(&id);
        let until = ctx.now().plus(resumable);
        let (server, account) = (ctx.clone(), session.account());
        let head = ctx.db.read(move |tx| server.contracts.log.head(tx, account)).await;
        session.set_delivered(head.unwrap_or(0));
        if let Err(error) = skein_session::store::begin(&ctx.db, session, until).await {
            tracing::error!(target: "transport", %error, "a session cannot be made resumable");
            session.set_previd("");
            return None;
        }
        Some((id.into(), resumable.as_secs()))
    }
}
