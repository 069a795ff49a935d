//! The log's tables: writing.

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Migration, Sql, Tx};
use skein_xmpp::Jid;

use crate::rules::{Normally, Preferences};
use crate::{names, search};

/// A statement that on SQLite must go over an index, which stands behind its first part.
/// Left alone, SQLite takes the primary key and walks through the whole log of an
/// account: it does not know that one conversation is a small part of it. PostgreSQL does.
macro_rules! over {
    ($index:literal, $name:literal, $before:expr, $after:expr $(,)?) => {
        skein_db::Sql::split(
            $name,
            concat!($before, " INDEXED BY ", $index, " ", $after),
            concat!($before, " ", $after),
        )
    };
}
pub(crate) use over;

/// A statement over the index by conversation, of what is sorted on SQLite (conversations.rs).
/// What follows the alias of the table stands behind its condition.
macro_rules! sorted {
    ($name:literal, $before:expr, $places:expr, $rest:literal $(,)?) => {
        skein_db::Sql::split(
            $name,
            concat!(
                $before,
                " INDEXED BY archive_log_peer ",
                $places,
                " AND (flags & 16) = 0 ",
                $rest
            ),
            concat!($before, " ", $places, " ", $rest),
        )
    };
}
pub(crate) use sorted;

/// A statement over what is not sorted on SQLite: the end of a log.
macro_rules! unsorted {
    ($name:literal, $before:expr, $after:expr $(,)?) => {
        skein_db::Sql::split(
            $name,
            concat!($before, " NOT INDEXED ", $after),
            concat!($before, " ", $after),
        )
    };
}
pub(crate) use unsorted;

pub(crate) use crate::append::{Entry, put_entry, put_message};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { feature: "archive", number: 1, sql: include_str!("../migrations/0001_log.sql") },
    Migration { feature: "archive", number: 2, sql: include_str!("../migrations/0002_search.sql") },
    Migration { feature: "archive", number: 3, sql: include_str!("../migrations/0003_reader.sql") },
    Migration { feature: "archive", number: 4, sql: include_str!("../migrations/0004_names.sql") },
    Migration {
        feature: "archive",
        number: 5,
        sql: include_str!("../migrations/0005_references.sql"),
    },
    Migration { feature: "archive", number: 6, sql: include_str!("../migrations/0006_due.sql") },
    Migration {
        feature: "archive",
        number: 7,
        sql: include_str!("../migrations/0007_references.sql"),
    },
    Migration {
        feature: "archive",
        number: 8,
        sql: include_str!("../migrations/0008_conversations.sql"),
    },
];

static LAST_MESSAGE: Sql = Sql::new("archive.last_message", "SELECT MAX(id) FROM archive_message");
static HEAD: Sql = Sql::new(
    "archive.head",
    "SELECT seq, at FROM archive_log WHERE account = $1 ORDER BY seq DESC LIMIT 1",
);
static OLD_HEAD: Sql =
    Sql::new("archive.old_head", "SELECT seq, at FROM archive_head WHERE account = $1");
static SAVE_HEAD: Sql = Sql::new(
    "archive.save_head",
    "INSERT INTO archive_head (account, seq, at) VALUES ($1, $2, $3)
     ON CONFLICT (account) DO UPDATE SET seq = excluded.seq, at = excluded.at",
);
static SENT_BEFORE: Sql = Sql::new(
    "archive.sent_before",
    "SELECT session FROM archive_sent WHERE account = $1 AND hash = $2",
);
static PUT_SENT: Sql = Sql::new(
    "archive.put_sent",
    "INSERT INTO archive_sent (account, hash, session, at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (account, hash) DO UPDATE SET session = excluded.session, at = excluded.at",
);
static FORGET_SENT: Sql =
    Sql::new("archive.forget_sent", "DELETE FROM archive_sent WHERE account = $1 AND at < $2");
static MESSAGE: Sql =
    Sql::new("archive.message", "SELECT stanza FROM archive_message WHERE id = $1");
