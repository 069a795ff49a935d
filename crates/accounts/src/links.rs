//! Tokens by which a signed-in device lets a new one in: shown as a picture, used once
//! within two minutes. Who signs in with a passkey gets one as well (`passkeys.rs`).
//!
//! They are kept in memory alone and never written: the key of an HMAC cannot be stored as
//! a hash, and what lives two minutes need not survive a restart. A link token goes with
//! the session that asked for it, with that device's sign-out and with the password.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use parking_lot::Mutex;
use skein_base::{AccountId, Secret, Timestamp, limits};
use skein_session::SessionId;
use subtle::ConstantTimeEq;

use crate::accounts::Accounts;
use crate::tokens::{FastToken, IssuedToken};

/// See the module.
#[derive(Default)]
pub(crate) struct Links(Mutex<HashMap<AccountId, Vec<Link>>>);

/// One token, and what became of it.
struct Link {
    /// `None`: a passkey got it.
    asker: Option<SessionId>,
    /// The client that asked; empty for a passkey.
    device: Box<str>,
    token: Secret<String>,
    expires: Timestamp,
    /// The client that came in by it; its asker is not told yet.
    used_by: Option<Box<str>>,
}

impl Links {
    /// Keeps of the links of `account` those that `keep` says.
    fn retain(&self, account: AccountId, mut keep: impl FnMut(&Link) -> bool) -> bool {
        let mut links = self.0.lock();
        let Entry::Occupied(mut own) = links.entry(account) else { return false };
        let before = own.get().len();
        own.get_mut().retain(|link| keep(link));
        let is_less = own.get().len() < before;
        if own.get().is_empty() {
            own.remove();
        }
        is_less
    }

    pub(crate) fn forget(&self, account: AccountId) {
        self.retain(account, |_| false);
    }

    pub(crate) fn forget_device(&self, account: AccountId, device: &str) {
        self.retain(account, |link| *link.device != *device);
    }

    /// Forgets what passkeys of the account have got.
    pub(crate) fn forget_passkeys(&self, account: AccountId) {
        self.retain(account, |link| link.asker.is_some());
    }

    /// Uses up a token that a passkey of the account got: `true` for the first who comes in time.
    pub(crate) fn take_passkeys(&self, account: AccountId, token: &str, now: Timestamp) -> bool {
        let mut is_good = false;
        self.retain(account, |link| {
            let is_it = link.asker.is_none()
                && bool::from(link.token.expose().as_bytes().ct_eq(token.as_bytes()));
            is_good |= is_it && link.expires > now;
            !is_it
        });
        is_good
    }

    /// Forgets those that are over, and longer than a client may take that shows one.
    pub(crate) fn sweep(&self, now: Timestamp) {
        let mut links = self.0.lock();
        for own in links.values_mut() {
            own.retain(|link| link.expires > now);
        }
        links.retain(|_, own| !own.is_empty());
    }

    /// What `client` may mean that logs in by a token.
    pub(crate) fn candidates(
        &self,
        account: AccountId,
        client: &str,
        mechanism: &str,
        now: Timestamp,
    ) -> Vec<FastToken> {
        let links = self.0.lock();
        let own = links.get(&account).into_iter().flatten();
        let open = own.filter(|link| link.used_by.is_none() && *link.device != *client);
        open.map(|link| FastToken {
            account: Some(account),
            client: client.into(),
            token: link.token.clone(),
            mechanism: mechanism.into(),
            issued: now,
            expires: link.expires,
            is_expired: link.expires <= now,
            is_link: true,
        })
        .collect()
    }

    /// Uses a token up: `true` for the first who comes in time.
    pub(crate) fn take(&self, account: AccountId, used: &FastToken, now: Timestamp) -> bool {
        if self.take_passkeys(account, used.token.expose(), now) {
            return true;
        }
        let mut links = self.0.lock();
        let own = links.get_mut(&account).into_iter().flatten();
        let mut open = own.filter(|link| link.used_by.is_none() && link.expires > now);
        match open.find(|link| link.token.expose() == used.token.expose()) {
            None => false,
            Some(link) => {
                link.used_by = Some(used.client.clone());
                true
            }
        }
    }
}

