//! For whom rooms of the server's addresses are there. Each look-up goes by the room's number,
//! which follows from its address: so one for a room that does not exist takes the same way.

use skein_db::{DbError, Sql, Tx};
use skein_xmpp::Jid;

static CLEAR: Sql = Sql::new("rooms.clear_circles", "DELETE FROM rooms_circle WHERE room = $1");
static ADD: Sql = Sql::new(
    "rooms.add_circle",
    "INSERT INTO rooms_circle (circle, room) VALUES ($1, $2) ON CONFLICT DO NOTHING",
);
static HAS: Sql =
    Sql::new("rooms.has_circle", "SELECT 1 FROM rooms_circle WHERE circle = $1 AND room = $2");
static STANDS: Sql = Sql::new(
    "rooms.stands",
    "SELECT affiliation FROM rooms_affiliation WHERE room = $1 AND jid = $2",
);

pub(super) static STATEMENTS: &[&Sql] = &[&CLEAR, &ADD, &HAS, &STANDS];

/// Sets the circles of a room; with none it is there for everybody.
pub(super) fn set(tx: &mut Tx<'_>, room: i64, circles: &[String]) -> Result<(), DbError> {
    tx.run(&CLEAR, &[room.into()])?;
    for circle in circles {
        tx.run(&ADD, &[circle.as_str().into(), room.into()])?;
    }
    if circles.is_empty() {
        tx.run(&ADD, &["".into(), room.into()])?;
    }
    Ok(())
}

/// The room is no more.
pub(super) fn clear(tx: &mut Tx<'_>, room: i64) -> Result<(), DbError> {
    tx.run(&CLEAR, &[room.into()])
}

/// Whether somebody who is in `circles` may know of the room. All look-ups are made whatever
/// the first ones say.
pub(crate) fn is_there_for(
    tx: &mut Tx<'_>,
    room: i64,
    who: &Jid,
    circles: &[Box<str>],
) -> Result<bool, DbError> {
    let stands = affiliation(tx, room, who)?;
    let mut is_shown = tx.query_one(&HAS, &["".into(), room.into()])?.is_some();
    for circle in circles {
        is_shown |= tx.query_one(&HAS, &[(&**circle).into(), room.into()])?.is_some();
    }
    // Who was banned from a group of a circle has none any more.
    Ok(stands > 0 || (is_shown && stands == 0))
}

/// How somebody stands to a room, as stored; 0 for strangers.
pub(crate) fn affiliation(tx: &mut Tx<'_>, room: i64, who: &Jid) -> Result<i64, DbError> {
    let row = tx.query_one(&STANDS, &[room.into(), who.bare_str().into()])?;
    row.map_or(Ok(0), |row| row.int(0))
}
