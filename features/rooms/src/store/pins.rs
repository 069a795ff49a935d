//! Messages that are pinned.

use skein_base::{Timestamp, limits};
use skein_db::{DbError, Row, Sql, Tx};

static PUT: Sql = Sql::new(
    "rooms.put_pin",
    "INSERT INTO rooms_pin (room, id, pinned_by, at) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING",
);
static ALL: Sql = Sql::new(
    "rooms.pins",
    "SELECT id, pinned_by, at FROM rooms_pin WHERE room = $1 ORDER BY at DESC, id LIMIT 1000",
);
static DROP: Sql = Sql::new("rooms.drop_pin", "DELETE FROM rooms_pin WHERE room = $1 AND id = $2");
static CLEAR: Sql = Sql::new("rooms.clear_pins", "DELETE FROM rooms_pin WHERE room = $1");

pub(super) static STATEMENTS: &[&Sql] = &[&PUT, &ALL, &DROP, &CLEAR];

/// A message that is pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pin {
    /// Its id in the room's log.
    pub(crate) id: String,
    /// The occupant id of who pinned it.
    pub(crate) by: String,
    pub(crate) at: Timestamp,
}

/// All of a room, the newest first.
pub(crate) fn pins(tx: &mut Tx<'_>, room: i64) -> Result<Vec<Pin>, DbError> {
    let read = |row: &Row| {
        let (id, by) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        Ok(Pin { id, by, at: Timestamp(row.int(2)?) })
    };
    tx.query(&ALL, &[room.into()])?.iter().map(read).collect()
}

/// Pins a message; `false` if there are too many.
pub(crate) fn put_pin(tx: &mut Tx<'_>, room: i64, pin: &Pin) -> Result<bool, DbError> {
    if pins(tx, room)?.len() >= limits::ROOM_PINS {
        return Ok(false);
    }
    let (id, by) = (pin.id.as_str(), pin.by.as_str());
    tx.run(&PUT, &[room.into(), id.into(), by.into(), pin.at.0.into()])?;
    Ok(true)
}

/// A message is not pinned any more.
pub(crate) fn drop_pin(tx: &mut Tx<'_>, room: i64, id: &str) -> Result<(), DbError> {
    tx.run(&DROP, &[room.into(), id.into()])
}

/// The room is no more.
pub(super) fn clear(tx: &mut Tx<'_>, room: i64) -> Result<(), DbError> {
    tx.run(&CLEAR, &[room.into()])
}
