//! Login tokens (XEP-0484), the server's side.
//!
//! Each client of an account has at most two: the one it uses, and one that was
//! handed out and not used yet. The first use of the newer makes the older void; a
//! token that is handed out replaces an unused one. So a client that lost the
//! answer can still log in, and nobody gathers tokens.
//!
//! A token is the key of an HMAC, so it must be stored as it is: a hash of it would
//! be as good as the token to whoever reads the table.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use skein_base::{AccountId, Fault, Secret, Timestamp};
use skein_xmpp::Jid;

use crate::accounts::{Accounts, State};
use crate::devices::Device;
use crate::store;

/// A token that the client may mean. The caller tries each: the one with which the
/// client's proof agrees is the one that was used.
#[derive(Debug, Clone)]
pub struct FastToken {
    /// Whose it is; `None` in a made-up one, with which no proof agrees.
    pub account: Option<AccountId>,
    /// The client that it was given to.
    pub client: Box<str>,
    /// The token as the client has it; its bytes are the key.
    pub token: Secret<String>,
    /// The mechanism it was requested for; it is good for no other.
    pub mechanism: Box<str>,
    /// When it was handed out.
    pub issued: Timestamp,
    /// Until when it is good.
    pub expires: Timestamp,
    /// It is not good any more: a client that proves to have it hears
    /// `credentials-expired`.
    pub is_expired: bool,
    /// It lets one new client in (`Accounts::link`) and belongs to none.
    pub is_link: bool,
}

/// A token for `<token/>`.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// The attribute `token`.
    pub token: Secret<String>,
    /// The attribute `expiry`.
    pub expires: Timestamp,
}

/// What became of the use of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// It is good. `renew` says that it is old enough to be replaced.
    Accepted {
        /// Whose it is.
        account: AccountId,
        /// Hand out another, unless the client is about to invalidate it.
        renew: bool,
    },
    /// Its count is not above the last one, or it became void meanwhile: `not-authorized`.
    Refused,
    /// Its time is over: `credentials-expired`.
    Expired,
}

impl Accounts {
    /// The tokens that a client may mean, the newest first. There is always one: for
    /// a name, client or mechanism without any it is made up, so that the caller does
    /// the same work.
    ///
    /// # Errors
    /// What the database says.
    pub async fn fast_tokens(
        &self,
        jid: &Jid,
        client: &str,
        mechanism: &str,
    ) -> Result<Vec<FastToken>, Fault> {
        let now = self.now();
        let (jid, id, name) = (jid.bare(), client.to_owned(), mechanism.to_owned());
        let (account, mut tokens) = self
            .inner
            .db
            .read(move |tx| {
                let found = store::account_of(tx, jid.as_str())?;
                let active = found.filter(|account| account.state == State::Active);
                let tokens = store::token_candidates(tx, jid.as_str(), &id, &name, now)?;
                Ok((active.map(|account| account.id), tokens))
            })
            .await?;
        if let Some(account) = account {
            tokens.extend(self.inner.links.candidates(account, client, mechanism, now));
        }
        if tokens.is_empty() {
            tokens.push(FastToken {
                account: None,
                client: client.into(),
                token: self.fresh_token(),
                mechanism: mechanism.into(),
                issued: now,
                expires: now,
                is_expired: false,
                is_link: false,
            });
        }
        Ok(tokens)
    }

    /// Hands out a token to a client that has logged in: `(id, software, device)` of its
    /// user agent. The one that it uses stays good until this one is used. In the same
    /// transaction the client stands among the devices: no token is good that its owner
    /// does not see there.
    ///
    /// # Errors
    /// What the database says.
    pub async fn issue_token(
        &self,
        account: AccountId,
        user_agent: (&str, &str, &str),
        mechanism: &str,
    ) -> Result<IssuedToken, Fault> {
        let token = self.fresh_token();
        let now = self.now();
        let expires = now.plus(self.inner.config.limits.token_lifetime);
        let device = Device::of(user_agent, now);
        let (mechanism, stored) = (mechanism.to_owned(), token.clone());
        let put = self.inner.db.write(move |tx| {
            store::device_listed(tx, account, &device)?;
            let token = (&*device.client, &*mechanism, &**stored.expose());
            store::put_token(tx, account, token, (now, expires))
        });
        put.await?;
        Ok(IssuedToken { token, expires })
    }

    /// Notes that a client proved to have `token`. Call it before the login succeeds:
    /// here a replayed `count` and a token that was revoked meanwhile are found out.
    ///
    /// # Errors
    /// What the database says.
    pub async fn used_token(&self, token: &FastToken, count: Option<u32>) -> Result<Used, Fault> {
        let Some(account) = token.account else { return Ok(Used::Refused) };
        if token.is_expired {
            return Ok(Used::Expired);
        }
        if token.is_link {
            let is_first = self.inner.links.take(account, token, self.now());
            return Ok(if is_first {
                Used::Accepted { account, renew: false }
            } else {
                Used::Refused
            });
        }
        let (client, text) = (token.client.clone(), token.token.clone());
        let accepted = self.inner.db.write(move |tx| {
            let Some((is_fresh, last)) = store::look_token(tx, account, &client, text.expose())?
            else {
                return Ok(false);
            };
            if let Some(count) = count.map(i64::from) {
                if count <= last {
                    return Ok(false);
                }
                store::count_token(tx, account, &client, text.expose(), count)?;
            }
            if is_fresh {
                store::promote_token(tx, account, &client)?;
            }
            Ok(true)
        });
        if !accepted.await? {
            return Ok(Used::Refused);
        }
        let renew = self.now().since(token.issued) >= self.inner.config.limits.token_renewal;
        Ok(Used::Accepted { account, renew })
    }

    /// Makes all tokens of a client void (`invalidate` in `<fast/>`).
    ///
    /// # Errors
    /// What the database says.
    pub async fn invalidate_tokens(&self, account: AccountId, client: &str) -> Result<(), Fault> {
        let client = client.to_owned();
        Ok(self.inner.db.write(move |tx| store::revoke_tokens(tx, account, &client)).await?)
    }

    /// 256 random bits.
    pub(crate) fn fresh_token(&self) -> Secret<String> {
        Secret::new(URL_SAFE_NO_PAD.encode(self.random::<32>()))
    }
}
