//! The contract [`Memberships`]: the rooms of an account beside its conversations.

use skein_db::{DbError, Tx};
use skein_kernel::contracts::{Membership, Memberships, SharedLog};
use skein_xmpp::Jid;

use crate::store;

/// See the module.
pub(crate) struct Members;

impl Memberships for Members {
    fn of(&self, tx: &mut Tx<'_>, who: &Jid) -> Result<Vec<Membership>, DbError> {
        store::memberships(tx, who)
    }

    fn one(&self, tx: &mut Tx<'_>, who: &Jid, room: &Jid) -> Result<Option<Membership>, DbError> {
        store::membership(tx, who, room)
    }

    fn read_up_to(
        &self,
        tx: &mut Tx<'_>,
        who: &Jid,
        log: &SharedLog,
        seq: i64,
    ) -> Result<(), DbError> {
        store::mark_seen(tx, -log.owner.0, who, seq)
    }
}
