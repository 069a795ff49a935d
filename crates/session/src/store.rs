//! Resumption across processes.
//!
//! While a resumable session lives, its row holds the number of stanzas that were
//! handled, changed in the same transaction as their effects: after a crash the
//! client learns the exact number and sends again only what is above it. A
//! graceful stop adds the rest, so that the next process can resume the session.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use skein_base::{AccountId, Timestamp};
use skein_db::{Db, DbError, Migration, RowRef, Sql, Tx, Value};
use skein_xml::{Document, Limits};
use skein_xmpp::{Jid, Stanza, ns};

use crate::place::{LogRef, Many};
use crate::session::{Session, SessionId};
use crate::unacked::{Owed, Unacked};

/// The table.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        feature: "session",
        number: 1,
        sql: include_str!("../migrations/0001_resumption.sql"),
    },
    Migration {
        feature: "session",
        number: 2,
        sql: include_str!("../migrations/0002_directed.sql"),
    },
];

static BEGIN: Sql = Sql::new(
    "session.begin",
    "INSERT INTO session_resumption
         (previd, account, jid, device, session, handled, delivered, until, flags, priority)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)",
);
static HANDLED: Sql = Sql::new(
    "session.handled",
    "UPDATE session_resumption SET handled = $2, delivered = $3 WHERE previd = $1",
);
static FORGET: Sql = Sql::new("session.forget", "DELETE FROM session_resumption WHERE previd = $1");
static FORGET_ACCOUNT: Sql =
    Sql::new("session.forget_account", "DELETE FROM session_resumption WHERE account = $1");
static EXPIRED: Sql =
    Sql::new("session.expired", "DELETE FROM session_resumption WHERE until < $1");
static DELIVERED: Sql =
    Sql::new("session.delivered", "UPDATE session_resumption SET delivered = $2 WHERE previd = $1");
static CRASHED: Sql = Sql::new(
    "session.crashed",
    "SELECT account, MIN(delivered) FROM session_resumption
     WHERE acked IS NULL AND delivered >= 0 GROUP BY account",
);
static SETTLED: Sql = Sql::new(
    "session.settled",
    "UPDATE session_resumption SET delivered = -1 WHERE acked IS NULL AND delivered >= 0",
);
static PROLONG: Sql =
    Sql::new("session.prolong", "UPDATE session_resumption SET until = $2 WHERE previd = $1");
static SUSPEND: Sql = Sql::new(
    "session.suspend",
    "UPDATE session_resumption
     SET handled = $2, until = $3, flags = $4, priority = $5, presence = $6, acked = $7, owed = $8,
         delivered = $9, directed = $10
     WHERE previd = $1",
);
static LOOK_UP: Sql = Sql::new(
    "session.look_up",
    "SELECT handled FROM session_resumption WHERE previd = $1 AND account = $2",
);
static SUSPENDED: Sql = Sql::new(
    "session.suspended",
    "SELECT previd, account, jid, device, session, handled, until, flags, priority,
            presence, acked, owed, delivered, directed
     FROM session_resumption WHERE acked IS NOT NULL",
);
static AWAKE: Sql = Sql::new(
    "session.awake",
    "UPDATE session_resumption SET presence = NULL, acked = NULL, owed = NULL, directed = NULL
     WHERE acked IS NOT NULL",
);

/// All statements.
pub static STATEMENTS: &[&Sql] = &[
    &BEGIN,
    &HANDLED,
    &DELIVERED,
    &CRASHED,
    &SETTLED,
    &FORGET,
    &FORGET_ACCOUNT,
    &EXPIRED,
    &PROLONG,
    &SUSPEND,
    &LOOK_UP,
    &SUSPENDED,
    &AWAKE,
];

/// Makes `session` resumable under its `previd`.
///
/// # Errors
/// What the database says.
pub async fn begin(db: &Db, session: &Session, until: Timestamp) -> Result<(), DbError> {
    let params = [
        Value::from(&*session.previd()),
        Value::from(session.account().0),
        Value::from(session.jid.as_str()),
        Value::from(&*session.device.key),
        Value::from(session.id.0 as i64),
        Value::from(i64::from(session.handled())),
        Value::from(session.delivered()),
        Value::from(until.0),
    ];
    db.write(move |tx| tx.run(&BEGIN, &params)).await
}

/// Notes how many stanzas of `session` are handled, in the transaction of their effects.
///
/// # Errors
/// What the database says.
pub fn set_handled(tx: &mut Tx<'_>, session: &Session, handled: u32) -> Result<(), DbError> {
    let (previd, delivered) = (session.previd(), session.delivered());
    tx.run(
        &HANDLED,
        &[Value::from(&*previd), Value::from(i64::from(handled)), Value::from(delivered)],
    )
}

