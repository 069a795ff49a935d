//! What a login by password needs.
//!
//! An unknown name, a suspended account and one that waits for approval look the
//! same: keys that stay the same from try to try and with which no proof agrees.

use skein_base::{AccountId, Fault, Secret};
use skein_sasl::{Hash, ScramKeys, derive, fake_keys};
use skein_xmpp::Jid;
use subtle::ConstantTimeEq;

use crate::accounts::Accounts;
use crate::password::Password;
use crate::store;

/// The keys to check a proof with.
#[derive(Debug, Clone)]
pub struct Found {
    /// Whose keys; `None` if they are made up: then the login must fail even if the
    /// proof should agree.
    pub account: Option<AccountId>,
    /// For the mechanism.
    pub keys: ScramKeys,
}

impl Accounts {
    /// The keys of a name for SCRAM with `hash` (RFC 5802 section 5).
    ///
    /// # Errors
    /// What the database says.
    pub async fn keys(&self, jid: &Jid, hash: Hash) -> Result<Found, Fault> {
        // Made in any case: the time must not tell.
        let fake = fake_keys(self.inner.secret.expose(), jid.bare_str(), hash);
        let fake = ScramKeys { iterations: self.inner.config.limits.scram_iterations, ..fake };
        let jid = jid.bare();
        let found = self.inner.db.read(move |tx| store::credential(tx, jid.as_str(), hash)).await?;
        Ok(match found {
            Some((account, keys)) => Found { account: Some(account), keys },
            None => Found { account: None, keys: fake },
        })
    }

    /// Checks a password that came in the clear (PLAIN, RFC 4616). Costs the same for
    /// any name. Ask the throttle first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn check_password(
        &self,
        jid: &Jid,
        password: Secret<String>,
    ) -> Result<Option<AccountId>, Fault> {
        // No account can have a password that cannot be prepared.
        let Ok(password) = Password::given(password.expose()) else { return Ok(None) };
        let Found { account, keys } = self.keys(jid, Hash::Sha256).await?;
        let agrees = self.hash(move || {
            let tried = derive(password.secret(), &keys.salt, keys.iterations, Hash::Sha256);
            tried.is_ok_and(|tried| tried.stored_key.ct_eq(&keys.stored_key).into())
        });
        let agrees = agrees.await?;
        Ok(account.filter(|_| agrees))
    }
}
