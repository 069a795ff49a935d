//! Passkeys (WebAuthn): those of an account, and signing in with one.
//!
//! Who signs in gets a token as a new device does that another lets in (`links.rs`), and
//! logs in by it like that one. Challenges are not kept; that each is used once is known
//! for as long as it is good, in memory: a restart makes all of them void.

use std::collections::HashMap;

use parking_lot::Mutex;
use skein_base::{AccountId, Fault, Secret, Timestamp, limits};
use skein_webauthn::{
    Algorithm, CHALLENGE_BYTES, CREDENTIAL_BYTES, Ceremony, Challenge, Challenges, PublicKey,
    Statement, Wrong,
};
use skein_xmpp::Jid;
use subtle::ConstantTimeEq;

use crate::accounts::Accounts;
use crate::devices::shortened;
use crate::store;
use crate::tokens::IssuedToken;

/// A passkey as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id, which its authenticator chose.
    pub credential: Vec<u8>,
    /// The domain of the web client that it is bound to.
    pub domain: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created: Timestamp,
    /// When somebody last signed in with it.
    pub last_used: Option<Timestamp>,
}

/// What a browser says of a passkey that it made.
#[derive(Debug, Clone)]
pub struct NewPasskey {
    /// What its owner calls it.
    pub name: String,
    /// The number of its algorithm.
    pub algorithm: i64,
    /// Its public key as SubjectPublicKeyInfo.
    pub key: Vec<u8>,
    /// `clientDataJSON`.
    pub client: Vec<u8>,
    /// The authenticator's data.
    pub data: Vec<u8>,
}

/// What a browser says of who wants in.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The passkey's id.
    pub credential: Vec<u8>,
    /// Whose it is, as its authenticator says: [`Accounts::passkey_handle`].
    pub handle: Vec<u8>,
    /// `clientDataJSON`.
    pub client: Vec<u8>,
    /// The authenticator's data.
    pub data: Vec<u8>,
    /// The signature over both.
    pub signature: Vec<u8>,
}

/// What shows that it is the owner who adds a passkey, and not somebody at a device that was left open.
#[derive(Debug, Clone)]
pub enum OwnerProof {
    /// The account's password.
    Password(Secret<String>),
    /// A token that a passkey of the account has just got.
    Token(Secret<String>),
}

/// Why a passkey is not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// What the browser says cannot be right.
    #[error("the passkey cannot be used: {0}")]
    Wrong(#[from] Wrong),
    /// The challenge is not ours, is over or was used.
    #[error("adding a passkey took too long; try again")]
    Challenge,
    /// There is a passkey of this id.
    #[error("this passkey is known already")]
    Exists,
    /// The account has as many as it may.
    #[error("the account has as many passkeys as it may; remove one first")]
    Full,
    /// Our fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Somebody who signed in: by the token they log in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who it is.
    pub jid: Jid,
    /// For one login.
    pub token: IssuedToken,
}

/// A challenge for a browser.
#[derive(Debug, Clone)]
pub struct IssuedChallenge {
    /// Its bytes.
    pub bytes: [u8; CHALLENGE_BYTES],
    /// Until when it is good.
    pub end: Timestamp,
}

/// The ceremonies under way: their challenges, and which were used, as long as they would be good.
pub(crate) struct Ceremonies {
    challenges: Challenges,
    used: Mutex<HashMap<[u8; 16], Timestamp>>,
}

impl Ceremonies {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { challenges: Challenges::new(key), used: Mutex::default() }
    }

    /// Uses a challenge up: `true` for the first. Nobody fills the table who has no passkey;
    /// if it is full all the same, nobody gets in by one for a while.
    fn take(&self, challenge: Challenge, now: Timestamp) -> bool {
        let mut used = self.used.lock();
        if used.len() >= limits::PASSKEY_CHALLENGES_USED {
            used.retain(|_, end| *end > now);
        }
        used.len() < limits::PASSKEY_CHALLENGES_USED
            && used.insert(challenge.nonce, challenge.end).is_none()
    }

    pub(crate) fn sweep(&self, now: Timestamp) {
        let mut used = self.used.lock();
        used.retain(|_, end| *end > now);
        used.shrink_to_fit();
    }
}

const SIGN_IN: &[u8] = b"sign in";

/// To add one to `account`.
fn adding(account: AccountId) -> Vec<u8> {
    format!("add {}", account.0).into_bytes()
}