impl Accounts {
    /// A token by which one new client can come in, for the session that asks from
    /// `device`; its former one is void. `None` if the account has too many open.
    pub fn link(&self, account: AccountId, asker: SessionId, device: &str) -> Option<IssuedToken> {
        self.open_link(account, Some(asker), device)
    }

    /// A token for who signed in with a passkey. `None` if as many of the account are open as
    /// may be.
    pub(crate) fn link_by_passkey(&self, account: AccountId) -> Option<IssuedToken> {
        self.open_link(account, None, "")
    }

    fn open_link(
        &self,
        account: AccountId,
        asker: Option<SessionId>,
        device: &str,
    ) -> Option<IssuedToken> {
        let now = self.now();
        let expires = now.plus(self.inner.config.limits.link_lifetime);
        let issued = IssuedToken { token: self.fresh_token(), expires };
        let mut links = self.inner.links.0.lock();
        let own = links.entry(account).or_default();
        // A session has one, passkeys may have several under way.
        own.retain(|link| link.expires > now && (asker.is_none() || link.asker != asker));
        // Those of sessions and those of passkeys do not take each other's place.
        let alike = own.iter().filter(|link| link.asker.is_some() == asker.is_some());
        if alike.count() >= limits::LINKS_OF_ONE {
            return None;
        }
        let (device, token) = (device.into(), issued.token.clone());
        own.push(Link { asker, device, token, expires, used_by: None });
        Some(issued)
    }

    /// Makes the token of a session void; says whether there was one.
    pub fn unlink(&self, account: AccountId, asker: SessionId) -> bool {
        self.inner.links.retain(account, |link| link.asker != Some(asker))
    }

    /// The session whose token `client` came in by; told once.
    pub fn linked(&self, account: AccountId, client: &str) -> Option<SessionId> {
        let mut asker = None;
        self.inner.links.retain(account, |link| {
            let is_it = link.used_by.as_deref() == Some(client);
            if is_it {
                asker = link.asker;
            }
            !is_it
        });
        asker
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: AccountId = AccountId(1);

    fn open(links: &Links, expires: Timestamp) {
        links.0.lock().entry(ALICE).or_default().push(Link {
            asker: Some(SessionId(7)),
            device: "phone".into(),
            token: Secret::new("token".to_owned()),
            expires,
            used_by: None,
        });
    }

    #[test]
    fn a_token_that_is_over_lets_nobody_in_and_is_told_so() {
        let (links, start) = (Links::default(), Timestamp::from_secs(1_000));
        let end = start.plus(limits::LINK_LIFETIME);
        open(&links, end);
        let before = Timestamp(end.0 - 1);
        let found = links.candidates(ALICE, "tablet", "HT-SHA-256-NONE", before);
        assert!(found.iter().all(|token| !token.is_expired) && found.len() == 1);
        let over = links.candidates(ALICE, "tablet", "HT-SHA-256-NONE", end);
        assert!(over.iter().all(|token| token.is_expired) && over.len() == 1);
        // One that was good when it was looked up, and is over when the proof is there.
        assert!(!links.take(ALICE, &found[0], end));
        assert!(links.take(ALICE, &found[0], before));
        assert!(!links.take(ALICE, &found[0], before));
        assert!(links.candidates(ALICE, "tablet", "HT-SHA-256-NONE", before).is_empty());
        links.sweep(end);
        assert!(links.0.lock().is_empty());
    }

    #[test]
    fn a_token_is_its_accounts_and_not_for_the_device_that_asked() {
        let (links, now) = (Links::default(), Timestamp::from_secs(1_000));
        open(&links, now.plus(limits::LINK_LIFETIME));
        assert!(links.candidates(AccountId(2), "tablet", "HT-SHA-256-NONE", now).is_empty());
        assert!(links.candidates(ALICE, "phone", "HT-SHA-256-NONE", now).is_empty());
        links.forget_device(ALICE, "laptop");
        assert_eq!(links.candidates(ALICE, "tablet", "HT-SHA-256-NONE", now).len(), 1);
        links.forget_device(ALICE, "phone");
        assert!(links.candidates(ALICE, "tablet", "HT-SHA-256-NONE", now).is_empty());
    }
}
