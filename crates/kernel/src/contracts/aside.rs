//! Messages that are kept though no log shows them, such as what can be viewed once.

use skein_base::Timestamp;
use skein_db::{DbError, Tx};
use skein_xmpp::Stanza;

/// Under such a name a message is set aside.
pub type AsideName = [u8; 16];

/// Fulfilled by who keeps the logs. What writes runs in the writer's transaction only.
pub trait Aside: Send + Sync {
    /// Keeps a message until a time at the latest, and the files that it names as long. What
    /// has that name already stays as it is.
    ///
    /// # Errors
    /// What the database says.
    fn put(
        &self,
        tx: &mut Tx<'_>,
        name: AsideName,
        stanza: &Stanza,
        until: Timestamp,
    ) -> Result<(), DbError>;

    /// The message of a name, if it is there still.
    ///
    /// # Errors
    /// What the database says.
    fn get(&self, tx: &mut Tx<'_>, name: AsideName) -> Result<Option<Stanza>, DbError>;

    /// Removes the message of a name, and at `files` the files that it alone names.
    ///
    /// # Errors
    /// What the database says.
    fn remove(&self, tx: &mut Tx<'_>, name: AsideName, files: Timestamp) -> Result<(), DbError>;

    /// Whether a message that is kept, here or in a log, names the file.
    ///
    /// # Errors
    /// What the database says.
    fn names(&self, tx: &mut Tx<'_>, file: super::FileId) -> Result<bool, DbError>;
}
