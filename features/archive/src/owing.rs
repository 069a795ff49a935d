//! How much may wait for an account (trust D2): beyond it senders are told that nobody is
//! there (XEP-0160 section 3), unless a client of the account reads the archive, where it
//! finds everything.
//!
//! What waits is counted in the store once and estimated from then on, always too high; at
//! the bound it is counted again. So an account for which little waits costs nothing.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::{AccountId, Timestamp};
use skein_config::Limits;
use skein_db::{DbError, Sql, Tx};
use skein_kernel::Keep;
use skein_xmpp::Stanza;

use crate::log::Archive;
use crate::readers;
use crate::rules::{self, Worth};
use crate::store::over;

static COUNT: Sql = over!(
    "archive_log_owed",
    "archive.count_owed",
    "SELECT COUNT(*), CAST(COALESCE(SUM(OCTET_LENGTH(m.stanza)), 0) AS BIGINT) FROM archive_log l",
    "JOIN archive_message m ON m.id = l.message
     WHERE l.account = $1 AND (l.flags & 4) <> 0",
);

pub(crate) static STATEMENTS: &[&Sql] = &[&COUNT];

/// Accounts whose estimate is remembered; forgotten all at once when it is more.
const ESTIMATES: usize = 100_000;
/// A full account is counted again so often: counting thousands of entries at each message
/// would let a sender keep the writer busy.
const AGAIN: Duration = Duration::from_secs(1);

/// What waits for an account.
#[derive(Debug, Clone, Copy)]
struct Estimate {
    messages: i64,
    bytes: i64,
    counted: Timestamp,
}

/// See the module.
pub(crate) struct Owing {
    most: (i64, i64),
    estimates: Mutex<HashMap<AccountId, Estimate>>,
    /// Accounts that are owed nothing at all.
    settled: Mutex<HashSet<AccountId>>,
}

impl Owing {
    pub(crate) fn new(limits: &Limits) -> Self {
        let signed = |bound: usize| i64::try_from(bound).unwrap_or(i64::MAX);
        let most = (signed(limits.owed_messages), signed(limits.owed_bytes));
        Self { most, estimates: Mutex::default(), settled: Mutex::default() }
    }

    /// Less may wait than is assumed.
    pub(crate) fn forget(&self, account: AccountId) {
        self.estimates.lock().remove(&account);
    }

    /// Forgets everything: a batch failed.
    pub(crate) fn clear(&self) {
        self.estimates.lock().clear();
    }

    /// Whether the account is known to be owed nothing.
    pub(crate) fn is_settled(&self, account: AccountId) -> bool {
        self.settled.lock().contains(&account)
    }

    /// Told on the writer's thread, after a look into the log, in which nothing was found.
    pub(crate) fn settled(&self, account: AccountId) {
        let mut settled = self.settled.lock();
        if settled.len() >= ESTIMATES {
            settled.clear();
        }
        settled.insert(account);
    }

    /// Something may be owed. Told before the log says so, in the same transaction.
    pub(crate) fn unsettled(&self, account: AccountId) {
        self.settled.lock().remove(&account);
    }

    /// Adds a message of so many bytes; `false` if that would be too much.
    fn add(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        bytes: i64,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        self.unsettled(account);
        let known = self.estimates.lock().get(&account).copied();
        let fits = |known: &Estimate| {
            known.messages < self.most.0 && known.bytes.saturating_add(bytes) <= self.most.1
        };
        let mut known = match known {
            Some(known) if fits(&known) || now.since(known.counted) < AGAIN => known,
            _ => counted(tx, account, now)?,
        };
        let has_room = fits(&known);
        if has_room {
            known.messages += 1;
            known.bytes += bytes;
        }
        let mut estimates = self.estimates.lock();
        if estimates.len() >= ESTIMATES {
            estimates.clear();
        }
        estimates.insert(account, known);
        Ok(has_room)
    }
}

fn counted(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Estimate, DbError> {
    let row = tx.query_one(&COUNT, &[account.0.into()])?;
    let number = |column| row.as_ref().map_or(Ok(0), |row| row.int(column));
    Ok(Estimate { messages: number(0)?, bytes: number(1)?, counted: now })
}

/// Whether the message may be kept for those to whom it would be owed. Who reads the archive
/// is owed nothing beyond the bound, and has it there.
pub(crate) fn admits(
    archive: &Archive,
    tx: &mut Tx<'_>,
    stanza: &Stanza,
    keeps: &mut [Keep],
    now: Timestamp,
) -> Result<bool, DbError> {
    let bytes = i64::try_from(stanza.content().len()).unwrap_or(i64::MAX);
    for keep in keeps.iter_mut().filter(|keep| keep.owed) {
        let account = keep.owner.account;
        if archive.owing.add(tx, account, bytes, now)? {
            continue;
        }
        let is_shown = rules::worth(stanza) == Worth::Keep && !keep.hidden;
        if !is_shown || !readers::is_any(tx, account)? {
            return Ok(false);
        }
        keep.owed = false;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{BEGIN, body, chat, user, worlds};
    use skein_kernel::Side;
    use skein_kernel::contracts::{Appended, Log as _};

    #[tokio::test]
    async fn beyond_the_bound_nothing_is_owed_until_something_was_given() {
        for world in worlds().await {
            let owner = user(2);
            let send = async |second: u64| {
                let (archive, owner) = (world.archive.clone(), owner.clone());
                let at = BEGIN.plus(Duration::from_secs(second));
                let sent = move |tx: &mut Tx<'_>| {
                    let stanza = chat(&user(1), &owner, body("hello"));
                    let owner = owner.clone();
                    let side = Side::Received;
                    let mut keeps = [Keep { owner, side, owed: true, hidden: false, stored: None }];
                    let appended = archive.append(tx, &stanza, &mut keeps, None, at)?;
                    Ok((appended, keeps[0].owed))
                };
                world.db.write(sent).await.expect("it is written")
            };
            let most = Limits::default().owed_messages;
            world.archive.owing.estimates.lock().insert(
                owner.account,
                Estimate { messages: most as i64 - 1, bytes: 0, counted: BEGIN },
            );
            assert_eq!(send(0).await, (Appended::Kept, true));
            // The estimate is at the bound; counted again, it is one.
            assert_eq!(send(0).await, (Appended::Full, true), "not counted at each message");
            assert_eq!(send(2).await, (Appended::Kept, true), "{}", world.engine());
            let full = Estimate { messages: most as i64, bytes: 0, counted: BEGIN };
            world.archive.owing.estimates.lock().insert(owner.account, full);
            world.write(|tx| readers::remember(tx, AccountId(2), 7, BEGIN)).await;
            assert_eq!(send(0).await, (Appended::Kept, false), "its client reads the archive");
            world.archive.owing.forget(owner.account);
            assert_eq!(send(0).await, (Appended::Kept, true));
        }
    }
}
