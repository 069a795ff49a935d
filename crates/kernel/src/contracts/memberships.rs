//! The rooms that an account belongs to, so that their messages stand beside its own.

use skein_db::{DbError, Tx};
use skein_xmpp::Jid;

use crate::contracts::{Contracts, SharedLog};

/// A room that somebody belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The room's log.
    pub log: SharedLog,
    /// How far in it they have read.
    pub seen: i64,
}

/// See the module.
pub trait Memberships: Send + Sync {
    /// The rooms of a bare address, 1,000 at most.
    ///
    /// # Errors
    /// What the database says.
    fn of(&self, tx: &mut Tx<'_>, who: &Jid) -> Result<Vec<Membership>, DbError>;

    /// The room of that address, if `who` belongs to it.
    ///
    /// # Errors
    /// What the database says.
    fn one(&self, tx: &mut Tx<'_>, who: &Jid, room: &Jid) -> Result<Option<Membership>, DbError>;

    /// They have read a room's log up to `seq`; never moves back.
    ///
    /// # Errors
    /// What the database says.
    fn read_up_to(
        &self,
        tx: &mut Tx<'_>,
        who: &Jid,
        log: &SharedLog,
        seq: i64,
    ) -> Result<(), DbError>;
}

/// Somebody has read a room up to the message of a stanza id; `false` if the room is none of
/// theirs or has no such message.
///
/// # Errors
/// What the database says.
pub fn read_room(
    contracts: &Contracts,
    tx: &mut Tx<'_>,
    who: &Jid,
    room: &Jid,
    stanza_id: &str,
) -> Result<bool, DbError> {
    let (Some(memberships), Some(logs)) = (&contracts.memberships, contracts.log.shared()) else {
        return Ok(false);
    };
    let Some(membership) = memberships.one(tx, who, room)? else { return Ok(false) };
    let log = &membership.log;
    let Some(seq) = logs.place(log, stanza_id) else { return Ok(false) };
    if seq > contracts.log.head(tx, log.owner)? {
        return Ok(false);
    }
    memberships.read_up_to(tx, who, log, seq)?;
    Ok(true)
}
