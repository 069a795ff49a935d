//! Versions of a room's affiliations (XEP-0463).

use skein_base::limits;
use skein_db::{DbError, Row, Sql, Tx};
use skein_xmpp::Jid;

static ENDS: Sql = Sql::new(
    "rooms.versions",
    "SELECT COALESCE(MIN(version), 1), COALESCE(MAX(version), 0) FROM rooms_change WHERE room = $1",
);
static ADD: Sql = Sql::new(
    "rooms.add_change",
    "INSERT INTO rooms_change (room, version, jid) VALUES ($1, $2, $3)",
);
static SINCE: Sql = Sql::new(
    "rooms.changes",
    "SELECT jid FROM rooms_change WHERE room = $1 AND version > $2 ORDER BY version",
);
static PRUNE: Sql =
    Sql::new("rooms.prune_changes", "DELETE FROM rooms_change WHERE room = $1 AND version <= $2");
static CLEAR: Sql = Sql::new("rooms.clear_changes", "DELETE FROM rooms_change WHERE room = $1");
static OF: Sql = Sql::new("rooms.rooms_of", "SELECT room FROM rooms_affiliation WHERE jid = $1");

pub(super) static STATEMENTS: &[&Sql] = &[&ENDS, &ADD, &SINCE, &PRUNE, &CLEAR, &OF];

fn ends(tx: &mut Tx<'_>, room: i64) -> Result<(i64, i64), DbError> {
    let row = tx.query_one(&ENDS, &[room.into()])?;
    row.map_or(Ok((1, 0)), |row| Ok((row.int(0)?, row.int(1)?)))
}

/// The newest version of a room's affiliations.
pub(crate) fn version(tx: &mut Tx<'_>, room: i64) -> Result<i64, DbError> {
    Ok(ends(tx, room)?.1)
}

/// Somebody stands otherwise to the room: a new version.
pub(crate) fn add_change(tx: &mut Tx<'_>, room: i64, who: &Jid) -> Result<(), DbError> {
    let (oldest, newest) = ends(tx, room)?;
    tx.run(&ADD, &[room.into(), (newest + 1).into(), who.bare_str().into()])?;
    let kept = limits::ROOM_CHANGES as i64;
    if newest - oldest >= kept {
        tx.run(&PRUNE, &[room.into(), (newest - kept).into()])
    } else {
        Ok(())
    }
}

/// Who stands otherwise since a version, each once; `None` if that version is not known.
pub(crate) fn changed_since(
    tx: &mut Tx<'_>,
    room: i64,
    version: i64,
) -> Result<Option<Vec<Jid>>, DbError> {
    let (oldest, newest) = ends(tx, room)?;
    if version < oldest - 1 || version > newest {
        return Ok(None);
    }
    let read = |row: &Row| Ok(Jid::parse(row.text(0)?).ok());
    let rows = tx.query(&SINCE, &[room.into(), version.into()])?;
    let mut changed: Vec<Jid> = Vec::new();
    for jid in rows.iter().map(read).collect::<Result<Vec<_>, DbError>>()?.into_iter().flatten() {
        if !changed.contains(&jid) {
            changed.push(jid);
        }
    }
    Ok(Some(changed))
}

/// The account is no more: a new version of each room to which it stood somehow.
pub(super) fn forget(tx: &mut Tx<'_>, who: &Jid) -> Result<(), DbError> {
    let rooms: Vec<i64> = tx
        .query(&OF, &[who.bare_str().into()])?
        .iter()
        .map(|row| row.int(0))
        .collect::<Result<_, _>>()?;
    rooms.into_iter().try_for_each(|room| add_change(tx, room, who))
}

/// The room is no more.
pub(super) fn clear(tx: &mut Tx<'_>, room: i64) -> Result<(), DbError> {
    tx.run(&CLEAR, &[room.into()])
}
