//! A feature as a value.

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use skein_base::AccountId;
use skein_db::{DbError, Migration, Sql, Tx};
use skein_session::Session;
use skein_session::user::Slot;
use skein_xml::Element;
use skein_xmpp::IqType;

use crate::alarm::Alarm;
use crate::command::Command;
use crate::contracts::{FollowFn, Provides};
use crate::ctx::Ctx;
use crate::event::{EventFn, Hearer};
use crate::exchange::Exchange;
use crate::host::Host;
use crate::iq::{Addressee, IqEntry, IqFn};
use crate::route::Route;
use crate::stage::Stage;

/// A boxed future, for what may wait.
pub type Future<'a, T> = Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;

/// A specification that a feature implements, for the DOAP list and the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// `RFC 6121`, `XEP-0313`.
    pub name: &'static str,
    /// Version implemented; empty for RFCs.
    pub version: &'static str,
    /// Title.
    pub title: &'static str,
}

/// What was looked at by service discovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The domain.
    Server,
    /// An account's bare address.
    Account,
}

/// Loads a user's slot, inside the read that loads the user. `None` where the account has
/// nothing but the default, as most have: then nothing is held for it.
pub type SlotLoader = fn(&mut Tx<'_>, AccountId) -> Result<Option<Slot>, DbError>;

/// Does what an element inside Bind 2's `<bind/>` asks, and gives the element of
/// the answer if there is one.
pub type InlineFn = fn(&Arc<Session>, Element<'_>);

/// An element that may stand in Bind 2's `<bind/>` (XEP-0386).
#[derive(Clone, Copy)]
pub struct Inline {
    /// The namespace that is advertised and that the element has.
    pub namespace: &'static str,
    /// Does it.
    pub handler: InlineFn,
}

/// Work that is done every so often.
#[derive(Clone, Copy)]
pub struct Job {
    /// For the log.
    pub name: &'static str,
    /// How often.
    pub every: Duration,
    /// Does it once.
    pub run: fn(Arc<Ctx>) -> Future<'static, ()>,
}

/// A feature. Build it with [`Feature::new`] and the methods below.
pub struct Feature {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) specs: &'static [Spec],
    pub(crate) migrations: Vec<Migration>,
    pub(crate) statements: Vec<&'static Sql>,
    pub(crate) stages: Vec<Stage>,
    pub(crate) iqs: Vec<IqEntry>,
    pub(crate) discovered: Vec<(Subject, &'static str)>,
    pub(crate) identities: Vec<(Subject, &'static str, &'static str)>,
    pub(crate) commands: Vec<Command>,
    pub(crate) slots: Vec<SlotLoader>,
    pub(crate) events: Vec<Hearer>,
    pub(crate) inline: Vec<Inline>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) routes: Vec<Route>,
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) followers: Vec<FollowFn>,
    pub(crate) state: Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) provides: Provides,
}

impl Feature {
    /// A feature that does nothing yet. `name` is the crate's folder, the prefix of
    /// its tables and its log target; `about` is one line.
    pub fn new(name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            about,
            specs: &[],
            migrations: Vec::new(),
            statements: Vec::new(),
            stages: Vec::new(),
            iqs: Vec::new(),
            discovered: Vec::new(),
            identities: Vec::new(),
            commands: Vec::new(),
            slots: Vec::new(),
            events: Vec::new(),
            inline: Vec::new(),
            jobs: Vec::new(),
            alarms: Vec::new(),
            routes: Vec::new(),
            exchanges: Vec::new(),
            hosts: Vec::new(),
            followers: Vec::new(),
            state: None,
            provides: Provides::default(),
        }
    }

    /// Which specifications it implements.
    #[must_use]
    pub const fn specs(mut self, specs: &'static [Spec]) -> Self {
        self.specs = specs;
        self
    }

    /// Tables and statements that use them, beside those of earlier calls.
    #[must_use]
    pub fn tables(
        mut self,
        migrations: &'static [Migration],
        statements: &'static [&'static Sql],
    ) -> Self {
        self.migrations.extend_from_slice(migrations);
        self.statements.extend_from_slice(statements);
        self
    }

    /// A handler on the way of a message.
    #[must_use]
    pub fn stage(mut self, stage: Stage) -> Self {
        self.stages.push(stage);
        self
    }

    /// Answers a request: `(namespace, element)` of type `kind` at `addressee`.
    #[must_use]
    pub fn iq(
        mut self,
        (namespace, element): (&'static str, &'static str),
        kind: IqType,
        addressee: Addressee,
        handler: IqFn,
    ) -> Self {
        self.iqs.push(IqEntry { namespace, element, kind, addressee, handler });
        self
    }

    /// Advertises a feature in service discovery.
    #[must_use]
    pub fn discovered(mut self, subject: Subject, features: &[&'static str]) -> Self {
        self.discovered.extend(features.iter().map(|feature| (subject, *feature)));
        self
    }

    /// Advertises an identity (category, type) in service discovery.
    #[must_use]
    pub fn identity(
        mut self,
        subject: Subject,
        category: &'static str,
        kind: &'static str,
    ) -> Self {
        self.identities.push((subject, category, kind));
        self
    }

    /// Has an ad-hoc command (XEP-0050).
    #[must_use]
    pub fn command(mut self, command: Command) -> Self {
        self.commands.push(command);
        self
    }

    /// State that is loaded with each user.
    #[must_use]
    pub fn slot(mut self, loader: SlotLoader) -> Self {
        self.slots.push(loader);
        self
    }

    /// Hears events.
    #[must_use]
    pub fn on(mut self, handler: EventFn) -> Self {
        self.events.push(Hearer { of_sessions: true, hear: handler });
        self
    }

    /// Hears events but those of sessions ([`Event::is_of_session`]): each login is some of
    /// them, and most features have nothing to do with it.
    #[must_use]
    pub fn on_rare(mut self, handler: EventFn) -> Self {
        self.events.push(Hearer { of_sessions: false, hear: handler });
        self
    }

    /// Understands an element inside Bind 2's `<bind/>`.
    #[must_use]
    pub fn inline(mut self, namespace: &'static str, handler: InlineFn) -> Self {
        self.inline.push(Inline { namespace, handler });
        self
    }

    /// Has work to do every so often.
    #[must_use]
    pub fn job(mut self, job: Job) -> Self {
        self.jobs.push(job);
        self
    }

    /// Has work to do when something is due.
    #[must_use]
    pub fn alarm(mut self, alarm: Alarm) -> Self {
        self.alarms.push(alarm);
        self
    }

    /// Answers over HTTP.
    #[must_use]
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// Answers over HTTP with content that flows.
    #[must_use]
    pub fn exchange(mut self, exchange: Exchange) -> Self {
        self.exchanges.push(exchange);
        self
    }

    /// Answers for domains beside ours.
    #[must_use]
    pub fn host(mut self, host: Host) -> Self {
        self.hosts.push(host);
        self
    }

    /// Says what follows from changes of what accounts publish.
    #[must_use]
    pub fn follows(mut self, follow: FollowFn) -> Self {
        self.followers.push(follow);
        self
    }

    /// State of its own that handlers reach by `ctx.state::<T>()`.
    #[must_use]
    pub fn state<T: Any + Send + Sync>(mut self, state: Arc<T>) -> Self {
        self.state = Some(state);
        self
    }

    /// The contracts that it fulfils.
    pub const fn provided(&self) -> &Provides {
        &self.provides
    }

    /// Contracts that it fulfils.
    #[must_use]
    pub fn provides(mut self, provide: impl FnOnce(&mut Provides)) -> Self {
        provide(&mut self.provides);
        self
    }
}
