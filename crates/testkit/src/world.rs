//! The server of a test.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::{AccountId, Clock, Rng, Secret, Timestamp};
use skein_config::Config;
use skein_db::testing::{TestDb, databases, sqlite};
use skein_db::{DbError, Tx};
use skein_kernel::compose::{Platform, compose, migrations};
use skein_kernel::contracts::Directory;
use skein_kernel::{Ctx, Event, Feature};
use skein_router::Router;
use skein_session::outbox::Link;
use skein_session::{Device, Session, SessionId};
use skein_stream::Framing;
use skein_xmpp::Jid;

use crate::client::Client;
use crate::standin;

/// When a world begins.
pub const BEGIN: Timestamp = Timestamp::from_secs(1_800_000_000);

/// A server of the domain `localhost`.
pub struct World {
    /// The server, as features see it.
    pub ctx: Arc<Ctx>,
    router: Router,
    clock: Arc<Hand>,
    people: Arc<People>,
    fresh: TestDb,
}

impl World {
    /// Of `features`, on SQLite.
    pub async fn new(features: Vec<Feature>) -> Self {
        Self::on(sqlite(), features, |_| ()).await
    }

    /// The same, with settings that differ from the defaults as `change` says.
    pub async fn with(features: Vec<Feature>, change: impl FnOnce(&mut Config)) -> Self {
        Self::on(sqlite(), features, change).await
    }

    /// One on each engine, for tests of what is stored.
    pub async fn each(features: impl Fn() -> Vec<Feature>) -> Vec<Self> {
        let mut worlds = Vec::new();
        for fresh in databases() {
            worlds.push(Self::on(fresh, features(), |_| ()).await);
        }
        worlds
    }

    /// On a database.
    ///
    /// # Panics
    /// If the features do not fit together.
    pub async fn on(
        fresh: TestDb,
        mut features: Vec<Feature>,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config::default();
        change(&mut config);
        features.push(standin::feature(&features));
        let mut tables = skein_session::store::MIGRATIONS.to_vec();
        tables.extend(migrations(&features));
        let (clock, people) =
            (Arc::new(Hand(AtomicI64::new(BEGIN.0))), Arc::new(People::default()));
        let platform = Platform {
            config: Arc::new(config),
            db: fresh.open(&tables).await,
            clock: clock.clone(),
            rng: Arc::new(Counting(AtomicU64::new(1))),
            secret: Secret::new([7; 32]),
            directory: people.clone(),
            services: Vec::new(),
        };
        let composed = compose(features, platform).expect("the features of the test fit together");
        let router = Router::new(composed);
        Self { ctx: router.ctx().clone(), router, clock, people, fresh }
    }

    /// `sqlite` or `postgres`, for messages of assertions.
    pub fn engine(&self) -> &'static str {
        self.fresh.engine()
    }

    /// Makes an account of that name, if there is none.
    pub fn account(&self, name: &str) -> AccountId {
        let jid = Jid::parse(&format!("{name}@localhost")).expect("a test's name is valid");
        let mut people = self.people.0.lock();
        let next = AccountId(people.len() as i64 + 1);
        *people.entry(jid).or_insert(next)
    }

    /// Binds `name/resource`, of an account that is made if there is none. The session
    /// has said nothing yet.
    ///
    /// # Panics
    /// If it cannot be bound.
    pub async fn bind(&self, address: &str) -> Client {
        let (name, resource) = address.split_once('/').expect("a name and a resource");
        self.account(name);
        let jid = Jid::parse(&format!("{name}@localhost/{resource}")).expect("a valid address");
        let user = self.ctx.user(&jid).await.expect("the database works").expect("an account");
        let id = SessionId(self.ctx.rng.next_u64() >> 1);
        let device = Device { key: resource.into() };
        let session = Session::new(jid, user, id, device, Framing::Tcp, self.ctx.now());
        let session = Arc::new(session);
        self.router.bind(&session).await.expect("there is room for a session");
        Client::new(self.router.clone(), session)
    }

    /// The same, and available with priority 0.
    pub async fn login(&self, address: &str) -> Client {
        let mut client = self.bind(address).await;
        client.say("<presence/>").await;
        client.hear();
        client
    }

    /// Ends a session, as when its connection ended.
    pub async fn end(&self, client: Client) {
        self.router.end(&client.session).await;
        assert_eq!(client.session.link(), Link::Ended);
    }

    /// The clock goes on by `passed`.
    pub fn pass(&self, passed: Duration) {
        let micros = i64::try_from(passed.as_micros()).unwrap_or(i64::MAX);
        self.clock.0.fetch_add(micros, Ordering::Relaxed);
    }

    /// Does once what a feature does every so often.
    ///
    /// # Panics
    /// If no feature has such a job.
    pub async fn run(&self, job: &str) {
        let job = self.router.jobs().iter().find(|known| known.name == job);
        (job.expect("a feature has the job").run)(self.ctx.clone()).await;
    }

    /// Tells the features of an event.
    pub async fn tell(&self, event: Event) {
        self.ctx.route().notify(event).await;
    }
}

/// The time, as the test sets it.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// Counts in large steps, so that no two draws are the same and every run is.
struct Counting(AtomicU64);

impl Rng for Counting {
    fn fill(&self, into: &mut [u8]) {
        for bytes in into.chunks_mut(8) {
            let next = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).to_le_bytes();
            bytes.copy_from_slice(&next[..bytes.len()]);
        }
    }
}

/// Accounts by their addresses.
#[derive(Default)]
struct People(Mutex<HashMap<Jid, AccountId>>);

impl Directory for People {
    fn account(&self, _: &mut Tx<'_>, jid: &Jid) -> Result<Option<AccountId>, DbError> {
        Ok(self.0.lock().get(jid).copied())
    }
}
