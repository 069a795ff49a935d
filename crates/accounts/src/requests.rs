//! Who waits for approval, and why they ask.

use skein_base::{Fault, Timestamp};
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
}
