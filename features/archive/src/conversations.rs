//! A log by conversation, and by the ids of its messages.
//!
//! On SQLite entries are sorted when their owner asks by conversation, from where the last
//! such question left off, or when very many are left: sorting each as it is written cost more
//! than the rest of writing it. What is not sorted yet is the log's end. PostgreSQL sorts at
//! once. Logs of rooms are one conversation each and never sorted.
//!
//! Invariant: below the newest sorted entry of an account all are sorted.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::{AccountId, Fault};
use skein_db::{DbError, Row, Sql, Tx};
use skein_kernel::{Ctx, Feature, Job};

use crate::log::Archive;
use crate::store::Entry;

/// What [`newest_sorted`] says where entries are sorted at once.
pub(crate) const ALL: i64 = i64::MAX;

/// Backward from the newest entry: the index over conversations would have to be sorted.
static NEWEST_SORTED: Sql = Sql::split(
    "archive.newest_sorted",
    "SELECT seq FROM archive_log NOT INDEXED WHERE account = $1 AND (flags & 16) = 0
     ORDER BY seq DESC LIMIT 1",
    "SELECT CAST(9223372036854775807 AS BIGINT) AS seq WHERE CAST($1 AS BIGINT) <> 0",
);
static TO_SORT: Sql = Sql::new(
    "archive.to_sort",
    "SELECT seq FROM archive_log WHERE account = $1 AND seq > $2 ORDER BY seq LIMIT 1 OFFSET $3",
);
static SORT: Sql = Sql::new(
    "archive.sort",
    "UPDATE archive_log SET flags = flags - 16
     WHERE account = $1 AND seq > $2 AND seq <= $3 AND (flags & 16) <> 0",
);
/// In SQLite's index each 4,096 entries of a log are sorted for themselves.
static REFERRED: Sql = Sql::split(
    "archive.referred",
    "SELECT message, seq FROM archive_log INDEXED BY archive_log_ref
     WHERE account = $1 AND seq / 4096 = $5 AND ref = $3 AND peer = $2 AND (flags & 16) = 0
       AND (flags & 1) = $4
     ORDER BY seq DESC LIMIT 8",
    "SELECT message, seq FROM archive_log
     WHERE ref = $3 AND account = $1 AND peer = $2 AND (flags & 1) = $4
       AND CAST($5 AS BIGINT) IS NOT NULL
     ORDER BY seq DESC LIMIT 8",
);
static REFERRED_BEHIND: Sql = Sql::split(
    "archive.referred_behind",
    "SELECT message, seq FROM archive_log NOT INDEXED
     WHERE account = $1 AND seq > $5 AND ref = $3 AND peer = $2 AND (flags & 1) = $4
     ORDER BY seq DESC LIMIT 8",
    "SELECT message, seq FROM archive_log
     WHERE account = $1 AND seq > $5 AND ref = $3 AND peer = $2 AND (flags & 1) = $4
     ORDER BY seq DESC LIMIT 8",
);

static STATEMENTS: &[&Sql] = &[&NEWEST_SORTED, &TO_SORT, &SORT, &REFERRED, &REFERRED_BEHIND];

/// Entries that the index over ids sorts for themselves.
const TOGETHER: i64 = 4_096;
/// Entries sorted in one transaction: others' messages wait for it, some milliseconds.
const BATCH: i64 = 1_000;
/// So many entries may be left before they are sorted unasked: to look through them takes
/// some milliseconds.
const LEFT: i64 = 16_384;
/// Who refers to something that is not among the newest while more than this are left has a
/// batch sorted, so that looking through them cannot be asked for again and again.
const PATIENCE: i64 = 1_024;
/// Messages are mostly referred to soon; so many of the newest entries are looked at first.
const RECENT: i64 = 64;
/// Entries with one id in one conversation that are told.
const TOLD: usize = 8;
/// How often logs are looked for that have grown long.
const OFTEN: Duration = Duration::from_secs(60);

/// Logs that grew long since they were last sorted.
#[derive(Debug, Default)]
pub(crate) struct Grown(Mutex<HashSet<AccountId>>);

impl Grown {
    /// The log of `account` has reached `seq`.
    pub(crate) fn note(&self, account: AccountId, seq: i64) {
        if seq % LEFT == 0 && is_sorted(account) {
            self.0.lock().insert(account);
        }
    }
}

/// Adds the statements and the job.
pub(crate) fn register(feature: Feature) -> Feature {
    feature.tables(&[], STATEMENTS).job(Job {
        name: "archive.conversations",
        every: OFTEN,
        run: |ctx| {
            Box::pin(async move {
                let grown = std::mem::take(&mut *ctx.state::<Archive>().grown.0.lock());
                for account in grown {
                    if let Err(error) = catch_up(&ctx, account).await {
                        let fault = Fault::from(error);
                        tracing::error!(target: "archive", %fault, "a log could not be sorted");
                    }
                }
            })
        },
    })
}

