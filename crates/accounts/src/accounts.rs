//! The handle and the words of an account.

use std::sync::Arc;
use std::thread;

use skein_base::{AccountId, Clock, Fault, Rng, Secret, Timestamp};
use skein_config::Config;
use skein_db::{Db, DbError};
use skein_xmpp::Jid;
use tokio::sync::Semaphore;

use crate::devices::Logins;
use crate::links::Links;
use crate::passkeys::Ceremonies;
use crate::store;
use crate::throttle::Throttle;

/// All accounts. Clones share everything.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) config: Arc<Config>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) secret: Secret<[u8; 32]>,
    throttle: Throttle,
    pub(crate) links: Links,
    pub(crate) ceremonies: Ceremonies,
    pub(crate) logins: Logins,
    /// Hashing of passwords takes a core for milliseconds: as many at a time as
    /// there are cores, so that a flood of logins queues up instead of filling the
    /// blocking pool.
    pub(crate) hashing: Arc<Semaphore>,
}

/// What an account may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everything.
    Active,
    /// Nothing; all it holds is kept.
    Suspended,
    /// Nothing yet: an administrator has to let it in.
    Pending,
    /// It is gone; its name rests.
    Removed,
}

impl State {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Active => 0,
            Self::Suspended => 1,
            Self::Pending => 2,
            Self::Removed => 3,
        }
    }

    /// Whatever is not known is locked.
    pub(crate) const fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Active,
            2 => Self::Pending,
            3 => Self::Removed,
            _ => Self::Suspended,
        }
    }

    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Pending => "pending",
            Self::Removed => "removed",
        }
    }
}

/// What the holder of an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Talk.
    User,
    /// Also manage accounts.
    Admin,
}

impl Role {
    pub(crate) const fn of(admin: bool) -> Self {
        if admin { Self::Admin } else { Self::User }
    }

    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

/// An account as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number in the store.
    pub id: AccountId,
    /// Its bare address.
    pub jid: Jid,
    /// Whether it may be used.
    pub state: State,
    /// What its holder may do.
    pub role: Role,
    /// When it was made.
    pub created: Timestamp,
    /// When somebody last logged in, to the hour; `None` if nobody ever did.
    pub last_login: Option<Timestamp>,
}

impl Accounts {
    /// Takes over the tables of [`MIGRATIONS`](crate::MIGRATIONS), which `db` must
    /// have; makes the server's secret if there is none yet.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open(
        db: Db,
        config: Arc<Config>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, Fault> {
        let mut fresh = [0; 32];
        rng.fill(&mut fresh);
        let secret = Secret::new(db.write(move |tx| store::secret(tx, &fresh)).await?);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let throttle = Throttle::new(&config.limits, clock.clone());
        let hashing = Arc::new(Semaphore::new(cores));
        let (links, logins) = (Links::default(), Logins::default());
        let mut challenges = [0; 32];
        rng.fill(&mut challenges);
        let ceremonies = Ceremonies::new(&challenges);
        let inner =
            Inner { db, config, clock, rng, secret, throttle, links, ceremonies, logins, hashing };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The server's secret; features derive theirs from it.
    pub fn secret(&self) -> Secret<[u8; 32]> {
        self.inner.secret.clone()
    }

    /// The brakes on guessing passwords and on making accounts.
    pub fn throttle(&self) -> &Throttle {
        &self.inner.throttle
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The account of a bare address in any state but removed, with its last login.
    ///
    /// # Errors
    /// What the database says.
    pub async fn find(&self, jid: &Jid) -> Result<Option<Account>, Fault> {
        self.write_logins().await?;
        let jid = jid.bare();
        let found = self.inner.db.read(move |tx| store::account_of(tx, jid.as_str())).await?;
        Ok(found.filter(|account| account.state != State::Removed))
    }

    /// Shows each account that is not removed, ordered by address.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list(&self) -> Result<Vec<Account>, Fault> {
        self.write_logins().await?;
        Ok(self.inner.db.read(store::list).await?)
    }

    /// The addresses of the administrators whose accounts may be used.
    ///
    /// # Errors
    /// What the database says.
    pub async fn admins(&self) -> Result<Vec<Jid>, Fault> {
        Ok(self.inner.db.read(store::admins).await?)
    }

    /// Whether the holder of an address is an administrator.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_admin(&self, jid: &Jid) -> Result<bool, Fault> {
        let account = self.find(jid).await?;
        Ok(account.is_some_and(|account| account.role == Role::Admin))
    }

    /// Whether there is any account; before the first one the server prints a link
    /// that makes an administrator.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_empty(&self) -> Result<bool, Fault> {
        Ok(self.inner.db.read(store::is_empty).await?)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// `N` random bytes.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.inner.rng.fill(&mut bytes);
        bytes
    }
}

/// Lets `?` turn an answer that the data gave into the inner result.
pub(crate) type Answer<T, E> = Result<Result<T, E>, DbError>;
