//! Who waits for approval, and why they ask.

use skein_base::{Fault, Timestamp};
use skein_db::Tx;
use skein_xmpp::Jid;

use crate::accounts::Accounts;
use crate::store;

/// An account that waits until an administrator lets it in ([`Accounts::resume`]) or
/// removes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRequest {
    /// Its bare address.
    pub jid: Jid,
    /// When it was asked for.
    pub asked: Timestamp,
    /// What its holder wrote; empty if nothing. Never trusted to be one line.
    pub reason: String,
}

impl Accounts {
    /// The oldest requests, `most` of them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn requests(&self, most: usize) -> Result<Vec<AccountRequest>, Fault> {
        Ok(self.inner.db.read(move |tx| store::requests(tx, most)).await?)
    }

    /// How many wait, and the oldest requests, `most` of them: as they were at one moment.
    ///
    /// # Errors
    /// What the database says.
    pub async fn waiting(&self, most: usize) -> Result<(u64, Vec<AccountRequest>), Fault> {
        let read =
            move |tx: &mut Tx<'_>| Ok((store::count_requests(tx)?, store::requests(tx, most)?));
        Ok(self.inner.db.read(read).await?)
    }

    /// How many wait.
    ///
    /// # Errors
    /// What the database says.
    pub async fn count_waiting(&self) -> Result<u64, Fault> {
        Ok(self.inner.db.read(store::count_requests).await?)
    }
}
