//! The clients of an account, and cutting one off.

use std::time::Duration;

use parking_lot::Mutex;
use skein_base::{AccountId, Fault, Timestamp};

use crate::accounts::Accounts;
use crate::store;

/// Logins closer together than this are noted as one: nobody needs to know the
/// minute, and a login that has nothing to write costs no flush to the disk.
const PRECISION: Duration = Duration::from_secs(3600);
/// How long logins are gathered, and how many at most.
const SOON: Duration = Duration::from_secs(1);
const LOGINS: usize = 1_000;
/// A device that was not seen for so long is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(365 * 86_400);
/// Bytes kept of what a client calls itself.
const NAME_BYTES: usize = 128;

/// A client, as SASL2's `<user-agent/>` (XEP-0388 section 2.3) describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The `id` of the user agent; tokens belong to it.
    pub client: String,
    /// The client's name. Claimed, not proven.
    pub software: String,
    /// What the person calls the device. Claimed, not proven.
    pub device: String,
    /// First login.
    pub first_seen: Timestamp,
    /// Last login, to the hour.
    pub last_seen: Timestamp,
}

impl Device {
    /// What `(id, software, device)` of a user agent says, seen now for the first time.
    pub(crate) fn of((client, software, device): (&str, &str, &str), now: Timestamp) -> Self {
        Self {
            client: client.to_owned(),
            software: shortened(software, NAME_BYTES).to_owned(),
            device: shortened(device, NAME_BYTES).to_owned(),
            first_seen: now,
            last_seen: now,
        }
    }
}

/// A login that is not written down yet.
struct Login {
    account: AccountId,
    at: Timestamp,
    device: Option<Device>,
}

/// Logins that are not written down yet.
#[derive(Default)]
pub(crate) struct Logins {
    waiting: Mutex<Vec<Login>>,
    /// Held by who writes them: another who waits for it finds them written.
    turn: tokio::sync::Mutex<()>,
}

impl Accounts {
    /// Notes that a client logged in: `(id, software, device)` of its user agent, if it
    /// sent one. Written down within a second, together with those of others: when all come
    /// back at once, they wait for more important things.
    pub fn logged_in(&self, account: AccountId, user_agent: Option<(&str, &str, &str)>) {
        let now = self.now();
        let device = user_agent.map(|user_agent| Device::of(user_agent, now));
        let mut logins = self.inner.logins.waiting.lock();
        logins.push(Login { account, at: now, device });
        let (is_first, is_full) = (logins.len() == 1, logins.len() == LOGINS);
        drop(logins);
        if is_first || is_full {
            let accounts = self.clone();
            tokio::spawn(async move {
                if is_first {
                    tokio::time::sleep(SOON).await;
                }
                if let Err(fault) = accounts.write_logins().await {
                    tracing::warn!(target: "accounts", %fault, "logins were not noted");
                }
            });
        }
    }

    /// Writes down the logins that were noted; whoever asks or changes what is known of
    /// them does this before.
    ///
    /// # Errors
    /// What the database says.
    pub async fn write_logins(&self) -> Result<(), Fault> {
        let _turn = self.inner.logins.turn.lock().await;
        let logins = std::mem::take(&mut *self.inner.logins.waiting.lock());
        if logins.is_empty() {
            return Ok(());
        }
        let noted = self.inner.db.write(move |tx| {
            for Login { account, at, device } in &logins {
                let unless_since = at.minus(PRECISION);
                store::logged_in(tx, *account, *at, unless_since)?;
                if let Some(device) = device {
                    store::device_seen(tx, *account, device, unless_since)?;
                }
            }
            Ok(())
        });
        Ok(noted.await?)
    }

    /// The clients of an account, the one seen last first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn devices(&self, account: AccountId) -> Result<Vec<Device>, Fault> {
        self.write_logins().await?;
        Ok(self.inner.db.read(move |tx| store::devices(tx, account)).await?)
    }

    /// Cuts a client off: its tokens are void. The caller ends its sessions. Says
    /// whether the client was known.
    ///
    /// # Errors
    /// What the database says.
    pub async fn revoke_device(&self, account: AccountId, client: &str) -> Result<bool, Fault> {
        self.inner.links.forget_device(account, client);
        self.write_logins().await?;
        let client = client.to_owned();
        let revoked = self.inner.db.write(move |tx| {
            store::revoke_tokens(tx, account, &client)?;
            store::revoke_device(tx, account, &client)
        });
        Ok(revoked.await?)
    }

    /// Forgets what is past: tokens and invitations long expired, devices not seen for
    /// a year, names that have rested. Once in a while is enough.
    ///
    /// # Errors
    /// What the database says.
    pub async fn sweep(&self) -> Result<(), Fault> {
        let now = self.now();
        let limits = &self.inner.config.limits;
        self.inner.links.sweep(now);
        self.inner.ceremonies.sweep(now);
        // An expired token is still recognised for a time, so that its client hears
        // `credentials-expired` and not that it is wrong.
        let tokens = now.minus(limits.token_lifetime);
        // One that was shown before it expired may still be used (XEP-0445 section 4).
        let invitations = now.minus(limits.negotiation);
        let names = now.minus(limits.name_rest);
        let swept = self.inner.db.write(move |tx| {
            store::forget_expired_tokens(tx, tokens)?;
            store::forget_expired_invites(tx, invitations)?;
            store::forget_stale_devices(tx, now.minus(FORGOTTEN))?;
            store::free_rested(tx, names)
        });
        Ok(swept.await?)
    }
}

/// The first bytes of a name that fit, in whole letters; U+0000 cannot be stored.
pub(crate) fn shortened(name: &str, most: usize) -> &str {
    let name = name.split('\0').next().unwrap_or_default();
    let mut end = name.len().min(most);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}
