//! Each account's log: gap-free sequence numbers, one for each message kept.

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Tx};
use skein_session::SessionId;
use skein_xmpp::{Jid, Stanza};

use crate::contracts::{Aside, SharedLogs};
use crate::envelope::Keep;

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// All entries of the envelope were written; each [`Keep::stored`] is set.
    Kept,
    /// The sender repeats a message that is in its log already; nothing was written.
    Repeated,
    /// Too much waits for somebody to whom it would be owed; nothing was written.
    Full,
}

/// Written in the writer's transaction only, so that order of commit, order of
/// sequence numbers and order of delivery are one.
pub trait Log: Send + Sync {
    /// Writes the entries of one message.
    ///
    /// `sender` is the sending session and its device when a repetition is to be
    /// recognised: clients that know stream management send again after a break.
    ///
    /// # Errors
    /// What the database says.
    fn append(
        &self,
        tx: &mut Tx<'_>,
        stanza: &Stanza,
        keeps: &mut [Keep],
        sender: Option<(SessionId, &str)>,
        at: Timestamp,
    ) -> Result<Appended, DbError>;

    /// The owner of `account` has read the conversation with `peer` up to the entry of
    /// `stanza_id`; never moves back. `false` if the log shows no such entry with `peer`.
    ///
    /// # Errors
    /// What the database says.
    fn read_up_to(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        peer: &Jid,
        stanza_id: &str,
    ) -> Result<bool, DbError>;

    /// The message of an id that the account's archive shows in the conversation with
    /// `peer`, and when it was written.
    ///
    /// # Errors
    /// What the database says.
    fn shown(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        peer: &Jid,
        stanza_id: &str,
    ) -> Result<Option<(Timestamp, Stanza)>, DbError> {
        let _ = (tx, account, peer, stanza_id);
        Ok(None)
    }

    /// The newest place in an account's log.
    ///
    /// # Errors
    /// What the database says.
    fn head(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<i64, DbError>;

    /// Everything received behind `seq` is owed to the account's next client: nobody knows
    /// what became of those that got it.
    ///
    /// # Errors
    /// What the database says.
    fn owe_from(&self, tx: &mut Tx<'_>, account: AccountId, seq: i64) -> Result<(), DbError>;

    /// The batch that appended failed: forget what was assumed about it.
    fn rolled_back(&self);

    /// Messages that no log shows; who keeps no messages has none.
    fn aside(&self) -> Option<&dyn Aside> {
        None
    }

    /// The logs of rooms; who keeps no messages has none.
    fn shared(&self) -> Option<&dyn SharedLogs> {
        None
    }
}