/// Whether a log is ever sorted by conversation: an account's, not a room's.
fn is_sorted(account: AccountId) -> bool {
    account.0 > 0
}

/// Sorts what came to the owner's log since somebody asked last.
pub(crate) async fn catch_up(ctx: &Arc<Ctx>, account: AccountId) -> Result<(), DbError> {
    let left = ctx.db.read(move |tx| {
        let from = newest_sorted(tx, account)?;
        let next = if from == ALL { None } else { nth_behind(tx, account, from, 0)? };
        Ok(next.map(|_| from))
    });
    let mut left = left.await?;
    while let Some(from) = left {
        left = ctx.db.write(move |tx| sort(tx, account, from, BATCH)).await?;
    }
    Ok(())
}

/// The newest entry of a log that is sorted; [`ALL`] where each is.
pub(crate) fn newest_sorted(tx: &mut Tx<'_>, account: AccountId) -> Result<i64, DbError> {
    if !is_sorted(account) {
        return Ok(0);
    }
    let row = tx.query_one(&NEWEST_SORTED, &[account.0.into()])?;
    row.map_or(Ok(0), |row| row.int(0))
}

fn nth_behind(
    tx: &mut Tx<'_>,
    account: AccountId,
    from: i64,
    index: i64,
) -> Result<Option<i64>, DbError> {
    let row = tx.query_one(&TO_SORT, &[account.0.into(), from.into(), index.into()])?;
    row.map(|row| row.int(0)).transpose()
}

/// Sorts up to `limit` further entries behind `from`, up to which all are sorted; says from
/// where to go on if there may be more.
pub(crate) fn sort(
    tx: &mut Tx<'_>,
    account: AccountId,
    from: i64,
    limit: i64,
) -> Result<Option<i64>, DbError> {
    let last = nth_behind(tx, account, from, limit - 1)?;
    tx.exec(&SORT, &[account.0.into(), from.into(), last.unwrap_or(i64::MAX).into()])?;
    Ok(last)
}

/// Which entries another message refers to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference {
    pub(crate) account: AccountId,
    pub(crate) peer: i64,
    /// The hash of the message's id.
    pub(crate) hash: i64,
    /// Whether it was sent or received: [`SENT`](crate::rules::SENT) or 0.
    pub(crate) side: i64,
    /// The newest entry of the log, which refers.
    pub(crate) by: i64,
}

/// An entry that another message refers to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Referred {
    pub(crate) message: i64,
    pub(crate) seq: i64,
}

/// The newest entry that is referred to.
pub(crate) fn newest_referred(
    tx: &mut Tx<'_>,
    reference: Reference,
) -> Result<Option<Referred>, DbError> {
    let recent = find(tx, &REFERRED_BEHIND, reference, reference.by - RECENT)?;
    match recent.first() {
        Some(newest) => Ok(Some(*newest)),
        None => Ok(referred(tx, reference, 1)?.first().copied()),
    }
}

/// The entries that are referred to, newest first: some of them, if they are many.
pub(crate) fn all_referred(
    tx: &mut Tx<'_>,
    reference: Reference,
) -> Result<Vec<Referred>, DbError> {
    referred(tx, reference, TOLD)
}

fn referred(
    tx: &mut Tx<'_>,
    reference: Reference,
    wanted: usize,
) -> Result<Vec<Referred>, DbError> {
    let sorted = newest_sorted(tx, reference.account)?;
    if sorted == ALL {
        return find(tx, &REFERRED, reference, 0);
    }
    let mut found = find(tx, &REFERRED_BEHIND, reference, sorted)?;
    let mut stretch = sorted / TOGETHER;
    while found.len() < wanted && stretch >= 0 {
        found.extend(find(tx, &REFERRED, reference, stretch)?);
        stretch -= 1;
    }
    if reference.by - sorted > PATIENCE {
        sort(tx, reference.account, sorted, BATCH)?;
    }
    Ok(found)
}

fn find(
    tx: &mut Tx<'_>,
    sql: &'static Sql,
    Reference { account, peer, hash, side, .. }: Reference,
    place: i64,
) -> Result<Vec<Referred>, DbError> {
    let asked = [account.0.into(), peer.into(), hash.into(), side.into(), place.into()];
    let read = |row: &Row| Ok(Referred { message: row.int(0)?, seq: row.int(1)? });
    tx.query(sql, &asked)?.iter().map(read).collect()
}

impl Reference {
    /// What `entry` refers to by an id whose hash is `hash`.
    pub(crate) fn by(entry: &Entry, hash: i64, side: i64) -> Self {
        Self { account: entry.account, peer: entry.peer, hash, side, by: entry.seq }
    }
}

#[cfg(test)]
mod tests;
