//! Requests to be let in.

use skein_base::Timestamp;
use skein_db::{DbError, Row, Sql, Tx};
use skein_xmpp::Jid;

static PUT: Sql = Sql::new(
    "rooms.put_request",
    "INSERT INTO rooms_request (room, jid, nick, note, at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (room, jid) DO UPDATE SET nick = excluded.nick, note = excluded.note",
);
static ONE: Sql = Sql::new(
    "rooms.request",
    "SELECT jid, nick, note, at FROM rooms_request WHERE room = $1 AND jid = $2",
);
static ALL: Sql = Sql::new(
    "rooms.requests",
    "SELECT jid, nick, note, at FROM rooms_request WHERE room = $1 ORDER BY at, jid LIMIT 1000",
);
static COUNT: Sql =
    Sql::new("rooms.count_requests", "SELECT COUNT(*) FROM rooms_request WHERE room = $1");
static COUNT_OF: Sql =
    Sql::new("rooms.count_requests_of", "SELECT COUNT(*) FROM rooms_request WHERE jid = $1");
static DROP: Sql =
    Sql::new("rooms.drop_request", "DELETE FROM rooms_request WHERE room = $1 AND jid = $2");
static CLEAR: Sql = Sql::new("rooms.clear_requests", "DELETE FROM rooms_request WHERE room = $1");
static FORGET: Sql = Sql::new("rooms.forget_requests", "DELETE FROM rooms_request WHERE jid = $1");

pub(super) static STATEMENTS: &[&Sql] =
    &[&PUT, &ONE, &ALL, &COUNT, &COUNT_OF, &DROP, &CLEAR, &FORGET];

/// Somebody asks to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) jid: Jid,
    pub(crate) nick: String,
    pub(crate) note: String,
    pub(crate) at: Timestamp,
}

fn read(row: &Row) -> Result<Option<Asked>, DbError> {
    // S22: one row that cannot be read keeps nobody from the rest.
    let Ok(jid) = Jid::parse(row.text(0)?) else { return Ok(None) };
    let (nick, note) = (row.text(1)?.to_owned(), row.text(2)?.to_owned());
    Ok(Some(Asked { jid, nick, note, at: Timestamp(row.int(3)?) }))
}

/// Keeps a request, in place of an older one of the same person.
pub(crate) fn put_request(tx: &mut Tx<'_>, room: i64, asked: &Asked) -> Result<(), DbError> {
    let (nick, note) = (asked.nick.as_str(), asked.note.as_str());
    tx.run(
        &PUT,
        &[room.into(), asked.jid.bare_str().into(), nick.into(), note.into(), asked.at.0.into()],
    )
}

/// The request of somebody.
pub(crate) fn request(tx: &mut Tx<'_>, room: i64, who: &Jid) -> Result<Option<Asked>, DbError> {
    let row = tx.query_one(&ONE, &[room.into(), who.bare_str().into()])?;
    row.as_ref().map_or(Ok(None), read)
}

/// All requests, the oldest first.
pub(crate) fn requests(tx: &mut Tx<'_>, room: i64) -> Result<Vec<Asked>, DbError> {
    let rows = tx.query(&ALL, &[room.into()])?;
    Ok(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// How many ask the room, and how many rooms somebody asks.
pub(crate) fn count_requests(
    tx: &mut Tx<'_>,
    room: i64,
    who: &Jid,
) -> Result<(usize, usize), DbError> {
    let mut count = |sql, value| -> Result<usize, DbError> {
        let row = tx.query_one(sql, &[value])?;
        Ok(usize::try_from(row.map_or(Ok(0), |row| row.int(0))?).unwrap_or(usize::MAX))
    };
    Ok((count(&COUNT, room.into())?, count(&COUNT_OF, who.bare_str().into())?))
}

/// A request is answered or taken back.
pub(crate) fn drop_request(tx: &mut Tx<'_>, room: i64, who: &Jid) -> Result<(), DbError> {
    tx.run(&DROP, &[room.into(), who.bare_str().into()])
}

/// The room is no more.
pub(super) fn clear(tx: &mut Tx<'_>, room: i64) -> Result<(), DbError> {
    tx.run(&CLEAR, &[room.into()])
}

/// The account is no more.
pub(super) fn forget(tx: &mut Tx<'_>, who: &Jid) -> Result<(), DbError> {
    tx.run(&FORGET, &[who.bare_str().into()])
}
