//! The rooms themselves.

use skein_db::{DbError, Sql, Tx};
use skein_xmpp::Jid;

use super::{circles, hats, invitations, links, pins, requests, versions};
use crate::ids::is_reserved;
use crate::rules::config::Config;
use crate::rules::directory;

static ROOM: Sql =
    Sql::new("rooms.room", "SELECT id, config, subject, vcard FROM rooms_room WHERE jid = $1");
static SAVE: Sql = Sql::new(
    "rooms.save",
    "INSERT INTO rooms_room (jid, id, host, listed, title, config, words, subject, vcard)
     VALUES ($1, $2, $3, $4, $5, $6, $7, '', '')
     ON CONFLICT (jid) DO UPDATE SET listed = excluded.listed, title = excluded.title,
         config = excluded.config, words = excluded.words",
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
pub(super) static STATEMENTS: &[&Sql] =
    &[&ROOM, &SAVE, &SUBJECT, &VCARD, &DROP, &DROP_AFFILIATIONS, &ADD_GONE, &GONE, &FORGOTTEN];

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
pub(crate) fn save(tx: &mut Tx<'_>, room: &Jid, id: i64, config: &Config) -> Result<(), DbError> {
    let title = config.title(room);
    tx.run(
        &SAVE,
        &[
            room.as_str().into(),
            id.into(),
            room.domain().into(),
            i64::from(config.is_listed()).into(),
            title.into(),
            config.to_text().as_str().into(),
            directory::words(room, config).as_str().into(),
        ],
    )?;
    if is_reserved(room) { circles::set(tx, id, &config.circles) } else { Ok(()) }
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
    circles::clear(tx, id)?;
    links::clear(tx, id)?;
    hats::clear(tx, id)?;
    invitations::clear(tx, id)?;
    pins::clear(tx, id)?;
    versions::clear(tx, id)?;
    requests::clear(tx, id)?;
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
