//! Making, locking, changing and removing accounts.

use std::time::Duration;

use skein_base::{AccountId, Fault, Timestamp};
use skein_db::{DbError, Tx};
use skein_sasl::ScramKeys;
use skein_xmpp::Jid;

use crate::accounts::{Accounts, Answer, Role, State};
use crate::invites::{self, Invite};
use crate::password::Password;
use crate::store;

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its bare address.
    pub jid: Jid,
    /// Its password.
    pub password: Password,
    /// What its holder may do; an invitation may say more.
    pub role: Role,
    /// [`State::Active`], or [`State::Pending`] until an administrator lets it in.
    pub state: State,
    /// Why its holder asks, for the administrator who lets it in; only of one that waits.
    pub reason: String,
    /// The token of the invitation that is used up by this.
    pub invite: Option<String>,
}

impl NewAccount {
    /// An ordinary account that may be used at once.
    pub const fn new(jid: Jid, password: Password) -> Self {
        let (role, state) = (Role::User, State::Active);
        Self { jid, password, role, state, reason: String::new(), invite: None }
    }
}

/// An account that was made.
#[derive(Debug, Clone)]
pub struct Created {
    /// Its number in the store.
    pub account: AccountId,
    /// The invitation that was used.
    pub invite: Option<Invite>,
}

/// What becomes of an account's passkeys when it gets another password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passkeys {
    /// They stay: its owner changes it.
    Stay,
    /// They go: somebody else sets it, so that nothing but it opens the account.
    Go,
}

/// Why an account is not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Not a name at a domain of ours.
    #[error("not an address at a domain that this server serves")]
    NotHere,
    /// Somebody has it.
    #[error("the account exists already")]
    Exists,
    /// Somebody had it not long ago, or an invitation keeps it for somebody.
    #[error(
        "the name cannot be used: it was given up not long ago, or is reserved by an invitation"
    )]
    NameTaken,
    /// As many wait for approval as may.
    #[error("too many people wait to be let in; try again later")]
    Waiting,
    /// The invitation is used up, void, or for another address.
    #[error("the invitation cannot be used for this account")]
    Invitation,
    /// Our fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<DbError> for CreateError {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

/// Why an account is not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Nobody has that address.
    #[error("there is no such account")]
    NoSuchAccount,
    /// Our fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<DbError> for ChangeError {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

impl Accounts {
    /// Makes an account, and uses its invitation up in the same transaction.
    ///
    /// # Errors
    /// Says why not.
    pub async fn create(&self, new: NewAccount) -> Result<Created, CreateError> {
        let mut made = self.create_many(vec![new]).await?;
        made.pop().unwrap_or(Err(CreateError::NotHere))
    }

    /// Makes many accounts in one transaction, hashing on all cores; says of each what
    /// became of it, in the order given. Keep it to a thousand: other writes wait for it.
    ///
    /// # Errors
    /// If none was made by our fault.
    pub async fn create_many(
        &self,
        new: Vec<NewAccount>,
    ) -> Result<Vec<Result<Created, CreateError>>, Fault> {
        let passwords = new.iter().map(|new| new.password.clone()).collect();
        let credentials = self.derive_many(passwords).await?;
        let domains = self.inner.config.domains.clone();
        let limits = &self.inner.config.limits;
        let (now, rest, most) = (self.now(), limits.name_rest, limits.accounts_waiting);
        let made = self.inner.db.write(move |tx| {
            let insert = |(new, credentials): (&NewAccount, &Vec<ScramKeys>)| {
                if new.jid.local().is_none() || !domains.iter().any(|own| own == new.jid.domain()) {
                    return Ok(Err(CreateError::NotHere));
                }
                let is_full = new.state == State::Pending && {
                    let waiting = store::count_requests(tx)?;
                    waiting >= u64::try_from(most).unwrap_or(u64::MAX)
                };
                if is_full {
                    return Ok(Err(CreateError::Waiting));
                }
                insert(tx, new, credentials, now, rest)
            };
            new.iter().zip(&credentials).map(insert).collect()
        });
        Ok(made.await?)
    }

    /// Sets a new password. All tokens and all resumable sessions are void; the caller
    /// ends the sessions that are connected.
    ///
    /// # Errors
    /// If there is no such account.
    pub async fn set_password(
        &self,
        jid: &Jid,
        password: Password,
        passkeys: Passkeys,
    ) -> Result<AccountId, ChangeError> {
        let mut derived = self.derive_many(vec![password]).await?;
        let credentials = derived.pop().unwrap_or_default();
        let changed = self.change(jid, move |tx, account, _| {
            store::put_credentials(tx, account, &credentials)?;
            if passkeys == Passkeys::Go {
                store::forget_passkeys(tx, account)?;
            }
            lock_out(tx, account)
        });
        let account = changed.await?;
        self.inner.links.forget(account);
        // What was guessed counts for the old one.
        self.throttle().passed(jid);
        Ok(account)
    }

    /// Shuts an account out and keeps what it holds. The caller ends the sessions that
    /// are connected.
    ///
    /// # Errors
    /// If there is no such account.
    pub async fn suspend(&self, jid: &Jid) -> Result<AccountId, ChangeError> {
        let changed = self.change(jid, |tx, account, _| {
            store::set_state(tx, account, State::Suspended)?;
            store::drop_request(tx, account)?;
            lock_out(tx, account)
        });
        let account = changed.await?;
        self.inner.links.forget(account);
        Ok(account)
    }

