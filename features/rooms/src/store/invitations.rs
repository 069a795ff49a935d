//! Invitations that wait for an answer.

use skein_base::{Timestamp, limits};
use skein_db::{DbError, Row, Sql, Tx};
use skein_xmpp::Jid;

static PUT: Sql = Sql::new(
    "rooms.put_invitation",
    "INSERT INTO rooms_invitation (room, invited, inviter, shown, joined, expires)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (room, invited, inviter) DO UPDATE SET shown = excluded.shown,
         expires = excluded.expires",
);
static OF: Sql = Sql::new(
    "rooms.invitations",
    "SELECT inviter, shown, joined FROM rooms_invitation
     WHERE room = $1 AND invited = $2 AND expires > $3 ORDER BY expires DESC LIMIT 1000",
);
static DROP: Sql = Sql::new(
    "rooms.drop_invitation",
    "DELETE FROM rooms_invitation WHERE room = $1 AND invited = $2 AND inviter = $3",
);
static OLD: Sql = Sql::new(
    "rooms.old_invitations",
    "DELETE FROM rooms_invitation WHERE inviter = $1 AND expires < (
         SELECT expires FROM rooms_invitation WHERE inviter = $1
         ORDER BY expires DESC LIMIT 1 OFFSET $2)",
);
static CLEAR: Sql =
    Sql::new("rooms.clear_invitations", "DELETE FROM rooms_invitation WHERE room = $1");
static EXPIRED: Sql =
    Sql::new("rooms.expired_invitations", "DELETE FROM rooms_invitation WHERE expires <= $1");
static FORGET: Sql = Sql::new(
    "rooms.forget_invitations",
    "DELETE FROM rooms_invitation WHERE invited = $1 OR inviter = $1",
);

pub(super) static STATEMENTS: &[&Sql] = &[&PUT, &OF, &DROP, &OLD, &CLEAR, &EXPIRED, &FORGET];

/// Somebody was invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invited {
    /// Bare.
    pub(crate) inviter: Jid,
    /// The inviter's address as the invited saw it.
    pub(crate) shown: Jid,
    /// The invitation made them a member.
    pub(crate) joined: bool,
}

fn read(row: &Row) -> Result<Option<Invited>, DbError> {
    // S22: one row that cannot be read keeps nobody from the rest.
    let (Ok(inviter), Ok(shown)) = (Jid::parse(row.text(0)?), Jid::parse(row.text(1)?)) else {
        return Ok(None);
    };
    Ok(Some(Invited { inviter, shown, joined: row.int(2)? != 0 }))
}

/// Keeps an invitation; the inviter's oldest go.
pub(crate) fn put_invitation(
    tx: &mut Tx<'_>,
    room: i64,
    who: &Jid,
    invited: &Invited,
    now: Timestamp,
) -> Result<(), DbError> {
    let inviter = invited.inviter.bare_str();
    tx.run(
        &PUT,
        &[
            room.into(),
            who.bare_str().into(),
            inviter.into(),
            invited.shown.as_str().into(),
            i64::from(invited.joined).into(),
            now.plus(limits::ROOM_INVITATION).0.into(),
        ],
    )?;
    tx.run(&OLD, &[inviter.into(), (limits::ROOM_INVITATIONS_OF_ONE - 1).into()])
}

/// The invitations of somebody to a room, the newest first.
pub(crate) fn invitations(
    tx: &mut Tx<'_>,
    room: i64,
    who: &Jid,
    now: Timestamp,
) -> Result<Vec<Invited>, DbError> {
    let rows = tx.query(&OF, &[room.into(), who.bare_str().into(), now.0.into()])?;
    Ok(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// An invitation is answered.
pub(crate) fn drop_invitation(
    tx: &mut Tx<'_>,
    room: i64,
    who: &Jid,
    inviter: &Jid,
) -> Result<(), DbError> {
    tx.run(&DROP, &[room.into(), who.bare_str().into(), inviter.bare_str().into()])
}

/// The room is no more.
pub(super) fn clear(tx: &mut Tx<'_>, room: i64) -> Result<(), DbError> {
    tx.run(&CLEAR, &[room.into()])
}

/// The account is no more.
pub(super) fn forget(tx: &mut Tx<'_>, who: &Jid) -> Result<(), DbError> {
    tx.run(&FORGET, &[who.bare_str().into()])
}

/// Forgets what nobody answered for long.
pub(crate) fn forget_unanswered(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), DbError> {
    tx.run(&EXPIRED, &[now.0.into()])
}