impl Accounts {
    /// A challenge to sign in with.
    pub fn sign_in_challenge(&self) -> IssuedChallenge {
        self.challenge(SIGN_IN)
    }

    /// A challenge to add a passkey to `account` with: it stands for [`Accounts::is_owner`], which
    /// is to be asked first.
    pub fn passkey_challenge(&self, account: AccountId) -> IssuedChallenge {
        self.challenge(&adding(account))
    }

    fn challenge(&self, purpose: &[u8]) -> IssuedChallenge {
        let end = self.now().plus(self.inner.config.limits.passkey_challenge);
        let bytes = self.inner.ceremonies.challenges.make(purpose, self.random(), end);
        IssuedChallenge { bytes, end }
    }

    /// By what an authenticator knows an account: the same for all its passkeys, and nothing
    /// that says whose it is.
    pub fn passkey_handle(&self, account: AccountId) -> [u8; 32] {
        let key =
            aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, self.inner.secret.expose());
        let named = format!("passkeys of {}", account.0);
        let tag = aws_lc_rs::hmac::sign(&key, named.as_bytes());
        let mut handle = [0; 32];
        handle.copy_from_slice(tag.as_ref());
        handle
    }

    /// The algorithms with which a passkey may sign, the preferred one first.
    pub fn passkey_algorithms() -> impl Iterator<Item = i64> {
        Algorithm::ALL.into_iter().map(Algorithm::number)
    }

    /// The passkeys of an account, the oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn passkeys(&self, account: AccountId) -> Result<Vec<Passkey>, Fault> {
        Ok(self.inner.db.read(move |tx| store::passkeys(tx, account)).await?)
    }

    /// Whether it is the owner of an account who asks. Wrong ones are counted: `None` says
    /// that there were too many.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_owner(
        &self,
        account: AccountId,
        jid: &Jid,
        proof: OwnerProof,
    ) -> Result<Option<bool>, Fault> {
        if self.throttle().may_prove(jid).is_err() {
            return Ok(None);
        }
        let is_owner = match proof {
            OwnerProof::Password(password) => {
                self.check_password(jid, password).await? == Some(account)
            }
            OwnerProof::Token(token) => {
                self.inner.links.take_passkeys(account, token.expose(), self.now())
            }
        };
        if is_owner {
            self.throttle().proved(jid);
        }
        Ok(Some(is_owner))
    }

    /// Adds a passkey. Whose challenge it answers has shown to be the owner.
    ///
    /// # Errors
    /// Says why not.
    pub async fn add_passkey(
        &self,
        account: AccountId,
        new: NewPasskey,
    ) -> Result<Passkey, AddError> {
        let now = self.now();
        let origins = self.inner.config.passkey_origins();
        let statement = Statement::read(Ceremony::Create, &new.client, &new.data, &origins)?;
        let key = PublicKey::read(new.algorithm, &new.key)?;
        let credential = statement.credential.ok_or(Wrong::Credential)?;
        let ceremonies = &self.inner.ceremonies;
        let challenge = ceremonies.challenges.check(&adding(account), &statement.challenge, now);
        if !challenge.is_some_and(|challenge| ceremonies.take(challenge, now)) {
            return Err(AddError::Challenge);
        }
        let name = shortened(&new.name, limits::PASSKEY_NAME_BYTES).to_owned();
        let passkey =
            Passkey { credential, domain: statement.domain, name, created: now, last_used: None };
        let (counter, most) = (statement.counter, self.inner.config.limits.passkeys);
        let added = self.inner.db.write(move |tx| {
            if store::count_passkeys(tx, account)? >= u64::try_from(most).unwrap_or(u64::MAX) {
                return Ok(Err(AddError::Full));
            }
            let is_new = store::insert_passkey(tx, account, &passkey, &key, counter)?;
            Ok(if is_new { Ok(passkey.clone()) } else { Err(AddError::Exists) })
        });
        added.await.map_err(Fault::from)?
    }

    /// Gives a passkey another name; `false` if the account has no such passkey.
    ///
    /// # Errors
    /// What the database says.
    pub async fn rename_passkey(
        &self,
        account: AccountId,
        credential: Vec<u8>,
        name: &str,
    ) -> Result<bool, Fault> {
        let name = shortened(name, limits::PASSKEY_NAME_BYTES).to_owned();
        let renamed =
            self.inner.db.write(move |tx| store::rename_passkey(tx, account, &credential, &name));
        Ok(renamed.await?)
    }

    /// Removes a passkey, and voids what passkeys of the account have got and not used;
    /// `false` if the account has no such passkey.
    ///
    /// # Errors
    /// What the database says.
    pub async fn remove_passkey(
        &self,
        account: AccountId,
        credential: Vec<u8>,
    ) -> Result<bool, Fault> {
        let removed =
            self.inner.db.write(move |tx| store::remove_passkey(tx, account, &credential)).await?;
        self.inner.links.forget_passkeys(account);
        Ok(removed)
    }

    /// Lets the holder of a passkey in. `None`, whatever was wrong, and after the same work
    /// once it can be told that the page was ours. Ask the throttle first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn sign_in_by_passkey(&self, shown: Shown) -> Result<Option<SignedIn>, Fault> {
        let found = self.judge(shown).await?;
        if let Err(why) = &found {
            tracing::info!(target: "accounts", why, "a passkey was refused");
        }
        Ok(found.ok())
    }

    async fn judge(&self, shown: Shown) -> Result<Result<SignedIn, &'static str>, Fault> {
        let now = self.now();
        let origins = self.inner.config.passkey_origins();
        let Ok(statement) = Statement::read(Ceremony::Get, &shown.client, &shown.data, &origins)
        else {
            return Ok(Err("what it says is not as expected"));
        };
        let ceremonies = &self.inner.ceremonies;
        let Some(challenge) = ceremonies.challenges.check(SIGN_IN, &statement.challenge, now)
        else {
            return Ok(Err("its challenge is none of ours, or is over"));
        };
        if shown.credential.len() > CREDENTIAL_BYTES {
            return Ok(Err("its id is too long"));
        }
        let credential = shown.credential.clone();
        let found = self.inner.db.read(move |tx| store::look_passkey(tx, &credential)).await?;
        // Somebody's or not, the same is done with it: the time must not tell.
        let is_signed = statement.is_signed(&found.key, &shown.signature);
        let is_named = bool::from(self.passkey_handle(found.account).ct_eq(&shown.handle));
        if found.account == store::NOBODY {
            return Ok(Err("nobody has it"));
        }
        if !is_signed || !is_named || found.domain != statement.domain {
            return Ok(Err("its signature, owner or domain is wrong"));
        }
        // Only now, since it takes time that strangers must not see.
        let owner = self.inner.db.read(move |tx| store::passkey_owner(tx, found.account)).await?;
        let Some(jid) = owner else { return Ok(Err("its account is locked")) };
        if !ceremonies.take(challenge, now) {
            return Ok(Err("its challenge was used"));
        }
        // Before its use is noted: what removes the passkey after that finds the token.
        let Some(token) = self.link_by_passkey(found.account) else {
            return Ok(Err("too many of its account are on their way"));
        };
        let (credential, counter) = (shown.credential, statement.counter);
        let used = self.inner.db.write(move |tx| store::use_passkey(tx, &credential, counter, now));
        let used = used.await;
        if !matches!(used, Ok(true)) {
            self.inner.links.take_passkeys(found.account, token.token.expose(), now);
        }
        if !used? {
            tracing::warn!(target: "accounts", "a passkey's counter went back: it may be a copy");
            return Ok(Err("its counter went back, or it was removed meanwhile"));
        }
        Ok(Ok(SignedIn { jid, token }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_used_once_and_a_flood_of_them_is_bounded() {
        let ceremonies = Ceremonies::new(&[1; 32]);
        let (now, end) = (Timestamp(1_000), Timestamp(2_000));
        let challenge = |n: u64| {
            let mut nonce = [0; 16];
            nonce[..8].copy_from_slice(&n.to_be_bytes());
            Challenge { nonce, end }
        };
        assert!(ceremonies.take(challenge(0), now));
        assert!(!ceremonies.take(challenge(0), now));
        let most = limits::PASSKEY_CHALLENGES_USED as u64;
        assert!((1..most).all(|n| ceremonies.take(challenge(n), now)));
        assert!(!ceremonies.take(challenge(most), now), "it is full");
        assert!(ceremonies.take(challenge(most), end), "those are over");
        ceremonies.sweep(Timestamp(3_000));
        assert!(ceremonies.used.lock().is_empty());
    }
}
