//! Where a stanza goes.
//!
//! Floor 1. [`Router::handle`] takes what a session received in one read: runs
//! the sender's stages, decides by [`rules`], runs the recipient's stages, and
//! collects the envelopes in a [`batch`]. The batch commits once; its
//! deliveries happen on the writer's thread in the order of the commit, so the
//! order of a log is the order in which its devices see it.
//!
//! Invariants: nothing of a batch leaves before its commit; a session's stanzas
//! take effect in the order in which they came; `from` is always the true one.

mod batch;
mod component;
mod deliver;
mod end;
mod iq;
mod message;
mod privileged;
pub mod rules;

use std::sync::Arc;

use skein_db::Around;
use skein_kernel::counters::Tally;
use skein_kernel::exchange::Exchange;
use skein_kernel::feature::{EventFn, Inline, Job};
use skein_kernel::iq::IqTable;
use skein_kernel::route;
use skein_kernel::stage::Pipeline;
use skein_kernel::{Alarm, Composed, Ctx, Event, Future, Refusal, Request, Route, Sending};
use skein_session::Session;
use skein_xmpp::{Condition, Jid, Kind, PresenceType, Stanza, StanzaError};
use tokio::runtime::Handle;

use batch::Batch;

/// See the module. Clones share everything.
#[derive(Clone)]
pub struct Router {
    core: Arc<Core>,
}

/// What every task of the router shares.
pub(crate) struct Core {
    pub(crate) ctx: Arc<Ctx>,
    pub(crate) pipeline: Pipeline,
    pub(crate) iqs: IqTable,
    pub(crate) events: Vec<EventFn>,
    pub(crate) inline: Vec<Inline>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) routes: Vec<route::Route>,
    pub(crate) exchanges: Vec<Exchange>,
}

/// All that one transaction brings a client leaves in one write, by the threads of the runtime:
/// the writer's thread has the next transaction to do.
#[derive(Debug)]
struct Together(Option<Handle>);

impl Around for Together {
    fn around(&self, answer: &mut dyn FnMut()) {
        skein_session::together(answer, |sessions| {
            skein_session::spread(|| self.0.clone(), sessions.into_iter());
        });
    }
}

impl Router {
    /// Takes the composed features over and becomes their route.
    pub fn new(composed: Composed) -> Self {
        let Composed { ctx, pipeline, iqs, events, inline, jobs, alarms, routes, exchanges } =
            composed;
        let router = Self {
            core: Arc::new(Core {
                ctx: ctx.clone(),
                pipeline,
                iqs,
                events,
                inline,
                jobs,
                alarms,
                routes,
                exchanges,
            }),
        };
        ctx.set_route(Arc::new(router.clone()));
        ctx.db.answer_within(Box::new(Together(Handle::try_current().ok())));
        router
    }

    /// The server as features see it.
    pub fn ctx(&self) -> &Arc<Ctx> {
        &self.core.ctx
    }

    /// What may stand in Bind 2's `<bind/>`.
    pub fn inline(&self) -> &[Inline] {
        &self.core.inline
    }

    /// Work to do every so often.
    pub fn jobs(&self) -> &[Job] {
        &self.core.jobs
    }

    /// Work to do when something is due.
    pub fn alarms(&self) -> &[Alarm] {
        &self.core.alarms
    }

    /// What features answer over HTTP.
    pub fn routes(&self) -> &[route::Route] {
        &self.core.routes
    }

    /// What features answer over HTTP with content that flows.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.core.exchanges
    }

    /// Handles stanzas that `session` sent, in their order. When it returns, all
    /// their effects are durable and they are counted as handled.
    pub async fn handle(&self, session: &Arc<Session>, stanzas: Vec<Stanza>) {
        let core = &self.core;
        let mut batch = Batch::new(core.clone(), Some(session.clone()));
        let mut tally = Tally::default();
        for mut stanza in stanzas {
            stanza.from = Some(session.jid.clone());
            batch.handled += 1;
            tally.add(stanza.kind);
            match stanza.kind {
                Kind::Message(_) => message::send(core, session, stanza, &mut batch).await,
                Kind::Iq(kind) if !kind.is_request() => {
                    answered(core, session, stanza, &mut batch).await;
                }
                Kind::Iq(_) => {
                    // An answer must show the effects of what was sent before.
                    batch.commit().await;
                    Box::pin(iq::request(core, session, stanza, &mut batch)).await;
                }
                Kind::Presence(_) => {
                    batch.commit().await;
                    Box::pin(presence(core, session, stanza, &mut batch)).await;
                }
            }
        }
        core.ctx.counters.received(tally);
        batch.commit().await;
    }
}

impl Route for Router {
    fn route(&self, stanza: Stanza) -> Future<'static, ()> {
        let core = self.core.clone();
        Box::pin(async move {
            let mut batch = Batch::new(core.clone(), None);
            message::arrive(&core, stanza, &mut batch).await;
            batch.commit().await;
        })
    }

    fn notify(&self, event: Event) -> Future<'static, ()> {
        let core = self.core.clone();
        Box::pin(async move { core.tell(event).await })
    }

    fn end(&self, session: Arc<Session>) -> Future<'static, ()> {
        let router = self.clone();
        Box::pin(async move { Self::end(&router, &session).await })
    }

    fn answer(&self, request: Request) -> Future<'static, Result<Stanza, Refusal>> {
        let core = self.core.clone();
        Box::pin(async move { iq::answer(&core, request).await })
    }
}

impl Core {
    /// Tells all features of an event.
    pub(crate) async fn tell(&self, event: Event) {
        for hear in &self.events {
            hear(self.ctx.clone(), event.clone()).await;
        }
    }

    /// Puts an error answer into the sender's outbox, if one may be given.
    pub(crate) fn bounce(&self, session: &Session, stanza: &Stanza, error: &StanzaError) {
        let mut original = stanza.clone();
        original.to.get_or_insert_with(|| session.user.jid.clone());
        if let Some(answer) = original.error(error) {
            session.send(&answer);
        }
    }

    /// Whether `jid` is at a domain of ours.
    pub(crate) fn is_local(&self, jid: &Jid) -> bool {
        self.ctx.serves(jid.domain())
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
