//! From ids and times to places in a log.

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Sql, Tx};
use skein_xmpp::Condition;

use crate::log::Archive;
use crate::query::Stop;
use crate::query::proto::Filter;
use crate::rules::SHOWN;
use crate::store;

static ENTRY_TEXT: Sql = Sql::new(
    "archive.entry_text",
    "SELECT l.at, m.stanza FROM archive_log l JOIN archive_message m ON m.id = l.message
     WHERE l.account = $1 AND l.seq = $2",
);
static PLACE: Sql = Sql::new(
    "archive.place",
    "SELECT flags, peer FROM archive_log WHERE account = $1 AND seq = $2",
);
// Two subqueries, as SQLite uses its index for one MIN or MAX alone.
static ENDS: Sql = Sql::new(
    "archive.ends",
    "SELECT (SELECT MIN(seq) FROM archive_log WHERE account = $1),
            (SELECT MAX(seq) FROM archive_log WHERE account = $1)",
);
static FROM: Sql = Sql::new(
    "archive.from",
    "SELECT seq, at FROM archive_log WHERE account = $1 AND seq >= $2 ORDER BY seq LIMIT 1",
);

static NUMBERED: Sql = Sql::new(
    "archive.numbered",
    "SELECT seq, message FROM archive_log WHERE account = $1 AND seq >= $2 ORDER BY seq LIMIT 1",
);
static NUMBER: Sql = Sql::new(
    "archive.number",
    "SELECT message FROM archive_log WHERE account = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1",
);

pub(crate) static STATEMENTS: &[&Sql] = &[&PLACE, &ENTRY_TEXT, &ENDS, &FROM, &NUMBERED, &NUMBER];

/// An entry that the archive shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) seq: i64,
    pub(crate) peer: i64,
}

/// The entry of an id that the owner's archive shows; `None` for ids of others, of
/// entries removed, and for nonsense.
pub(crate) fn known(
    tx: &mut Tx<'_>,
    archive: &Archive,
    account: AccountId,
    id: &str,
) -> Result<Option<Place>, DbError> {
    let Some(seq) = archive.ids.seq(account, id) else { return Ok(None) };
    let Some(row) = tx.query_one(&PLACE, &[account.0.into(), seq.into()])? else { return Ok(None) };
    let shown = row.int(0)? & SHOWN != 0;
    Ok(if shown { Some(Place { seq, peer: row.int(1)? }) } else { None })
}

/// When an entry was written, and its message.
pub(crate) fn entry_text(
    tx: &mut Tx<'_>,
    account: AccountId,
    seq: i64,
) -> Result<Option<(Timestamp, String)>, DbError> {
    let row = tx.query_one(&ENTRY_TEXT, &[account.0.into(), seq.into()])?;
    row.map(|row| Ok((Timestamp(row.int(0)?), row.text(1)?.to_owned()))).transpose()
}

/// The place of an id to go on from. Where a message with a timer stood one can still go on:
/// clients remember the id of the last message they have.
pub(crate) fn position(
    tx: &mut Tx<'_>,
    archive: &Archive,
    account: AccountId,
    id: &str,
) -> Result<i64, Stop> {
    if let Some(place) = known(tx, archive, account, id)? {
        return Ok(place.seq);
    }
    let gone = archive.ids.seq(account, id).filter(|seq| *seq > 0);
    if let Some(seq) = gone
        && tx.query_one(&PLACE, &[account.0.into(), seq.into()])?.is_none()
        && seq <= store::head(tx, account)?.seq
    {
        return Ok(seq);
    }
    Err(Stop::Refuse(Condition::ItemNotFound.into()))
}

/// As [`known`]; an unknown id is `item-not-found`.
pub(crate) fn find(
    tx: &mut Tx<'_>,
    archive: &Archive,
    account: AccountId,
    id: &str,
) -> Result<Place, Stop> {
    known(tx, archive, account, id)?.ok_or_else(|| Stop::Refuse(Condition::ItemNotFound.into()))
}

/// The place from which on all entries are of `at` or later. Times never go back in a log,
/// so this halves the log again and again: some 20 look-ups among a million entries.
pub(crate) fn place_of(tx: &mut Tx<'_>, account: AccountId, at: Timestamp) -> Result<i64, DbError> {
    halve(tx, account, &FROM, at.0)
}

/// The place from which on what `sql` reads beside the place is `least` or more.
fn halve(
    tx: &mut Tx<'_>,
    account: AccountId,
    sql: &'static Sql,
    least: i64,
) -> Result<i64, DbError> {
    let Some(ends) = tx.query_one(&ENDS, &[account.0.into()])? else { return Ok(0) };
    let (Some(oldest), Some(newest)) = (ends.opt_int(0)?, ends.opt_int(1)?) else { return Ok(0) };
    let (mut low, mut high) = (oldest, newest + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let Some(row) = tx.query_one(sql, &[account.0.into(), middle.into()])? else { break };
        if row.int(1)? >= least {
            high = middle;
        } else {
            low = row.int(0)? + 1;
        }
    }
    Ok(low)
}

/// The number of the message at a place, or of the one before if that is gone. Numbers rise
/// in the order in which messages were taken, over all logs.
pub(crate) fn number_of(tx: &mut Tx<'_>, account: AccountId, seq: i64) -> Result<i64, DbError> {
    let row = tx.query_one(&NUMBER, &[account.0.into(), seq.into()])?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// The place from which on all messages have numbers above `number`.
pub(crate) fn place_behind(
    tx: &mut Tx<'_>,
    account: AccountId,
    number: i64,
) -> Result<i64, DbError> {
    halve(tx, account, &NUMBERED, number.saturating_add(1))
}

/// A stretch of a log, both ends included; empty if `low` lies above `high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl Bounds {
    /// The whole log.
    pub(crate) const ALL: Self = Self { low: 0, high: i64::MAX };

    /// The part behind `seq`.
    pub(crate) fn after(self, seq: i64) -> Self {
        Self { low: self.low.max(seq.saturating_add(1)), ..self }
    }

    /// The part before `seq`.
    pub(crate) fn before(self, seq: i64) -> Self {
        Self { high: self.high.min(seq.saturating_sub(1)), ..self }
    }

    /// Whether an entry lies within.
    pub(crate) fn hold(self, seq: i64) -> bool {
        (self.low..=self.high).contains(&seq)
    }

    /// The stretch that times and ids of a form leave (XEP-0313 sections 4.1.2 and 4.1.3).
    pub(crate) fn of(
        tx: &mut Tx<'_>,
        archive: &Archive,
        account: AccountId,
        filter: &Filter,
    ) -> Result<Self, Stop> {
        let mut bounds = Self::ALL;
        if let Some(id) = &filter.after_id {
            bounds = bounds.after(position(tx, archive, account, id)?);
        }
        if let Some(id) = &filter.before_id {
            bounds = bounds.before(position(tx, archive, account, id)?);
        }
        if let Some(start) = filter.start {
            bounds.low = bounds.low.max(place_of(tx, account, start)?);
        }
        if let Some(end) = filter.end {
            // `end` itself is included.
            bounds = bounds.before(place_of(tx, account, Timestamp(end.0.saturating_add(1)))?);
        }
        Ok(bounds)
    }
}
