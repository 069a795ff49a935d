//! What a handler may reach.

use std::any::{Any, TypeId};
use std::sync::{Arc, OnceLock};

use skein_base::{Clock, Rng, Secret, Timestamp};
use skein_config::Config;
use skein_db::{Db, DbError};
use skein_session::component::Component;
use skein_session::{Components, Session, Sessions, User};
use skein_xmpp::{Jid, Stanza, StreamError};

use crate::asks::Asks;
use crate::command::Command;
use crate::contracts::Contracts;
use crate::counters::Counters;
use crate::ending::{EndFn, Ending};
use crate::event::Event;
use crate::feature::{Future, SlotLoader};
use crate::host::Host;
use crate::iq::Request;
use crate::refusal::Refusal;

/// Where stanzas go that a feature makes or lets through. The router fills it in.
pub trait Route: Send + Sync {
    /// Delivers a stanza by the rules of RFC 6121 section 8, without the sender's
    /// stages. `from` must be set and true.
    fn route(&self, stanza: Stanza) -> Future<'static, ()>;

    /// Delivers a message that a feature made, through the recipient's stages;
    /// returns when what had to be kept is durable.
    fn notify(&self, event: Event) -> Future<'static, ()>;

    /// Ends a session for good, connected or not: nobody can resume it. Tell its client
    /// why by [`Session::kick`] before.
    fn end(&self, session: Arc<Session>) -> Future<'static, ()>;

    /// What the server answers to a request to one of its accounts, as if `request.session` had sent it there.
    fn answer(&self, request: Request) -> Future<'static, Result<Stanza, Refusal>>;
}

/// The server, as features see it. One for the whole process.
pub struct Ctx {
    /// Settings.
    pub config: Arc<Config>,
    /// The store.
    pub db: Db,
    /// Live sessions.
    pub sessions: Sessions,
    /// Components that are connected.
    pub components: Components,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub rng: Arc<dyn Rng>,
    /// The secret from which features derive theirs; never sent, never logged.
    pub secret: Secret<[u8; 32]>,
    /// By which features meet.
    pub contracts: Contracts,
    /// What has happened since the start.
    pub counters: Counters,
    /// What the platform and the features told at start (`Feature::state`).
    pub(crate) states: Vec<(TypeId, Arc<dyn Any + Send + Sync>)>,
    pub(crate) asks: Asks,
    pub(crate) commands: Vec<Command>,
    pub(crate) end: OnceLock<EndFn>,
    /// A handful, so looked through.
    pub(crate) hosts: Vec<(Box<str>, Host)>,
    pub(crate) slots: Vec<SlotLoader>,
    pub(crate) route: OnceLock<Arc<dyn Route>>,
}

impl Ctx {
    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A feature's own state, or a service of the platform.
    ///
    /// # Panics
    /// If the feature did not declare state of that type and the platform has none: a mistake in the program
    /// that the first test of the feature shows.
    pub fn state<T: Any + Send + Sync>(&self) -> &T {
        self.states
            .iter()
            .find(|(kind, _)| *kind == TypeId::of::<T>())
            .and_then(|(_, state)| state.downcast_ref())
            .expect("a feature's handlers run only if the feature was composed with its state")
    }

    /// Whether `domain` is one that we serve.
    pub fn serves(&self, domain: &str) -> bool {
        self.config.domains.iter().any(|own| own == domain)
    }

    /// Those of the components at `domains` that are connected, with their addresses.
    pub fn connected<'a>(
        &'a self,
        domains: &'a [String],
    ) -> impl Iterator<Item = (Jid, Arc<Component>)> + 'a {
        let find = |domain: &String| Some((Jid::parse(domain).ok()?, self.components.of(domain)?));
        domains.iter().filter_map(find)
    }

    /// Who answers for `domain`, if a feature does.
    pub fn host(&self, domain: &str) -> Option<Host> {
        self.hosts.iter().find(|(own, _)| **own == *domain).map(|(_, host)| *host)
    }

    /// The domains for which features answer, each with its title if it is to be listed.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        self.hosts.iter().map(|(domain, host)| (&**domain, host.title))
    }

    /// The server's ad-hoc commands (XEP-0050 section 2.1).
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// Ends the process in order, as soon as it can.
    pub fn end(&self, ending: Ending) {
        match self.end.get() {
            Some(end) => end(ending),
            None => tracing::error!(target: "kernel", "nobody can end this process"),
        }
    }

    /// Who ends the process.
    pub fn set_end(&self, end: EndFn) {
        let _ = self.end.set(end);
    }

    /// The router.
    ///
    /// # Panics
    /// Before the router exists; nothing is received before that.
    pub fn route(&self) -> &Arc<dyn Route> {
        self.route.get().expect("the router is set before the first connection is accepted")
    }

    /// Makes `route` the router.
    pub fn set_route(&self, route: Arc<dyn Route>) {
        let _ = self.route.set(route);
    }

    /// The user of a bare address if it is loaded.
    pub fn loaded(&self, jid: &Jid) -> Option<Arc<User>> {
        let user = self.sessions.user(jid.bare_str())?;
        user.touch(self.now());
        Some(user)
    }

    /// The user of a bare address: loaded if nobody has done so lately; `None` if
    /// there is no such account.
    ///
    /// # Errors
    /// What the database says.
    pub async fn user(self: &Arc<Self>, jid: &Jid) -> Result<Option<Arc<User>>, DbError> {
        if let Some(user) = self.loaded(jid) {
            return Ok(Some(user));
        }
        let (ctx, jid) = (self.clone(), jid.bare());
        let user = self
            .db
            .read(move |tx| {
                let Some(account) = ctx.contracts.directory.account(tx, &jid)? else {
                    return Ok(None);
                };
                let mut slots = Vec::new();
                for load in &ctx.slots {
                    slots.extend(load(tx, account)?);
                }
                slots.shrink_to_fit();
                Ok(Some(User::new(jid.clone(), account, slots, ctx.now())))
            })
            .await?;
        Ok(user.map(|user| self.sessions.insert(Arc::new(user))))
    }

    /// Ends all sessions of an account but `except`, connected or not, and forgets what
    /// is loaded of it: it was removed or locked, or its password changed (trust N15).
    /// Their clients hear `not-authorized`.
    pub async fn end_sessions(&self, jid: &Jid, except: Option<&Arc<Session>>) {
        let Some(user) = self.sessions.user(jid.bare_str()) else { return };
        for session in user.sessions() {
            if except.is_some_and(|except| Arc::ptr_eq(except, &session)) {
                continue;
            }
            session.kick(
                StreamError::new("not-authorized").text("the account or its password changed"),
            );
            self.route().end(session).await;
        }
        if except.is_none() {
            self.sessions.remove(jid.bare_str());
        }
    }

    /// The live or resumable session of a full address.
    pub fn session(&self, jid: &Jid) -> Option<Arc<Session>> {
        self.sessions.session(jid)
    }
}