static OWE: Sql = Sql::new(
    "archive.owe",
    "UPDATE archive_log SET flags = flags | 4 WHERE account = $1 AND seq = $2 AND (flags & 1) = 0",
);
static OWE_FROM: Sql = Sql::new(
    "archive.owe_from",
    "UPDATE archive_log SET flags = flags | 4 WHERE account = $1 AND seq > $2 AND (flags & 1) = 0",
);
static GIVEN: Sql = over!(
    "archive_log_owed",
    "archive.given",
    "UPDATE archive_log",
    "SET flags = flags - 4
     WHERE account = $1 AND seq <= $2 AND seq > $3 AND (flags & 4) <> 0 AND (flags & 2) <> 0",
);
static HIDDEN: Sql = over!(
    "archive_log_owed",
    "archive.hidden",
    "SELECT seq, message FROM archive_log",
    "WHERE account = $1 AND seq <= $2 AND (flags & 4) <> 0 AND (flags & 2) = 0 LIMIT 10000",
);
static PUT_READ: Sql = Sql::new(
    "archive.put_read",
    "INSERT INTO archive_read (account, peer, seq) VALUES ($1, $2, $3)
     ON CONFLICT (account, peer) DO UPDATE SET seq = excluded.seq
     WHERE archive_read.seq < excluded.seq",
);
static PREFERENCES: Sql = Sql::new(
    "archive.preferences",
    "SELECT normally, always, never FROM archive_preferences WHERE account = $1",
);
static PUT_PREFERENCES: Sql = Sql::new(
    "archive.put_preferences",
    "INSERT INTO archive_preferences (account, normally, always, never) VALUES ($1, $2, $3, $4)
     ON CONFLICT (account) DO UPDATE SET normally = excluded.normally, always = excluded.always,
         never = excluded.never",
);
pub(crate) static DROP_ENTRY: Sql =
    Sql::new("archive.drop_entry", "DELETE FROM archive_log WHERE account = $1 AND seq = $2");
static OLDEST: Sql = Sql::new(
    "archive.oldest",
    "SELECT seq, message FROM archive_log WHERE account = $1 AND seq < $2 ORDER BY seq LIMIT $3",
);
static NAMING: Sql = Sql::new(
    "archive.naming",
    "SELECT account, seq FROM archive_log WHERE message = $1 ORDER BY account, seq",
);
static SETTLE: Sql = Sql::new(
    "archive.settle",
    "UPDATE archive_log SET flags = flags - 4
     WHERE account = $1 AND seq = $2 AND (flags & 4) <> 0",
);
static FORGET_HEAD: Sql =
    Sql::new("archive.forget_head", "DELETE FROM archive_head WHERE account = $1");
static FORGET_READ: Sql =
    Sql::new("archive.forget_read", "DELETE FROM archive_read WHERE account = $1");
static FORGET_PREFERENCES: Sql =
    Sql::new("archive.forget_preferences", "DELETE FROM archive_preferences WHERE account = $1");
static FORGET_SENT_OF: Sql =
    Sql::new("archive.forget_sent_of", "DELETE FROM archive_sent WHERE account = $1");

pub(crate) static STATEMENTS: &[&Sql] = &[
    &LAST_MESSAGE,
    &HEAD,
    &OLD_HEAD,
    &SAVE_HEAD,
    &crate::append::PUT_MESSAGE,
    &crate::append::PUT_ENTRY,
    &SENT_BEFORE,
    &PUT_SENT,
    &FORGET_SENT,
    &MESSAGE,
    &OWE,
    &OWE_FROM,
    &GIVEN,
    &HIDDEN,
    &PUT_READ,
    &PREFERENCES,
    &PUT_PREFERENCES,
    &OLDEST,
    &NAMING,
    &SETTLE,
    &DROP_ENTRY,
    &FORGET_HEAD,
    &FORGET_READ,
    &FORGET_PREFERENCES,
    &FORGET_SENT_OF,
    &crate::offline::OWED,
];

/// Where an account's log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Head {
    pub(crate) seq: i64,
    pub(crate) at: i64,
}

pub(crate) fn last_message(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    let row = tx.query_one(&LAST_MESSAGE, &[])?;
    Ok(row.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0))
}

pub(crate) fn head(tx: &mut Tx<'_>, account: AccountId) -> Result<Head, DbError> {
    let mut head = Head::default();
    for sql in [&HEAD, &OLD_HEAD] {
        if let Some(row) = tx.query_one(sql, &[account.0.into()])? {
            head = Head { seq: head.seq.max(row.int(0)?), at: head.at.max(row.int(1)?) };
        }
    }
    Ok(head)
}

/// The session that sent the same message before.
pub(crate) fn sent_before(
    tx: &mut Tx<'_>,
    account: AccountId,
    hash: i64,
) -> Result<Option<i64>, DbError> {
    let row = tx.query_one(&SENT_BEFORE, &[account.0.into(), hash.into()])?;
    row.map(|row| row.int(0)).transpose()
}

pub(crate) fn put_sent(
    tx: &mut Tx<'_>,
    account: AccountId,
    hash: i64,
    session: i64,
    at: Timestamp,
) -> Result<(), DbError> {
    tx.run(&PUT_SENT, &[account.0.into(), hash.into(), session.into(), at.0.into()])
}

/// Forgets what the account sent before that time: nobody repeats it any more.
pub(crate) fn forget_sent(
    tx: &mut Tx<'_>,
    account: AccountId,
    before: Timestamp,
) -> Result<(), DbError> {
    tx.run(&FORGET_SENT, &[account.0.into(), before.0.into()])
}

pub(crate) fn message(tx: &mut Tx<'_>, id: i64) -> Result<Option<String>, DbError> {
    let row = tx.query_one(&MESSAGE, &[id.into()])?;
    row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
}

