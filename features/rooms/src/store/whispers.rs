//! Who has whispered to whom, and whether that was answered.

use skein_base::Timestamp;
use skein_db::{DbError, Sql, Tx};

use crate::rules::acquaintance::Acquaintance;

static KNOWN: Sql = Sql::new(
    "rooms.acquaintance",
    "SELECT unanswered FROM rooms_whisper WHERE room = $1 AND sender = $2 AND receiver = $3",
);
static BEGUN: Sql = Sql::new(
    "rooms.acquaintances_begun",
    "SELECT COUNT(*) FROM rooms_whisper
     WHERE room = $1 AND sender = $2 AND begun > $3 AND unanswered > 0",
);
static APPROACH: Sql = Sql::new(
    "rooms.approach",
    "INSERT INTO rooms_whisper (room, sender, receiver, unanswered, begun)
     VALUES ($1, $2, $3, 1, $4)
     ON CONFLICT (room, sender, receiver) DO UPDATE SET unanswered = rooms_whisper.unanswered + 1
     WHERE rooms_whisper.unanswered >= 0",
);
static ANSWER: Sql = Sql::new(
    "rooms.answer_whisper",
    "UPDATE rooms_whisper SET unanswered = -1
     WHERE room = $1 AND sender = $2 AND receiver = $3 AND unanswered >= 0",
);
static ANSWERED: Sql = Sql::new(
    "rooms.answered_whisper",
    "INSERT INTO rooms_whisper (room, sender, receiver, unanswered, begun)
     VALUES ($1, $2, $3, -1, $4)
     ON CONFLICT (room, sender, receiver) DO UPDATE SET unanswered = -1",
);
static FORGET: Sql = Sql::new("rooms.forget_whispers", "DELETE FROM rooms_whisper WHERE room = $1");

pub(super) static STATEMENTS: &[&Sql] = &[&KNOWN, &BEGUN, &APPROACH, &ANSWER, &ANSWERED, &FORGET];

/// Two people in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) room: i64,
    /// Keyed hashes of addresses.
    pub(crate) sender: i64,
    pub(crate) receiver: i64,
}

/// How the sender stands to the receiver. `since` is an hour ago.
pub(crate) fn acquaintance(
    tx: &mut Tx<'_>,
    pair: Pair,
    since: Timestamp,
) -> Result<Acquaintance, DbError> {
    let Pair { room, sender, receiver } = pair;
    let row = tx.query_one(&KNOWN, &[room.into(), sender.into(), receiver.into()])?;
    if let Some(row) = row {
        let count = row.int(0)?;
        return Ok(if count < 0 { Acquaintance::Known } else { Acquaintance::Unanswered(count) });
    }
    let row = tx.query_one(&BEGUN, &[room.into(), sender.into(), since.into()])?;
    Ok(Acquaintance::New(row.map_or(Ok(0), |row| row.int(0))?))
}

/// The sender has whispered to the receiver: that answers what the receiver whispered before.
pub(crate) fn whispered(tx: &mut Tx<'_>, pair: Pair, now: Timestamp) -> Result<(), DbError> {
    let Pair { room, sender, receiver } = pair;
    let there = [room.into(), sender.into(), receiver.into(), now.into()];
    let back = [room.into(), receiver.into(), sender.into()];
    if tx.exec(&ANSWER, &back)? > 0 {
        return tx.run(&ANSWERED, &there);
    }
    tx.run(&APPROACH, &there)
}

/// The room is no more.
pub(crate) fn forget_whispers(tx: &mut Tx<'_>, room: i64) -> Result<(), DbError> {
    tx.run(&FORGET, &[room.into()])
}
