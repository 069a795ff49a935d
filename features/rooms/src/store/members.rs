//! The rooms that somebody belongs to, and how far they have read.

use skein_base::AccountId;
use skein_db::{DbError, Row, Sql, Tx};
use skein_kernel::contracts::{Membership, SharedLog};
use skein_xmpp::Jid;

static ALL: Sql = Sql::new(
    "rooms.memberships",
    "SELECT r.id, r.jid, a.seen, a.delivered
     FROM rooms_affiliation a JOIN rooms_room r ON r.id = a.room
     WHERE a.jid = $1 AND a.affiliation > 0 LIMIT 1000",
);
static ONE: Sql = Sql::new(
    "rooms.membership",
    "SELECT r.id, r.jid, a.seen FROM rooms_room r JOIN rooms_affiliation a ON a.room = r.id
     WHERE r.jid = $2 AND a.jid = $1 AND a.affiliation > 0",
);
static SEEN: Sql = Sql::new(
    "rooms.mark_seen",
    "UPDATE rooms_affiliation SET seen = $3 WHERE room = $1 AND jid = $2 AND seen < $3",
);

pub(super) static STATEMENTS: &[&Sql] = &[&ALL, &ONE, &SEEN];

fn read(row: &Row) -> Result<Option<Membership>, DbError> {
    // S22: one row that cannot be read keeps nobody from the rest.
    let Ok(jid) = Jid::parse(row.text(1)?) else { return Ok(None) };
    let log = SharedLog { owner: AccountId(-row.int(0)?), jid };
    Ok(Some(Membership { log, seen: row.int(2)? }))
}

/// All rooms of somebody.
pub(crate) fn memberships(tx: &mut Tx<'_>, who: &Jid) -> Result<Vec<Membership>, DbError> {
    let rows = tx.query(&ALL, &[who.bare_str().into()])?;
    Ok(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// All rooms of somebody, with how far their clients have got each log.
pub(crate) fn cursors(tx: &mut Tx<'_>, who: &Jid) -> Result<Vec<(Membership, i64)>, DbError> {
    let rows = tx.query(&ALL, &[who.bare_str().into()])?;
    let cursor = |row: &Row| Ok(read(row)?.zip(Some(row.int(3)?)));
    let cursors: Vec<_> = rows.iter().map(cursor).collect::<Result<_, DbError>>()?;
    Ok(cursors.into_iter().flatten().collect())
}

/// The room of that address, if they belong to it.
pub(crate) fn membership(
    tx: &mut Tx<'_>,
    who: &Jid,
    room: &Jid,
) -> Result<Option<Membership>, DbError> {
    let row = tx.query_one(&ONE, &[who.bare_str().into(), room.bare_str().into()])?;
    row.as_ref().map_or(Ok(None), read)
}

/// They have read the log up to `seq`.
pub(crate) fn mark_seen(tx: &mut Tx<'_>, room: i64, who: &Jid, seq: i64) -> Result<(), DbError> {
    tx.run(&SEEN, &[room.into(), who.bare_str().into(), seq.into()])
}