/// The entry waits for a client that does not read the archive itself.
pub(crate) fn owe(tx: &mut Tx<'_>, account: AccountId, seq: i64) -> Result<(), DbError> {
    tx.run(&OWE, &[account.0.into(), seq.into()])
}

/// The entry was given to a client that reads the archive.
pub(crate) fn settle(tx: &mut Tx<'_>, account: AccountId, seq: i64) -> Result<(), DbError> {
    tx.run(&SETTLE, &[account.0.into(), seq.into()])
}

/// The entries of all logs that name a message.
pub(crate) fn naming(tx: &mut Tx<'_>, message: i64) -> Result<Vec<(AccountId, i64)>, DbError> {
    let rows = tx.query(&NAMING, &[message.into()])?;
    rows.iter().map(|row| Ok((AccountId(row.int(0)?), row.int(1)?))).collect()
}

/// Everything received behind `seq` waits for a client.
pub(crate) fn owe_from(tx: &mut Tx<'_>, account: AccountId, seq: i64) -> Result<(), DbError> {
    tx.run(&OWE_FROM, &[account.0.into(), seq.into()])
}

/// What was owed up to `seq` was given to a client, but for what the archive shows up to
/// `withheld`, which stays owed; what the archive does not show goes.
pub(crate) fn given(
    tx: &mut Tx<'_>,
    account: AccountId,
    withheld: i64,
    seq: i64,
) -> Result<(), DbError> {
    tx.run(&GIVEN, &[account.0.into(), seq.into(), withheld.into()])?;
    let hidden = tx.query(&HIDDEN, &[account.0.into(), seq.into()])?;
    if hidden.is_empty() {
        return Ok(());
    }
    // If the newest entry goes, the log must not use its number again.
    let last = head(tx, account)?;
    for row in &hidden {
        tx.run(&DROP_ENTRY, &[account.0.into(), row.int(0)?.into()])?;
        names::drop_given(tx, row.int(1)?)?;
    }
    save_head(tx, account, last)
}

pub(crate) fn save_head(tx: &mut Tx<'_>, account: AccountId, head: Head) -> Result<(), DbError> {
    tx.run(&SAVE_HEAD, &[account.0.into(), head.seq.into(), head.at.into()])
}

/// The owner has read a conversation up to `seq`.
pub(crate) fn put_read(
    tx: &mut Tx<'_>,
    account: AccountId,
    peer: i64,
    seq: i64,
) -> Result<(), DbError> {
    tx.run(&PUT_READ, &[account.0.into(), peer.into(), seq.into()])
}

/// What the owner said; `None` if nothing.
pub(crate) fn preferences(
    tx: &mut Tx<'_>,
    account: AccountId,
) -> Result<Option<Preferences>, DbError> {
    let Some(row) = tx.query_one(&PREFERENCES, &[account.0.into()])? else { return Ok(None) };
    let list = |text: &str| text.lines().filter_map(|line| Jid::parse(line).ok()).collect();
    Ok(Some(Preferences {
        normally: Normally::named(row.text(0)?).unwrap_or_default(),
        always: list(row.text(1)?),
        never: list(row.text(2)?),
    }))
}

pub(crate) fn put_preferences(
    tx: &mut Tx<'_>,
    account: AccountId,
    preferences: &Preferences,
) -> Result<(), DbError> {
    let text = |list: &[Jid]| list.iter().map(Jid::as_str).collect::<Vec<_>>().join("\n");
    tx.run(
        &PUT_PREFERENCES,
        &[
            account.0.into(),
            preferences.normally.name().into(),
            text(&preferences.always).as_str().into(),
            text(&preferences.never).as_str().into(),
        ],
    )
}

/// Removes up to `limit` of the account's entries before the place `below`, oldest first;
/// says how many there were.
pub(crate) fn expire(
    tx: &mut Tx<'_>,
    account: AccountId,
    below: i64,
    limit: i64,
) -> Result<usize, DbError> {
    let rows = tx.query(&OLDEST, &[account.0.into(), below.into(), limit.into()])?;
    if rows.is_empty() {
        return Ok(0);
    }
    let last = head(tx, account)?;
    for row in &rows {
        let seq = row.int(0)?;
        search::forget(tx, account, seq)?;
        tx.run(&DROP_ENTRY, &[account.0.into(), seq.into()])?;
        names::drop_orphan(tx, row.int(1)?)?;
    }
    // If the newest entry went, the log must not use its number again.
    save_head(tx, account, last)?;
    Ok(rows.len())
}

/// Removes up to `limit` entries of an account that is no more, and with the last one
/// everything else; says how many there were.
pub(crate) fn forget(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<usize, DbError> {
    let removed = expire(tx, account, i64::MAX, limit)?;
    if removed == 0 {
        for sql in [&FORGET_HEAD, &FORGET_READ, &FORGET_PREFERENCES, &FORGET_SENT_OF] {
            tx.run(sql, &[account.0.into()])?;
        }
        search::forget_all(tx, account)?;
        crate::readers::forget(tx, account)?;
    }
    Ok(removed)
}
