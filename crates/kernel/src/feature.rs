//! A feature as a value, and the events that features hear.

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use skein_base::AccountId;
use skein_db::{DbError, Migration, Sql, Tx};
use skein_session::user::Slot;
use skein_session::{Owed, Session, User};
use skein_xml::Element;
use skein_xmpp::{IqType, Jid, Stanza};

use crate::alarm::Alarm;
use crate::command::Command;
use crate::contracts::{FileId, FollowFn, Provides};
use crate::ctx::Ctx;
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

/// Something that happened; handlers run after it is durable.
#[derive(Clone)]
pub enum Event {
    /// A session was bound.
    Bound(Arc<Session>),
    /// A session of an earlier process waits to be resumed, as available as it was.
    Restored(Arc<Session>),
    /// A session became available with a priority that is not negative.
    Available(Arc<Session>),
    /// A session told its contacts that it is available, for the first time or anew.
    Presence {
        /// The session.
        session: Arc<Session>,
        /// It was not available before.
        is_initial: bool,
    },
    /// It is known what the client of an available session can do; it became available
    /// or learnt something new.
    Capable(Arc<Session>),
    /// A session is over; `owed` is what its client never acknowledged.
    Ended {
        /// The session; no longer in the table.
        session: Arc<Session>,
        /// Unacknowledged stanzas.
        owed: Arc<[Owed]>,
    },
    /// A client acknowledged stanzas of its log.
    Acknowledged {
        /// The session.
        session: Arc<Session>,
        /// The highest acknowledged place in the account's log.
        seq: i64,
    },
    /// All that waited for a client that catches up with its log was written to its
    /// connection, and nothing of it waits to be acknowledged.
    Drained(Arc<Session>),
    /// An account was made by invitation, and shall be a contact of the inviter.
    Joined {
        /// The new account.
        jid: Jid,
        /// Who invited it.
        inviter: Jid,
    },
    /// The component of this domain has connected, and may have been told what it may do.
    Connected(Arc<str>),
    /// No component answers for this domain any more.
    Disconnected(Arc<str>),
    /// Somebody asks for an account, which waits until an administrator lets it in.
    AccountAsked,
    /// No message names these files any more.
    Unnamed(Arc<[FileId]>),
    /// The process ends and all sessions have gone: what was to be written later is written now.
    Stopping,
    /// An account changed what it publishes (XEP-0163).
    Published {
        /// The account.
        owner: Arc<User>,
        /// The node that has changed.
        node: Arc<str>,
    },
    /// The circles of an account are others than before.
    Circles(Jid),
    /// A room has a message with something to read that some have not got: no client of theirs
    /// is inside, or the one that was ended without it.
    Missed {
        /// The room.
        room: Jid,
        /// The bare addresses of who has not got it: members, or the receiver of a whisper of
        /// whom no client is there at all.
        away: Arc<[Jid]>,
        /// The message as it is kept.
        message: Arc<Stanza>,
        /// Its id in the room's log, or a whisper's in its receiver's.
        id: Box<str>,
    },
    /// People joined a space or left it, or it got a room (XEP-0503).
    Space {
        /// The service that keeps it.
        service: Jid,
        /// The space.
        node: Arc<str>,
        /// The bare addresses of those it is about.
        who: Arc<[Jid]>,
        /// Whether they are in the space now.
        joined: bool,
        /// Its rooms, each with whether whoever joins shall be in it.
        rooms: Arc<[(Jid, bool)]>,
    },
    /// An account was removed; delete what is kept of it.
    Removed {
        /// The account.
        account: AccountId,
        /// Its former address.
        jid: Jid,
    },
}

impl Event {
    /// Whether it is what a session does: such events are many.
    pub const fn is_of_session(&self) -> bool {
        matches!(
            self,
            Self::Bound(_)
                | Self::Restored(_)
                | Self::Available(_)
                | Self::Presence { .. }
                | Self::Capable(_)
                | Self::Ended { .. }
                | Self::Acknowledged { .. }
                | Self::Drained(_)
        )
    }
}

/// Loads a user's slot, inside the read that loads the user. `None` where the account has
/// nothing but the default, as most have: then nothing is held for it.
pub type SlotLoader = fn(&mut Tx<'_>, AccountId) -> Result<Option<Slot>, DbError>;

/// Hears an event.
pub type EventFn = fn(Arc<Ctx>, Event) -> Future<'static, ()>;

/// A feature that hears events.
#[derive(Clone, Copy)]
pub struct Hearer {
    /// Those of sessions too.
    pub of_sessions: bool,
    /// Hears one.
    pub hear: EventFn,
}

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
