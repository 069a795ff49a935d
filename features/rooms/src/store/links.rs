//! Links that let people in.

use skein_base::Timestamp;
use skein_db::{DbError, Row, Sql, Tx};
use skein_xmpp::Jid;

static PUT: Sql = Sql::new(
    "rooms.put_link",
    "INSERT INTO rooms_link (token, room, maker, expires, uses, used) VALUES ($1, $2, $3, $4, $5, 0)",
);
static ONE: Sql = Sql::new(
    "rooms.link",
    "SELECT token, room, maker, expires, uses, used FROM rooms_link WHERE token = $1",
);
static ALL: Sql = Sql::new(
    "rooms.links",
    "SELECT token, room, maker, expires, uses, used FROM rooms_link
     WHERE room = $1 AND expires > $2 ORDER BY expires, token LIMIT 1000",
);
static USE: Sql =
    Sql::new("rooms.use_link", "UPDATE rooms_link SET used = used + 1 WHERE token = $1");
static REVOKE: Sql =
    Sql::new("rooms.revoke_link", "DELETE FROM rooms_link WHERE token = $1 AND room = $2");
static CLEAR: Sql = Sql::new("rooms.clear_links", "DELETE FROM rooms_link WHERE room = $1");
static EXPIRED: Sql = Sql::new("rooms.expired_links", "DELETE FROM rooms_link WHERE expires <= $1");
static ROOM: Sql = Sql::new("rooms.of_id", "SELECT jid FROM rooms_room WHERE id = $1");

pub(super) static STATEMENTS: &[&Sql] = &[&PUT, &ONE, &ALL, &USE, &REVOKE, &CLEAR, &EXPIRED, &ROOM];

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) token: String,
    pub(crate) room: i64,
    /// The bare address of who made it.
    pub(crate) maker: String,
    pub(crate) expires: Timestamp,
    /// How often it can be used in all; 0 is any number.
    pub(crate) uses: i64,
    pub(crate) used: i64,
}

impl Link {
    /// Whether it lets somebody in at `now`.
    pub(crate) fn is_good(&self, now: Timestamp) -> bool {
        self.expires > now && (self.uses == 0 || self.used < self.uses)
    }
}

fn read(row: &Row) -> Result<Link, DbError> {
    Ok(Link {
        token: row.text(0)?.to_owned(),
        room: row.int(1)?,
        maker: row.text(2)?.to_owned(),
        expires: Timestamp(row.int(3)?),
        uses: row.int(4)?,
        used: row.int(5)?,
    })
}

/// Makes a link.
pub(crate) fn put_link(tx: &mut Tx<'_>, link: &Link) -> Result<(), DbError> {
    let (token, maker) = (link.token.as_str(), link.maker.as_str());
    tx.run(
        &PUT,
        &[token.into(), link.room.into(), maker.into(), link.expires.0.into(), link.uses.into()],
    )
}

/// The link of a token, good or not.
pub(crate) fn link(tx: &mut Tx<'_>, token: &str) -> Result<Option<Link>, DbError> {
    tx.query_one(&ONE, &[token.into()])?.as_ref().map(read).transpose()
}

/// The links of a room that have not expired.
pub(crate) fn links(tx: &mut Tx<'_>, room: i64, now: Timestamp) -> Result<Vec<Link>, DbError> {
    tx.query(&ALL, &[room.into(), now.0.into()])?.iter().map(read).collect()
}

/// Somebody came in by it.
pub(crate) fn use_link(tx: &mut Tx<'_>, token: &str) -> Result<(), DbError> {
    tx.run(&USE, &[token.into()])
}

/// It lets nobody in any more.
pub(crate) fn revoke_link(tx: &mut Tx<'_>, room: i64, token: &str) -> Result<(), DbError> {
    tx.run(&REVOKE, &[token.into(), room.into()])
}

/// The room is no more.
pub(super) fn clear(tx: &mut Tx<'_>, room: i64) -> Result<(), DbError> {
    tx.run(&CLEAR, &[room.into()])
}

/// Forgets what has expired.
pub(crate) fn forget_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), DbError> {
    tx.run(&EXPIRED, &[now.0.into()])
}

/// The address of a room's number.
pub(crate) fn address(tx: &mut Tx<'_>, room: i64) -> Result<Option<Jid>, DbError> {
    let row = tx.query_one(&ROOM, &[room.into()])?;
    Ok(row
        .map(|row| row.text(0).map(str::to_owned))
        .transpose()?
        .and_then(|jid| Jid::parse(&jid).ok()))
}
