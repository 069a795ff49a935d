//! The contract by which everything else learns of accounts.

use skein_base::AccountId;
use skein_db::{DbError, Tx};
use skein_kernel::contracts::Directory;
use skein_xmpp::Jid;

use crate::accounts::{Accounts, State};
use crate::store;

impl Directory for Accounts {
    fn account(&self, tx: &mut Tx<'_>, jid: &Jid) -> Result<Option<AccountId>, DbError> {
        let found = store::account_of(tx, jid.bare_str())?;
        Ok(found.filter(|account| account.state == State::Active).map(|account| account.id))
    }
}
