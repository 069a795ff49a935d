//! Walking over what a query selects, forward or backward.

use skein_base::AccountId;
use skein_db::{DbError, RowRef, Sql, Tx};
use skein_xml::Element;
use skein_xmpp::Jid;

use crate::conversations;
use crate::query::bounds::Bounds;
use crate::store::{sorted, unsorted};

macro_rules! entries {
    () => {
        "SELECT l.seq, l.at, l.flags, m.stanza, l.message FROM archive_log l"
    };
    ($rest:literal) => {
        concat!(
            " JOIN archive_message m ON m.id = l.message
              WHERE l.account = $1 AND l.seq >= $2 AND l.seq <= $3 AND (l.flags & 2) <> 0 ",
            $rest
        )
    };
}

static FORWARD: Sql =
    Sql::new("archive.forward", concat!(entries!(), entries!("ORDER BY l.seq LIMIT $4")));
static BACKWARD: Sql =
    Sql::new("archive.backward", concat!(entries!(), entries!("ORDER BY l.seq DESC LIMIT $4")));
static FORWARD_WITH: Sql = sorted!(
    "archive.forward_with",
    entries!(),
    entries!("AND l.peer = $5"),
    "ORDER BY l.seq LIMIT $4"
);
static BACKWARD_WITH: Sql = sorted!(
    "archive.backward_with",
    entries!(),
    entries!("AND l.peer = $5"),
    "ORDER BY l.seq DESC LIMIT $4"
);
/// The same of what is not sorted yet.
static FORWARD_BEHIND: Sql = unsorted!(
    "archive.forward_behind",
    entries!(),
    entries!("AND l.peer = $5 ORDER BY l.seq LIMIT $4"),
);
static BACKWARD_BEHIND: Sql = unsorted!(
    "archive.backward_behind",
    entries!(),
    entries!("AND l.peer = $5 ORDER BY l.seq DESC LIMIT $4"),
);

macro_rules! places {
    ($rest:literal) => {
        concat!("WHERE account = $1 AND seq >= $2 AND seq <= $3 AND (flags & 2) <> 0 ", $rest)
    };
}

static COUNT: Sql = Sql::new(
    "archive.count",
    concat!("SELECT COUNT(*) FROM (SELECT 1 FROM archive_log ", places!("LIMIT $4) AS counted")),
);
static COUNT_WITH: Sql = sorted!(
    "archive.count_with",
    "SELECT COUNT(*) FROM (SELECT 1 FROM archive_log",
    places!("AND peer = $5"),
    "LIMIT $4) AS counted"
);
static NTH: Sql = Sql::new(
    "archive.nth",
    concat!("SELECT seq FROM archive_log ", places!("ORDER BY seq LIMIT 1 OFFSET $4")),
);
static NTH_WITH: Sql = sorted!(
    "archive.nth_with",
    "SELECT seq FROM archive_log",
    places!("AND peer = $5"),
    "ORDER BY seq LIMIT 1 OFFSET $4"
);

pub(crate) static STATEMENTS: &[&Sql] = &[
    &FORWARD,
    &BACKWARD,
    &FORWARD_WITH,
    &BACKWARD_WITH,
    &FORWARD_BEHIND,
    &BACKWARD_BEHIND,
    &COUNT,
    &COUNT_WITH,
    &NTH,
    &NTH_WITH,
];

/// Entries looked at for one page when each stanza's own addresses decide: some 20 ms.
const LOOKED_AT: usize = 10_000;
/// How many of them one statement fetches.
const FETCHED: usize = 500;

/// What a query selects, wherever its page lies.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) account: AccountId,
    pub(crate) bounds: Bounds,
    /// The conversation.
    pub(crate) peer: Option<i64>,
    /// The full address that must stand in `from` or `to`.
    pub(crate) full: Option<Jid>,
    /// These entries alone, in rising order: named by id or found by search. They are
    /// known to be shown, within `bounds` and of `peer`.
    pub(crate) picked: Option<Vec<i64>>,
}

/// Which way to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Oldest first.
    Forward,
    /// Newest first.
    Backward,
}

/// An entry as the walk shows it.
pub(crate) struct Seen<'a> {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) flags: i64,
    pub(crate) stanza: &'a str,
    /// The number of the message.
    pub(crate) message: i64,
}

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing lies ahead.
    Reached,
    /// The visitor did not take an entry, so there is more.
    Stopped,
    /// [`LOOKED_AT`] entries were looked at, this one last; there may be more.
    Tired(i64),
}