/// Makes the present count durable, so that it may be acknowledged.
///
/// # Errors
/// What the database says; then nothing may be acknowledged.
pub async fn store_handled(db: &Db, session: &Session) -> Result<u32, DbError> {
    let handled = session.handled();
    let previd = Value::from(&*session.previd());
    let params = [previd, Value::from(i64::from(handled)), Value::from(session.delivered())];
    db.write(move |tx| tx.run(&HANDLED, &params)).await?;
    session.set_durable(handled);
    Ok(handled)
}

/// Sets until when a session that lost its connection can be resumed.
///
/// # Errors
/// What the database says.
pub async fn prolong(db: &Db, session: &Session, until: Timestamp) -> Result<(), DbError> {
    let params = [Value::from(&*session.previd()), Value::from(until.0)];
    db.write(move |tx| tx.run(&PROLONG, &params)).await
}

/// Writes down how far the clients of `sessions` acknowledged their logs.
///
/// # Errors
/// What the database says.
pub async fn store_delivered(db: &Db, sessions: &[std::sync::Arc<Session>]) -> Result<(), DbError> {
    let each = |session: &std::sync::Arc<Session>| {
        [Value::from(&*session.previd()), Value::from(session.delivered())]
    };
    let rows: Vec<_> = sessions.iter().map(each).collect();
    db.write(move |tx| rows.iter().try_for_each(|row| tx.run(&DELIVERED, row))).await
}

/// Sessions that lived when the last process crashed: whose, and how far their clients
/// acknowledged their logs. A second call finds none.
///
/// # Errors
/// What the database says.
pub fn take_crashed(tx: &mut Tx<'_>) -> Result<Vec<(AccountId, i64)>, DbError> {
    let mut crashed = Vec::new();
    tx.each(&CRASHED, &[], |row| {
        crashed.push((AccountId(row.int(0)?), row.int(1)?));
        Ok(())
    })?;
    tx.run(&SETTLED, &[])?;
    Ok(crashed)
}

/// The session is over.
///
/// # Errors
/// What the database says.
pub async fn forget(db: &Db, session: &Session) -> Result<(), DbError> {
    let params = [Value::from(&*session.previd())];
    db.write(move |tx| tx.run(&FORGET, &params)).await
}

/// Forgets all sessions of an account: its password changed, or it was removed.
///
/// # Errors
/// What the database says.
pub fn forget_account(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET_ACCOUNT, &[Value::from(account.0)])
}

/// Forgets what can be resumed no more.
///
/// # Errors
/// What the database says.
pub async fn sweep(db: &Db, now: Timestamp) -> Result<(), DbError> {
    let params = [Value::from(now.0)];
    db.write(move |tx| tx.run(&EXPIRED, &params)).await
}

/// How many stanzas of a session that is gone were handled; `None` if the id is
/// unknown or belongs to another account.
///
/// # Errors
/// What the database says.
pub async fn handled_of(db: &Db, account: AccountId, previd: &str) -> Result<Option<u32>, DbError> {
    let params = [Value::from(previd), Value::from(account.0)];
    let row = db.read(move |tx| tx.query_one(&LOOK_UP, &params)).await?;
    Ok(row.map(|row| row.int(0)).transpose()?.map(|handled| handled as u32))
}

/// Writes down everything that lets another process resume `session`.
///
/// # Errors
/// What the database says.
pub async fn suspend(db: &Db, session: &Session, until: Timestamp) -> Result<(), DbError> {
    let (acked, owed) = session.with_outbox_mut(|outbox| {
        outbox.release();
        outbox.catch_up();
        let unacked = outbox.unacked();
        unacked.map_or((0, String::new()), |unacked| (unacked.acked(), write_owed(unacked)))
    });
    let presence = session.presence().map(|presence| presence.to_xml());
    let directed = session
        .with_directed(|directed| directed.iter().map(Jid::as_str).collect::<Vec<_>>().join("\n"));
    let params = [
        Value::from(&*session.previd()),
        Value::from(i64::from(session.handled())),
        Value::from(until.0),
        Value::from(i64::from(session.flags())),
        Value::from(i64::from(session.priority())),
        presence.map_or(Value::Null, |presence| Value::from(presence.as_str())),
        Value::from(i64::from(acked)),
        Value::from(owed.as_str()),
        Value::from(session.delivered()),
        Value::from(directed.as_str()),
    ];
    db.write(move |tx| tx.run(&SUSPEND, &params)).await
}

