//! Logs that belong to no account: those of rooms. They stand beside the accounts' logs
//! under negative numbers, so that ids, pages, search, retractions and retention are the same.

use std::sync::Arc;

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Tx};
use skein_session::SessionId;
use skein_xmpp::{Jid, Stanza, StanzaError};

use crate::envelope::Stored;

/// See the module. What writes runs in the writer's transaction only.
pub trait SharedLogs: Send + Sync {
    /// Writes one message to the log of a room; `None` if `sent` shows that its sender
    /// repeats what is there already.
    ///
    /// # Errors
    /// What the database says.
    fn append(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        stanza: &Stanza,
        sent: Option<&Sent<'_>>,
        at: Timestamp,
    ) -> Result<Option<Stored>, DbError>;

    /// Answers a request of XEP-0313 to a room: a query, the form, the metadata. Whether the
    /// asker may read is for the room to know.
    ///
    /// # Errors
    /// What the database says; the inner one is for the asker.
    fn query(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        request: &Stanza,
        reading: &Reading,
    ) -> Result<Result<Queried, StanzaError>, DbError>;

    /// The newest entries that stand behind `after` and are not older than `since`, oldest first.
    ///
    /// # Errors
    /// What the database says.
    fn newest(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        most: usize,
        after: i64,
        since: Option<Timestamp>,
    ) -> Result<Vec<SharedEntry>, DbError>;

    /// How many entries of a room's log behind `seq` are something to read, 1,000 at most.
    ///
    /// # Errors
    /// What the database says.
    fn unread(&self, tx: &mut Tx<'_>, log: &SharedLog, seq: i64) -> Result<i64, DbError>;

    /// The entry at a place, if it is still there.
    ///
    /// # Errors
    /// What the database says.
    fn entry(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        seq: i64,
    ) -> Result<Option<SharedEntry>, DbError>;

    /// How many entries not older than `since` are something to read, `most` at most.
    ///
    /// # Errors
    /// What the database says.
    fn texts_since(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        since: Timestamp,
        most: usize,
    ) -> Result<usize, DbError>;

    /// Shows the entry of a stanza id to `change` and keeps what it makes of it instead;
    /// `false` if there is none or `change` leaves it.
    ///
    /// # Errors
    /// What the database says.
    fn replace(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        stanza_id: &str,
        change: &mut dyn FnMut(&Stanza) -> Option<Stanza>,
    ) -> Result<bool, DbError>;

    /// The place of a stanza id in a room's log.
    fn place(&self, log: &SharedLog, stanza_id: &str) -> Option<i64>;

    /// Makes some more of a room's log searchable; `true` if there is more to do.
    ///
    /// # Errors
    /// What the database says.
    fn index(&self, tx: &mut Tx<'_>, log: &SharedLog) -> Result<bool, DbError>;

    /// Removes some entries of a room that is no more; `true` if there are more.
    ///
    /// # Errors
    /// What the database says.
    fn forget(&self, tx: &mut Tx<'_>, log: &SharedLog) -> Result<bool, DbError>;
}

/// The log of a room: it stands beside those of accounts and has a number of its own kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedLog {
    /// Its number: negative, never used again.
    pub owner: AccountId,
    /// The room.
    pub jid: Jid,
}

/// What a sender sent, to know a repetition of it.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// Whose session.
    pub account: AccountId,
    /// The session; it counts acknowledgements.
    pub session: SessionId,
    /// Its device.
    pub device: &'a str,
    /// The message as it was sent.
    pub stanza: &'a Stanza,
}

/// Entries of a page: when the asker names no number, and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSizes {
    /// When the asker names none.
    pub default: usize,
    /// At most.
    pub max: usize,
}

/// Who reads a room's log, and how.
#[derive(Clone)]
pub struct Reading {
    /// Entries of a page.
    pub sizes: PageSizes,
    /// Whose own whispers stand between the entries, if the request asks for them.
    pub reader: AccountId,
    /// An entry as the reader shall see it, if not as it is.
    pub hint: Hint,
}

/// See [`Reading::hint`].
pub type Hint = Arc<dyn Fn(&Stanza) -> Option<Stanza> + Send + Sync>;

/// The answer to a request of XEP-0313.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queried {
    /// The results, in the order in which they are sent.
    pub messages: Vec<Stanza>,
    /// What follows them.
    pub answer: Stanza,
}

/// An entry of a room's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedEntry {
    /// Its place and id.
    pub stored: Stored,
    /// When it was written.
    pub at: Timestamp,
    /// The message, as the room sent it.
    pub stanza: Stanza,
}
