//! Who stands how to which room.

use skein_db::{DbError, Sql, Tx};
use skein_xmpp::Jid;

use crate::rules::affiliation::Affiliation;

static OF_ROOM: Sql = Sql::new(
    "rooms.affiliations",
    "SELECT jid, affiliation, nick, delivered FROM rooms_affiliation WHERE room = $1",
);
static PUT: Sql = Sql::new(
    "rooms.put_affiliation",
    "INSERT INTO rooms_affiliation (room, jid, affiliation, nick, delivered, seen)
     VALUES ($1, $2, $3, $4, $5, $5)
     ON CONFLICT (room, jid) DO UPDATE SET affiliation = excluded.affiliation,
         nick = excluded.nick",
);
static DROP: Sql = Sql::new(
    "rooms.drop_affiliation",
    "DELETE FROM rooms_affiliation WHERE room = $1 AND jid = $2",
);
static DELIVERED: Sql = Sql::new(
    "rooms.mark_delivered",
    "UPDATE rooms_affiliation SET delivered = $3 WHERE room = $1 AND jid = $2 AND delivered < $3",
);
static TAKE_BACK: Sql = Sql::new(
    "rooms.take_back_delivered",
    "UPDATE rooms_affiliation SET delivered = $3 WHERE room = $1 AND jid = $2 AND delivered > $3",
);
static FORGET: Sql =
    Sql::new("rooms.forget_account", "DELETE FROM rooms_affiliation WHERE jid = $1");

pub(super) static STATEMENTS: &[&Sql] = &[&OF_ROOM, &PUT, &DROP, &DELIVERED, &TAKE_BACK, &FORGET];

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Kept {
    pub(crate) affiliation: Affiliation,
    /// The nickname that is kept for them; empty if none is.
    pub(crate) nick: String,
    /// How far their clients have got the room's log.
    pub(crate) delivered: i64,
}

/// All of a room.
pub(crate) fn affiliations(tx: &mut Tx<'_>, room: i64) -> Result<Vec<(Jid, Kept)>, DbError> {
    let mut all = Vec::new();
    tx.each(&OF_ROOM, &[room.into()], |row| {
        // S22: one row that cannot be read keeps nobody from the rest.
        let Ok(jid) = Jid::parse(row.text(0)?) else { return Ok(()) };
        let affiliation = Affiliation::of_code(row.int(1)?);
        let nick = row.text(2)?.to_owned();
        all.push((jid, Kept { affiliation, nick, delivered: row.int(3)? }));
        Ok(())
    })?;
    Ok(all)
}

/// Sets affiliation and nickname; a new row begins at `delivered`.
pub(crate) fn put_affiliation(
    tx: &mut Tx<'_>,
    room: i64,
    jid: &Jid,
    kept: &Kept,
) -> Result<(), DbError> {
    tx.run(
        &PUT,
        &[
            room.into(),
            jid.bare_str().into(),
            kept.affiliation.code().into(),
            kept.nick.as_str().into(),
            kept.delivered.into(),
        ],
    )
}

/// Somebody stands in no relation to the room any more.
pub(crate) fn drop_affiliation(tx: &mut Tx<'_>, room: i64, jid: &Jid) -> Result<(), DbError> {
    tx.run(&DROP, &[room.into(), jid.bare_str().into()])
}

/// Somebody's client has got the log up to `seq`.
pub(crate) fn mark_delivered(
    tx: &mut Tx<'_>,
    room: i64,
    jid: &Jid,
    seq: i64,
) -> Result<(), DbError> {
    tx.run(&DELIVERED, &[room.into(), jid.bare_str().into(), seq.into()])
}

/// Their clients have got the log no further than to `seq`.
pub(crate) fn take_back_delivered(
    tx: &mut Tx<'_>,
    room: i64,
    jid: &Jid,
    seq: i64,
) -> Result<(), DbError> {
    tx.run(&TAKE_BACK, &[room.into(), jid.bare_str().into(), seq.into()])
}

/// The account of that address is no more.
pub(crate) fn forget_account(tx: &mut Tx<'_>, jid: &Jid) -> Result<(), DbError> {
    super::requests::forget(tx, jid)?;
    super::hats::forget(tx, jid)?;
    super::invitations::forget(tx, jid)?;
    super::versions::forget(tx, jid)?;
    tx.run(&FORGET, &[jid.bare_str().into()])
}
