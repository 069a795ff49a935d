//! Which accounts exist. Fulfilled by the accounts crate.

use skein_base::AccountId;
use skein_db::{DbError, Tx};
use skein_xmpp::Jid;

/// See the module.
pub trait Directory: Send + Sync {
    /// The account of a bare address that may be used: neither removed nor suspended.
    ///
    /// # Errors
    /// What the database says.
    fn account(&self, tx: &mut Tx<'_>, jid: &Jid) -> Result<Option<AccountId>, DbError>;
}
