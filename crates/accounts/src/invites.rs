//! Invitations: to an account (XEP-0401 section 5.4) and to a contact (section 5.1).

use std::time::Duration;

use skein_base::rng::to_hex;
use skein_base::{AccountId, Fault, Timestamp};
use skein_db::{DbError, Tx};
use skein_xmpp::Jid;

use crate::accounts::{Accounts, Answer, Role, State};
use crate::store;

/// What an invitation leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InviteKind {
    /// An account here.
    Account,
    /// The inviter as a contact; and an account here, if one is needed and the server
    /// lets invited people in.
    Contact,
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The secret in its link: 128 random bits in hexadecimal.
    pub token: String,
    /// What it leads to.
    pub kind: InviteKind,
    /// Who made it; `None` if it was the operator.
    pub inviter: Option<AccountId>,
    /// The address of the inviter, as long as that account is active.
    pub inviter_jid: Option<Jid>,
    /// The new account and the inviter become contacts.
    pub subscribe: bool,
    /// What the new account may do.
    pub role: Role,
    /// The address that the new account will have, or the domain if its holder chooses.
    pub jid: Jid,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it is good.
    pub expires: Timestamp,
    /// How often it can still be used.
    pub uses: u32,
}

impl Invite {
    /// Whether it can be used: it has uses left, and the inviter is not locked out.
    /// Its time is looked at by [`Accounts::invite`] only (XEP-0445 section 4).
    fn is_usable(&self) -> bool {
        self.uses > 0 && (self.inviter.is_none() || self.inviter_jid.is_some())
    }

    /// Whether it may make an account of that address.
    fn is_for(&self, jid: &Jid) -> bool {
        match self.jid.local() {
            Some(_) => self.jid == *jid,
            None => self.jid.domain() == jid.domain(),
        }
    }
}

/// An invitation to be made.
#[derive(Debug, Clone)]
pub struct NewInvite {
    /// What it leads to.
    pub kind: InviteKind,
    /// Who makes it; `None` for the operator.
    pub inviter: Option<AccountId>,
    /// The new account and the inviter become contacts.
    pub subscribe: bool,
    /// What the new account may do.
    pub role: Role,
    /// The address that the new account will have, or the domain if its holder chooses.
    pub jid: Jid,
    /// How long it is good; by default as configured.
    pub lifetime: Option<Duration>,
    /// How often it can be used.
    pub uses: u32,
}

/// Why an invitation is not made.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// Nobody has accounts at that domain here.
    #[error("this server does not serve that domain")]
    NotHere,
    /// The reserved name is in use, rests, or is reserved already.
    #[error("that name is taken")]
    NameTaken,
    /// The inviter has as many open as a person may have.
    #[error("too many invitations are open; wait until one is used or expires")]
    TooMany,
    /// Our fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<DbError> for InviteError {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

impl Accounts {
    /// Makes an invitation.
    ///
    /// # Errors
    /// Says why not.
    pub async fn create_invite(&self, new: NewInvite) -> Result<Invite, InviteError> {
        if !self.inner.config.domains.iter().any(|own| own == new.jid.domain()) {
            return Err(InviteError::NotHere);
        }
        let now = self.now();
        let limits = &self.inner.config.limits;
        let (most, rest) = (limits.invitations, limits.name_rest);
        let invite = Invite {
            token: to_hex(&self.random::<16>()),
            kind: new.kind,
            inviter: new.inviter,
            inviter_jid: None,
            subscribe: new.subscribe && new.inviter.is_some(),
            role: new.role,
            jid: new.jid.bare(),
            created: now,
            expires: now.plus(new.lifetime.unwrap_or(limits.invitation_lifetime)),
            uses: new.uses.max(1),
        };
        let made = self.inner.db.write(move |tx| {
            if let Some(inviter) = invite.inviter
                && !may_invite(tx, inviter, most, now)?
            {
                return Ok(Err(InviteError::TooMany));
            }
            let jid = invite.jid.as_str();
            if invite.jid.local().is_some() {
                let resting = crate::lifecycle::is_taken(tx, jid, rest, now)?;
                if resting.is_some() || store::is_reserved(tx, jid, "", now)? {
                    return Ok(Err(InviteError::NameTaken));
                }
            }
            store::insert_invite(tx, &invite)?;
            Ok(store::invite(tx, &invite.token)?.ok_or(InviteError::NotHere))
        });
        made.await?
    }

    /// The invitation of a token if it can be used now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn invite(&self, token: &str) -> Result<Option<Invite>, Fault> {
        let (token, now) = (token.to_owned(), self.now());
        let found = self.inner.db.read(move |tx| store::invite(tx, &token)).await?;
        Ok(found.filter(|invite| invite.is_usable() && invite.expires > now))
    }

    /// All invitations that are open, the one that expires first comes first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_invites(&self) -> Result<Vec<Invite>, Fault> {
        let now = self.now();
        Ok(self.inner.db.read(move |tx| store::open_invites(tx, now)).await?)
    }

    /// Makes an invitation void; says whether there was one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn revoke_invite(&self, token: &str) -> Result<bool, Fault> {
        let token = token.to_owned();
        Ok(self.inner.db.write(move |tx| store::revoke_invite(tx, &token)).await?)
    }

    /// Uses an invitation of `inviter` to become a contact (XEP-0379 section 3.5); says
    /// whether it was good.
    ///
    /// # Errors
    /// What the database says.
    pub async fn redeem_contact(&self, inviter: AccountId, token: &str) -> Result<bool, Fault> {
        let (token, now) = (token.to_owned(), self.now());
        let redeemed = self.inner.db.write(move |tx| {
            let invite = store::invite(tx, &token)?.filter(|invite| {
                invite.kind == InviteKind::Contact
                    && invite.inviter == Some(inviter)
                    && invite.is_usable()
                    && invite.expires > now
            });
            if invite.is_none() { Ok(false) } else { store::take_invite(tx, &token) }
        });
        Ok(redeemed.await?)
    }
}

/// Whether `inviter` is active and has room for one more; administrators always have.
fn may_invite(
    tx: &mut Tx<'_>,
    inviter: AccountId,
    most: usize,
    now: Timestamp,
) -> Result<bool, DbError> {
    match store::standing(tx, inviter)? {
        Some((State::Active, Role::Admin)) => Ok(true),
        Some((State::Active, Role::User)) => Ok(store::count_open(tx, inviter, now)? < most),
        _ => Ok(false),
    }
}

/// Uses an invitation for a new account, in the transaction that makes the account.
pub(crate) fn redeem(tx: &mut Tx<'_>, token: &str, jid: &Jid) -> Answer<Invite, ()> {
    let invite =
        store::invite(tx, token)?.filter(|invite| invite.is_usable() && invite.is_for(jid));
    match invite {
        Some(invite) if store::take_invite(tx, token)? => Ok(Ok(invite)),
        _ => Ok(Err(())),
    }
}