/// A session of an earlier process.
#[derive(Debug)]
pub struct Suspended {
    /// Authorises resumption.
    pub previd: String,
    /// Whose.
    pub account: AccountId,
    /// Its full address.
    pub jid: String,
    /// Its client.
    pub device: String,
    /// Its binding.
    pub id: SessionId,
    /// Stanzas handled.
    pub handled: u32,
    /// Until when it can be resumed.
    pub until: Timestamp,
    /// Its flags.
    pub flags: u16,
    /// Its available presence and priority.
    pub presence: Option<(Stanza, i8)>,
    /// What it is owed.
    pub unacked: Unacked,
    /// How far its client acknowledged its log.
    pub delivered: i64,
    /// To whom it directed presence.
    pub directed: Vec<Jid>,
}

/// Takes all sessions that a graceful stop left behind.
///
/// # Errors
/// What the database says.
pub async fn take_suspended(db: &Db) -> Result<Vec<Suspended>, DbError> {
    db.write(|tx| {
        let mut suspended = Vec::new();
        let mut shared = Shared::new();
        tx.each(&SUSPENDED, &[], |row| {
            suspended.push(read_suspended(row, &mut shared)?);
            Ok(())
        })?;
        tx.run(&AWAKE, &[])?;
        Ok(suspended)
    })
    .await
}

/// What several sessions were sent and none had acknowledged, by account and place.
type Shared = HashMap<(i64, i64), Arc<Many>>;

fn read_suspended(row: &RowRef<'_>, shared: &mut Shared) -> Result<Suspended, DbError> {
    let priority = i8::try_from(row.int(8)?).unwrap_or(0);
    let presence = row.opt_text(9)?.and_then(read_stanza).map(|stanza| (stanza, priority));
    let account = row.int(1)?;
    let mut place = |text: &str| read_place(text, account, shared);
    let owed = row.opt_text(11)?.map(|text| read_owed(text, &mut place)).unwrap_or_default();
    let directed = row.opt_text(13)?.unwrap_or_default();
    Ok(Suspended {
        previd: row.text(0)?.to_owned(),
        account: AccountId(account),
        jid: row.text(2)?.to_owned(),
        device: row.text(3)?.to_owned(),
        id: SessionId(row.int(4)? as u64),
        handled: row.int(5)? as u32,
        until: Timestamp(row.int(6)?),
        flags: row.int(7)? as u16,
        presence,
        unacked: Unacked::restored(row.opt_int(10)?.unwrap_or(0) as u32, owed),
        delivered: row.int(12)?,
        directed: directed.lines().filter_map(|line| Jid::parse(line).ok()).collect(),
    })
}

/// For each stanza: its place in the log or `-`, its length in bytes, itself. Behind the
/// place stands `+` if other sessions were sent it too, `*` if nobody misses this copy.
fn write_owed(unacked: &Unacked) -> String {
    let mut text = String::new();
    for owed in unacked.owed() {
        let place = owed.log.as_ref().map_or_else(|| "-".to_owned(), write_place);
        let xml = owed.stanza.to_xml();
        text.push_str(&format!("{place} {} {xml}", xml.len()));
    }
    text
}

fn write_place(place: &LogRef) -> String {
    let mark = match place.is_shared() {
        Some(false) => "",
        Some(true) => "+",
        None => "*",
    };
    format!("{}{mark}", place.seq)
}

fn read_place(text: &str, account: i64, shared: &mut Shared) -> Option<LogRef> {
    let seq = text.trim_end_matches(['+', '*']).parse().ok()?;
    Some(match text.as_bytes().last() {
        Some(b'+') => LogRef::shared(seq, shared.entry((account, seq)).or_default()),
        Some(b'*') => LogRef::owed(seq),
        _ => LogRef::alone(seq),
    })
}

fn read_owed(mut text: &str, place_of: &mut dyn FnMut(&str) -> Option<LogRef>) -> VecDeque<Owed> {
    let mut owed = VecDeque::new();
    while let Some((place, rest)) = text.split_once(' ')
        && let Some((length, rest)) = rest.split_once(' ')
        && let Some((xml, rest)) = length.parse().ok().and_then(|at| rest.split_at_checked(at))
    {
        owed.extend(read_stanza(xml).map(|stanza| Owed { stanza, log: place_of(place) }));
        text = rest;
    }
    owed
}

/// Reads a stanza that [`Stanza::to_xml`] wrote.
fn read_stanza(xml: &str) -> Option<Stanza> {
    let document = Document::parse(xml, &Limits::kept()).ok()?;
    debug_assert_eq!(document.root().ns(), ns::CLIENT);
    Stanza::read(document.root()).ok()
}