/// Takes an entry, or leaves it and ends the walk by `false`.
trait Visit: FnMut(&Seen<'_>) -> bool {}
impl<F: FnMut(&Seen<'_>) -> bool> Visit for F {}

/// Shows the selected entries within `bounds`, at least `wanted` of them if there are as
/// many and the visitor takes them.
pub(crate) fn walk(
    tx: &mut Tx<'_>,
    selection: &Selection,
    bounds: Bounds,
    way: Way,
    wanted: usize,
    mut visit: impl FnMut(&Seen<'_>) -> bool,
) -> Result<End, DbError> {
    match &selection.picked {
        Some(picked) => walk_picked(tx, selection, picked, bounds, way, visit),
        // One statement suffices; the row too many tells whether there is more.
        None if selection.full.is_none() => {
            let fetched = fetch(tx, selection, bounds, way, wanted + 1, &mut visit)?;
            Ok(if fetched.stopped { End::Stopped } else { End::Reached })
        }
        None => walk_filtered(tx, selection, bounds, way, visit),
    }
}

fn walk_picked(
    tx: &mut Tx<'_>,
    selection: &Selection,
    picked: &[i64],
    bounds: Bounds,
    way: Way,
    mut visit: impl Visit,
) -> Result<End, DbError> {
    let mut rest = within(picked, bounds);
    while let Some((seq, left)) = match way {
        Way::Forward => rest.split_first(),
        Way::Backward => rest.split_last(),
    } {
        rest = left;
        let alone = Bounds { low: *seq, high: *seq };
        if fetch(tx, selection, alone, way, 1, &mut visit)?.stopped {
            return Ok(End::Stopped);
        }
    }
    Ok(End::Reached)
}

fn walk_filtered(
    tx: &mut Tx<'_>,
    selection: &Selection,
    mut bounds: Bounds,
    way: Way,
    mut visit: impl Visit,
) -> Result<End, DbError> {
    let mut looked_at = 0;
    loop {
        let fetched = fetch(tx, selection, bounds, way, FETCHED, &mut visit)?;
        looked_at += fetched.rows;
        match fetched.last {
            _ if fetched.stopped => return Ok(End::Stopped),
            Some(last) if fetched.rows == FETCHED => {
                if looked_at >= LOOKED_AT {
                    return Ok(End::Tired(last));
                }
                bounds = match way {
                    Way::Forward => bounds.after(last),
                    Way::Backward => bounds.before(last),
                };
            }
            _ => return Ok(End::Reached),
        }
    }
}

/// What one statement brought.
#[derive(Default)]
struct Fetched {
    rows: usize,
    last: Option<i64>,
    stopped: bool,
}

fn fetch(
    tx: &mut Tx<'_>,
    selection: &Selection,
    bounds: Bounds,
    way: Way,
    limit: usize,
    visit: &mut impl Visit,
) -> Result<Fetched, DbError> {
    let mut fetched = Fetched::default();
    for (sql, bounds) in parts(tx, selection, bounds, way)?.into_iter().flatten() {
        if fetched.stopped || fetched.rows == limit {
            break;
        }
        let left = limit - fetched.rows;
        fetch_part(tx, selection, (sql, bounds), left, &mut fetched, visit)?;
    }
    Ok(fetched)
}

/// The statements that bring what lies within bounds, in the order of the walk. Of one
/// conversation what is not sorted yet, the log's end, is brought by one of its own.
fn parts(
    tx: &mut Tx<'_>,
    selection: &Selection,
    bounds: Bounds,
    way: Way,
) -> Result<[Option<(&'static Sql, Bounds)>; 2], DbError> {
    let (all, with, behind) = match way {
        Way::Forward => (&FORWARD, &FORWARD_WITH, &FORWARD_BEHIND),
        Way::Backward => (&BACKWARD, &BACKWARD_WITH, &BACKWARD_BEHIND),
    };
    // What is picked is of that conversation.
    if selection.peer.is_none() || selection.picked.is_some() {
        return Ok([Some((all, bounds)), None]);
    }
    let newest = conversations::newest_sorted(tx, selection.account)?;
    if newest >= bounds.high {
        return Ok([Some((with, bounds)), None]);
    }
    let sorted = Bounds { high: bounds.high.min(newest), ..bounds };
    let left = bounds.after(newest);
    let part = |sql, part: Bounds| (part.low <= part.high).then_some((sql, part));
    let (sorted, left) = (part(with, sorted), part(behind, left));
    Ok(if way == Way::Forward { [sorted, left] } else { [left, sorted] })
}

fn fetch_part(
    tx: &mut Tx<'_>,
    selection: &Selection,
    (sql, Bounds { low, high }): (&'static Sql, Bounds),
    limit: usize,
    fetched: &mut Fetched,
    visit: &mut impl Visit,
) -> Result<(), DbError> {
    let show = |row: &RowRef<'_>| {
        // The rest of the statement's rows, of which there are few.
        if fetched.stopped {
            return Ok(());
        }
        let stanza = row.text(3)?;
        let (seq, at, flags) = (row.int(0)?, row.int(1)?, row.int(2)?);
        let seen = Seen { seq, at, flags, stanza, message: row.int(4)? };
        fetched.rows += 1;
        fetched.last = Some(seen.seq);
        let wanted = selection.full.as_ref().is_none_or(|full| concerns(stanza, full));
        fetched.stopped = wanted && !visit(&seen);
        Ok(())
    };
    let asked = [selection.account.0.into(), low.into(), high.into(), number(limit).into()];
    match selection.peer.filter(|_| selection.picked.is_none()) {
        None => tx.each(sql, &asked, show),
        Some(peer) => {
            let [account, low, high, limit] = asked;
            tx.each(sql, &[account, low, high, limit, peer.into()], show)
        }
    }
}

/// Whether a stored stanza is from or to that full address. Reads its start tag only.
fn concerns(stanza: &str, full: &Jid) -> bool {
    let stanza = Element::new(stanza, "");
    let is = |name| stanza.attr(name).is_some_and(|address| address == full.as_str());
    is("from") || is("to")
}

/// How many entries are selected; `None` if they are more than `at_most`, or more than a
/// filter by full address can look at.
pub(crate) fn count(
    tx: &mut Tx<'_>,
    selection: &Selection,
    at_most: Option<usize>,
) -> Result<Option<usize>, DbError> {
    if selection.full.is_some() {
        let mut counted = 0;
        let end = walk(tx, selection, selection.bounds, Way::Forward, 0, |_| {
            counted += 1;
            true
        })?;
        return Ok(if end == End::Reached { Some(counted) } else { None });
    }
    if let Some(picked) = &selection.picked {
        return Ok(Some(picked.len()));
    }
    let limit = at_most.map_or(i64::MAX, |at_most| number(at_most + 1));
    let Some(row) = placed(tx, selection, (&COUNT, &COUNT_WITH), limit)? else { return Ok(None) };
    let counted = usize::try_from(row).unwrap_or(usize::MAX);
    Ok(Some(counted).filter(|counted| at_most.is_none_or(|at_most| *counted <= at_most)))
}

/// The place of the entry before which `index` others are selected; `None` if there are
/// fewer. Walks over all of them.
pub(crate) fn nth(
    tx: &mut Tx<'_>,
    selection: &Selection,
    index: usize,
) -> Result<Option<i64>, DbError> {
    match &selection.picked {
        Some(picked) => Ok(picked.get(index).copied()),
        None => placed(tx, selection, (&NTH, &NTH_WITH), number(index)),
    }
}

/// The number that one of two statements gives: over everything, or over one conversation.
fn placed(
    tx: &mut Tx<'_>,
    selection: &Selection,
    (all, with): (&'static Sql, &'static Sql),
    fourth: i64,
) -> Result<Option<i64>, DbError> {
    let Bounds { low, high } = selection.bounds;
    let account = selection.account.0.into();
    let row = match selection.peer {
        None => tx.query_one(all, &[account, low.into(), high.into(), fourth.into()])?,
        Some(peer) => {
            tx.query_one(with, &[account, low.into(), high.into(), fourth.into(), peer.into()])?
        }
    };
    row.map(|row| row.int(0)).transpose()
}

/// The part of a rising list that lies within bounds.
fn within(places: &[i64], bounds: Bounds) -> &[i64] {
    let from = places.partition_point(|place| *place < bounds.low);
    let to = places.partition_point(|place| *place <= bounds.high);
    places.get(from..to).unwrap_or_default()
}

fn number(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}