    /// Lets an account in that was suspended or waits for approval.
    ///
    /// # Errors
    /// If there is no such account.
    pub async fn resume(&self, jid: &Jid) -> Result<AccountId, ChangeError> {
        let changed = self.change(jid, |tx, account, _| {
            store::set_state(tx, account, State::Active)?;
            store::drop_request(tx, account)
        });
        changed.await
    }

    /// Makes an account's holder an administrator, or one no more.
    ///
    /// # Errors
    /// If there is no such account.
    pub async fn set_role(&self, jid: &Jid, role: Role) -> Result<AccountId, ChangeError> {
        self.change(jid, move |tx, account, _| store::set_role(tx, account, role)).await
    }

    /// Removes an account; its name rests. The caller ends the sessions that are
    /// connected and tells the features (`Event::Removed`), then calls
    /// [`Accounts::erased`]; until then it is among [`Accounts::erasures`].
    ///
    /// # Errors
    /// If there is no such account.
    pub async fn remove(&self, jid: &Jid) -> Result<AccountId, ChangeError> {
        // What is noted of its logins must not be written behind its removal.
        self.write_logins().await?;
        let changed = self.change(jid, |tx, account, now| {
            store::remove(tx, account, now)?;
            store::drop_request(tx, account)?;
            store::forget_credentials(tx, account)?;
            store::forget_devices(tx, account)?;
            store::forget_passkeys(tx, account)?;
            store::forget_invites_of(tx, account)?;
            lock_out(tx, account)
        });
        let account = changed.await?;
        self.inner.links.forget(account);
        Ok(account)
    }

    /// Removed accounts of which features may still hold something: removed while the
    /// server was stopped, or a moment before it crashed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn erasures(&self) -> Result<Vec<(AccountId, Jid)>, Fault> {
        Ok(self.inner.db.read(store::erasures).await?)
    }

    /// No feature holds anything of a removed account any more.
    ///
    /// # Errors
    /// What the database says.
    pub async fn erased(&self, account: AccountId) -> Result<(), Fault> {
        Ok(self.inner.db.write(move |tx| store::erased(tx, account)).await?)
    }

    async fn change<F>(&self, jid: &Jid, change: F) -> Result<AccountId, ChangeError>
    where
        F: Fn(&mut Tx<'_>, AccountId, Timestamp) -> Result<(), DbError> + Send + 'static,
    {
        let (jid, now) = (jid.bare(), self.now());
        let changed = self.inner.db.write(move |tx| {
            let found = store::account_of(tx, jid.as_str())?;
            let Some(account) = found.filter(|account| account.state != State::Removed) else {
                return Ok(Err(ChangeError::NoSuchAccount));
            };
            change(tx, account.id, now)?;
            Ok(Ok(account.id))
        });
        changed.await?
    }
}

/// Nothing that was given out before lets anybody in.
fn lock_out(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    store::forget_tokens(tx, account)?;
    skein_session::store::forget_account(tx, account)
}

/// Why an address cannot be had, if so. A name that has rested is freed on the way.
pub(crate) fn is_taken(
    tx: &mut Tx<'_>,
    jid: &str,
    rest: Duration,
    now: Timestamp,
) -> Result<Option<CreateError>, DbError> {
    let Some(former) = store::former(tx, jid)? else { return Ok(None) };
    let Some(removed) = former.removed else { return Ok(Some(CreateError::Exists)) };
    if !former.is_erased || now.since(removed) < rest {
        return Ok(Some(CreateError::NameTaken));
    }
    store::delete(tx, former.id)?;
    Ok(None)
}

fn insert(
    tx: &mut Tx<'_>,
    new: &NewAccount,
    credentials: &[ScramKeys],
    now: Timestamp,
    rest: Duration,
) -> Answer<Created, CreateError> {
    let jid = new.jid.bare();
    if let Some(error) = is_taken(tx, jid.as_str(), rest, now)? {
        return Ok(Err(error));
    }
    if store::is_reserved(tx, jid.as_str(), new.invite.as_deref().unwrap_or_default(), now)? {
        return Ok(Err(CreateError::NameTaken));
    }
    let invite = match &new.invite {
        Some(token) => match invites::redeem(tx, token, &jid)? {
            Ok(invite) => Some(invite),
            Err(()) => return Ok(Err(CreateError::Invitation)),
        },
        None => None,
    };
    let role = invite.as_ref().map_or(new.role, |invite| invite.role);
    let invited_by = invite.as_ref().and_then(|invite| invite.inviter);
    let is_first = store::is_empty(tx)?;
    let account = store::insert(tx, &jid, (new.state, role), now, invited_by)?;
    store::put_credentials(tx, account, credentials)?;
    if new.state == State::Pending {
        store::put_request(tx, account, &new.reason)?;
    }
    if is_first && role == Role::Admin {
        // The link that the first start printed lies in a log, and is needed no more.
        store::void_first_invites(tx)?;
    }
    Ok(Ok(Created { account, invite }))
}
