//! Hats (XEP-0317), and who wears them.

use skein_db::{DbError, Row, Sql, Tx};
use skein_xmpp::Jid;

use crate::room::hats::{Hat, Hats};

static ALL: Sql =
    Sql::new("rooms.hats", "SELECT uri, title, hue FROM rooms_hat WHERE room = $1 ORDER BY uri");
static WORN: Sql =
    Sql::new("rooms.worn", "SELECT jid, uri FROM rooms_worn WHERE room = $1 ORDER BY jid, uri");
static PUT: Sql = Sql::new(
    "rooms.put_hat",
    "INSERT INTO rooms_hat (room, uri, title, hue) VALUES ($1, $2, $3, $4)
     ON CONFLICT (room, uri) DO UPDATE SET title = excluded.title, hue = excluded.hue",
);
static DROP: Sql = Sql::new("rooms.drop_hat", "DELETE FROM rooms_hat WHERE room = $1 AND uri = $2");
static TAKE_ALL: Sql =
    Sql::new("rooms.take_hats", "DELETE FROM rooms_worn WHERE room = $1 AND uri = $2");
static GIVE: Sql = Sql::new(
    "rooms.give_hat",
    "INSERT INTO rooms_worn (room, jid, uri) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
);
static TAKE: Sql =
    Sql::new("rooms.take_hat", "DELETE FROM rooms_worn WHERE room = $1 AND jid = $2 AND uri = $3");
static CLEAR: Sql = Sql::new("rooms.clear_hats", "DELETE FROM rooms_hat WHERE room = $1");
static CLEAR_WORN: Sql = Sql::new("rooms.clear_worn", "DELETE FROM rooms_worn WHERE room = $1");
static FORGET: Sql = Sql::new("rooms.forget_worn", "DELETE FROM rooms_worn WHERE jid = $1");

pub(super) static STATEMENTS: &[&Sql] =
    &[&ALL, &WORN, &PUT, &DROP, &TAKE_ALL, &GIVE, &TAKE, &CLEAR, &CLEAR_WORN, &FORGET];

/// All of a room.
pub(crate) fn hats(tx: &mut Tx<'_>, room: i64) -> Result<Hats, DbError> {
    let text = |row: &Row, column| Ok::<_, DbError>(row.text(column)?.to_owned());
    let mut hats = Hats::default();
    for row in tx.query(&ALL, &[room.into()])? {
        hats.put(Hat { uri: text(&row, 0)?, title: text(&row, 1)?, hue: text(&row, 2)? });
    }
    for row in tx.query(&WORN, &[room.into()])? {
        // S22: one row that cannot be read keeps nobody from the rest.
        if let Ok(jid) = Jid::parse(row.text(0)?) {
            hats.give(&jid, row.text(1)?);
        }
    }
    Ok(hats)
}

/// Makes a hat, or changes one.
pub(crate) fn put_hat(tx: &mut Tx<'_>, room: i64, hat: &Hat) -> Result<(), DbError> {
    let (uri, title, hue) = (hat.uri.as_str(), hat.title.as_str(), hat.hue.as_str());
    tx.run(&PUT, &[room.into(), uri.into(), title.into(), hue.into()])
}

/// There is no such hat any more, and nobody wears it.
pub(crate) fn drop_hat(tx: &mut Tx<'_>, room: i64, uri: &str) -> Result<(), DbError> {
    tx.run(&DROP, &[room.into(), uri.into()])?;
    tx.run(&TAKE_ALL, &[room.into(), uri.into()])
}

/// Somebody wears a hat.
pub(crate) fn give_hat(tx: &mut Tx<'_>, room: i64, who: &Jid, uri: &str) -> Result<(), DbError> {
    tx.run(&GIVE, &[room.into(), who.bare_str().into(), uri.into()])
}

/// Somebody wears a hat no more.
pub(crate) fn take_hat(tx: &mut Tx<'_>, room: i64, who: &Jid, uri: &str) -> Result<(), DbError> {
    tx.run(&TAKE, &[room.into(), who.bare_str().into(), uri.into()])
}

/// The room is no more.
pub(super) fn clear(tx: &mut Tx<'_>, room: i64) -> Result<(), DbError> {
    tx.run(&CLEAR, &[room.into()])?;
    tx.run(&CLEAR_WORN, &[room.into()])
}

/// The account is no more.
pub(super) fn forget(tx: &mut Tx<'_>, who: &Jid) -> Result<(), DbError> {
    tx.run(&FORGET, &[who.bare_str().into()])
}
