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
mod handling;
mod iq;
mod message;
mod privileged;
pub mod rules;

use std::sync::Arc;

use skein_db::Around;
use skein_kernel::event::Hearer;
use skein_kernel::exchange::Exchange;
use skein_kernel::feature::{Inline, Job};
use skein_kernel::iq::IqTable;
use skein_kernel::route;
use skein_kernel::stage::Pipeline;
use skein_kernel::{Alarm, Composed, Ctx, Event, Future, Refusal, Request, Route};
use skein_session::Session;
use skein_xmpp::{Jid, Stanza, StanzaError};
use tokio::runtime::Handle;

use batch::Batch;
use handling::Handling;

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
    pub(crate) events: Vec<Hearer>,
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

    /// Handles stanzas that `session` sent, in their order. Once it, or the future that it
    /// gives where something has to be waited for, is done, all their effects are durable and
    /// they are counted as handled.
    pub fn handle(
        &self,
        session: &Arc<Session>,
        stanzas: Vec<Stanza>,
    ) -> Option<Future<'static, ()>> {
        Handling::new(&self.core, session, stanzas).start()
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
    /// Tells the features of an event.
    pub(crate) async fn tell(&self, event: Event) {
        let is_rare = !event.is_of_session();
        for hearer in self.events.iter().filter(|hearer| is_rare || hearer.of_sessions) {
            (hearer.hear)(self.ctx.clone(), event.clone()).await;
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
