//! The rooms themselves.

use skein_db::{DbError, Row, Sql, Tx};
use skein_xmpp::Jid;

static ROOM: Sql =
    Sql::new("rooms.room", "SELECT id, config, subject, vcard FROM rooms_room WHERE jid = $1");
static SAVE: Sql = Sql::new(
    "rooms.save",
    "INSERT INTO rooms_room (jid, id, host, listed, title, config, subject, vcard)
     VALUES ($1, $2, $3, $4, $5, $6, '', '')
     ON CONFLICT (jid) DO UPDATE SET listed = excluded.listed, title = excluded.title,
         config = excluded.config",
);
static SUBJECT: Sql =
    Sql::new("rooms.subject", "UPDATE rooms_room SET subject = $2 WHERE jid = $1");
static VCARD: Sql = Sql::new("rooms.vcard", "UPDATE rooms_room SET vcard = $2 WHERE jid = $1");
static DROP: Sql = Sql::new("rooms.drop", "DELETE FROM rooms_room WHERE jid = $1");
static DROP_AFFILIATIONS: Sql =
    Sql::new("rooms.drop_affiliations", "DELETE FROM rooms_affiliation WHERE room = $1");
static ADD_GONE: Sql = Sql::new(
    "rooms.add_gone",
    "INSERT INTO rooms_gone (room) VALUES ($1) ON CONFLICT (room) DO NOTHING",
);
static GONE: Sql = Sql::new("rooms.gone", "SELECT room FROM rooms_gone LIMIT 1000");
static FORGOTTEN: Sql = Sql::new("rooms.forgotten", "DELETE FROM rooms_gone WHERE room = $1");
static LIST: Sql = Sql::new(
    "rooms.list",
    "SELECT jid, title FROM rooms_room
     WHERE host = $1 AND listed <> 0 AND jid > $2 ORDER BY jid LIMIT $3",
);
static LIST_BEFORE: Sql = Sql::new(
    "rooms.list_before",
    "SELECT jid, title FROM rooms_room
     WHERE host = $1 AND listed <> 0 AND jid < $2 ORDER BY jid DESC LIMIT $3",
);
static LIST_LAST: Sql = Sql::new(
    "rooms.list_last",
    "SELECT jid, title FROM rooms_room
     WHERE host = $1 AND listed <> 0 ORDER BY jid DESC LIMIT $2",
);
static COUNT: Sql = Sql::new(
    "rooms.count",
    "SELECT COUNT(*) FROM (SELECT 1 FROM rooms_room
         WHERE host = $1 AND listed <> 0 LIMIT 10000) AS listed",
);

pub(super) static STATEMENTS: &[&Sql] = &[
    &ROOM,
    &SAVE,
    &SUBJECT,
    &VCARD,
    &DROP,
    &DROP_AFFILIATIONS,
    &ADD_GONE,
    &GONE,
    &FORGOTTEN,
    &LIST,
    &LIST_BEFORE,
    &LIST_LAST,
    &COUNT,
];

/// A room as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Saved {
    pub(crate) id: i64,
    pub(crate) config: String,
    /// The message that set the subject; empty if none did.
    pub(crate) subject: String,
    /// The room's card (XEP-0054); empty if there is none.
    pub(crate) vcard: String,
}

/// A room of that address.
pub(crate) fn load(tx: &mut Tx<'_>, room: &Jid) -> Result<Option<Saved>, DbError> {
    let row = tx.query_one(&ROOM, &[room.as_str().into()])?;
    row.map(|row| {
        let text = |column| Ok::<_, DbError>(row.text(column)?.to_owned());
        Ok(Saved { id: row.int(0)?, config: text(1)?, subject: text(2)?, vcard: text(3)? })
    })
    .transpose()
}

/// Makes a room, or changes its configuration.
pub(crate) fn save(
    tx: &mut Tx<'_>,
    room: &Jid,
    id: i64,
    config: &str,
    listed: Option<&str>,
) -> Result<(), DbError> {
    tx.run(
        &SAVE,
        &[
            room.as_str().into(),
            id.into(),
            room.domain().into(),
            i64::from(listed.is_some()).into(),
            listed.unwrap_or_default().into(),
            config.into(),
        ],
    )
}

/// Keeps the message that set the subject.
pub(crate) fn set_subject(tx: &mut Tx<'_>, room: &Jid, subject: &str) -> Result<(), DbError> {
    tx.run(&SUBJECT, &[room.as_str().into(), subject.into()])
}

/// Keeps the room's card.
pub(crate) fn set_vcard(tx: &mut Tx<'_>, room: &Jid, vcard: &str) -> Result<(), DbError> {
    tx.run(&VCARD, &[room.as_str().into(), vcard.into()])
}

/// Removes a room; its log goes by and by.
pub(crate) fn remove(tx: &mut Tx<'_>, room: &Jid, id: i64) -> Result<(), DbError> {
    tx.run(&DROP, &[room.as_str().into()])?;
    tx.run(&DROP_AFFILIATIONS, &[id.into()])?;
    super::whispers::forget_whispers(tx, id)?;
    tx.run(&ADD_GONE, &[id.into()])
}

/// Rooms whose logs are to be removed.
pub(crate) fn gone(tx: &mut Tx<'_>) -> Result<Vec<i64>, DbError> {
    tx.query(&GONE, &[])?.iter().map(|row| row.int(0)).collect()
}

/// The log of a removed room is gone.
pub(crate) fn forgotten(tx: &mut Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.run(&FORGOTTEN, &[id.into()])
}

/// A page of the list of rooms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Listed {
    /// Address and title.
    pub(crate) rooms: Vec<(String, String)>,
    /// In all, 10,000 at most.
    pub(crate) count: i64,
}

/// Listed rooms of `host` behind `after`, or before `before`, in the order of their addresses.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    host: &str,
    after: &str,
    before: Option<&str>,
    most: usize,
) -> Result<Listed, DbError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let read = |row: &Row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
    let rows = match before {
        None => tx.query(&LIST, &[host.into(), after.into(), most.into()])?,
        Some("") => tx.query(&LIST_LAST, &[host.into(), most.into()])?,
        Some(before) => tx.query(&LIST_BEFORE, &[host.into(), before.into(), most.into()])?,
    };
    let mut rooms = rows.iter().map(read).collect::<Result<Vec<_>, DbError>>()?;
    if before.is_some() {
        rooms.reverse();
    }
    let count = tx.query_one(&COUNT, &[host.into()])?.map_or(Ok(0), |row| row.int(0))?;
    Ok(Listed { rooms, count })
}
