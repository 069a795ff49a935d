//! The roster's tables.

use std::collections::HashMap;

use skein_base::AccountId;
use skein_db::{DbError, Migration, Row, Sql, Tx, Value};
use skein_kernel::contracts::{Roster, Subscription};
use skein_xmpp::Jid;

use crate::proto::Item;
use crate::rules::{DELETIONS, from_bits, to_bits};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    feature: "roster",
    number: 1,
    sql: include_str!("../migrations/0001_items.sql"),
}];

static STATES: Sql = Sql::new(
    "roster.states",
    "SELECT contact, state FROM roster_item WHERE account = $1 AND removed = 0 LIMIT 10000",
);
static ITEMS: Sql = Sql::new(
    "roster.items",
    "SELECT contact, name, groups, state, listed, removed, version FROM roster_item
     WHERE account = $1 AND removed = 0 LIMIT 10000",
);
static SINCE: Sql = Sql::new(
    "roster.since",
    "SELECT contact, name, groups, state, listed, removed, version FROM roster_item
     WHERE account = $1 AND version > $2 LIMIT 10000",
);
static ITEM: Sql = Sql::new(
    "roster.item",
    "SELECT contact, name, groups, state, listed, removed, version FROM roster_item
     WHERE account = $1 AND contact = $2",
);
static COUNT: Sql =
    Sql::new("roster.count", "SELECT COUNT(*) FROM roster_item WHERE account = $1 AND removed = 0");
static PUT: Sql = Sql::new(
    "roster.put",
    "INSERT INTO roster_item (account, contact, name, groups, state, listed, removed, version)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (account, contact) DO UPDATE SET name = excluded.name, groups = excluded.groups,
         state = excluded.state, listed = excluded.listed, removed = excluded.removed,
         version = excluded.version",
);
static DROP: Sql =
    Sql::new("roster.drop", "DELETE FROM roster_item WHERE account = $1 AND contact = $2");
static HEAD: Sql =
    Sql::new("roster.head", "SELECT version, floor FROM roster_head WHERE account = $1");
static BUMP: Sql = Sql::new(
    "roster.bump",
    "INSERT INTO roster_head (account, version, floor) VALUES ($1, 1, 0)
     ON CONFLICT (account) DO UPDATE SET version = roster_head.version + 1 RETURNING version",
);
static DELETED: Sql = Sql::new(
    "roster.deleted",
    "SELECT COUNT(*) FROM roster_item WHERE account = $1 AND removed = 1",
);
static FORGET_DELETED: Sql =
    Sql::new("roster.forget_deleted", "DELETE FROM roster_item WHERE account = $1 AND removed = 1");
static RAISE_FLOOR: Sql =
    Sql::new("roster.raise_floor", "UPDATE roster_head SET floor = $2 WHERE account = $1");
static SET_REQUEST: Sql = Sql::new(
    "roster.set_request",
    "UPDATE roster_item SET request = $3 WHERE account = $1 AND contact = $2",
);
static REQUESTS: Sql = Sql::new(
    "roster.requests",
    "SELECT request FROM roster_item WHERE account = $1 AND request IS NOT NULL LIMIT 1000",
);
static FORGET_ITEMS: Sql =
    Sql::new("roster.forget_items", "DELETE FROM roster_item WHERE account = $1");
static FORGET_HEAD: Sql =
    Sql::new("roster.forget_head", "DELETE FROM roster_head WHERE account = $1");

pub(crate) static STATEMENTS: &[&Sql] = &[
    &STATES,
    &ITEMS,
    &SINCE,
    &ITEM,
    &COUNT,
    &PUT,
    &DROP,
    &HEAD,
    &BUMP,
    &DELETED,
    &FORGET_DELETED,
    &RAISE_FLOOR,
    &SET_REQUEST,
    &REQUESTS,
    &FORGET_ITEMS,
    &FORGET_HEAD,
];

/// A stored entry and whether the owner put it into the list.
pub(crate) struct Entry {
    pub(crate) item: Item,
    pub(crate) listed: bool,
}

/// The slot.
pub(crate) fn load(tx: &mut Tx<'_>, account: AccountId) -> Result<Roster, DbError> {
    let mut contacts = HashMap::new();
    for row in tx.query(&STATES, &[account.0.into()])? {
        if let Ok(contact) = Jid::parse(row.text(0)?) {
            contacts.insert(contact, from_bits(row.int(1)?));
        }
    }
    Ok(Roster { contacts })
}

fn read(row: &Row) -> Result<Option<Entry>, DbError> {
    let Ok(contact) = Jid::parse(row.text(0)?) else { return Ok(None) };
    let groups =
        row.text(2)?.split('\n').filter(|group| !group.is_empty()).map(str::to_owned).collect();
    let item = Item {
        contact,
        name: row.text(1)?.to_owned(),
        groups,
        state: from_bits(row.int(3)?),
        removed: row.int(5)? != 0,
        version: row.int(6)?,
    };
    Ok(Some(Entry { item, listed: row.int(4)? != 0 }))
}

/// Version of the whole list, and the oldest version from which changes are known.
pub(crate) fn head(tx: &mut Tx<'_>, account: AccountId) -> Result<(i64, i64), DbError> {
    match tx.query_one(&HEAD, &[account.0.into()])? {
        Some(row) => Ok((row.int(0)?, row.int(1)?)),
        None => Ok((0, 0)),
    }
}

/// All entries.
pub(crate) fn items(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Entry>, DbError> {
    collect(&tx.query(&ITEMS, &[account.0.into()])?)
}

/// Entries changed since a version, deletions included.
pub(crate) fn since(
    tx: &mut Tx<'_>,
    account: AccountId,
    version: i64,
) -> Result<Vec<Entry>, DbError> {
    collect(&tx.query(&SINCE, &[account.0.into(), version.into()])?)
}

fn collect(rows: &[Row]) -> Result<Vec<Entry>, DbError> {
    rows.iter().filter_map(|row| read(row).transpose()).collect()
}

/// One entry, unless it was removed.
pub(crate) fn item(
    tx: &mut Tx<'_>,
    account: AccountId,
    contact: &Jid,
) -> Result<Option<Entry>, DbError> {
    let row = tx.query_one(&ITEM, &[account.0.into(), contact.as_str().into()])?;
    let entry = row.map(|row| read(&row)).transpose()?.flatten();
    Ok(entry.filter(|entry| !entry.item.removed))
}

/// How many contacts an account has.
pub(crate) fn count(tx: &mut Tx<'_>, account: AccountId) -> Result<i64, DbError> {
    tx.query_one(&COUNT, &[account.0.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// Stores an entry under a new version, which is written into it.
pub(crate) fn put(tx: &mut Tx<'_>, account: AccountId, entry: &mut Entry) -> Result<(), DbError> {
    let bumped = tx.query_one(&BUMP, &[account.0.into()])?;
    entry.item.version = bumped.map_or(Ok(0), |row| row.int(0))?;
    let item = &entry.item;
    tx.run(
        &PUT,
        &[
            account.0.into(),
            item.contact.as_str().into(),
            item.name.as_str().into(),
            item.groups.join("\n").as_str().into(),
            to_bits(item.state).into(),
            i64::from(entry.listed).into(),
            i64::from(item.removed).into(),
            item.version.into(),
        ],
    )?;
    if item.removed {
        tx.run(&SET_REQUEST, &[account.0.into(), item.contact.as_str().into(), Value::Null])?;
        forget_old_deletions(tx, account, item.version)?;
    }
    Ok(())
}

fn forget_old_deletions(tx: &mut Tx<'_>, account: AccountId, version: i64) -> Result<(), DbError> {
    let deleted = tx.query_one(&DELETED, &[account.0.into()])?.map_or(Ok(0), |row| row.int(0))?;
    if deleted > DELETIONS {
        tx.run(&FORGET_DELETED, &[account.0.into()])?;
        tx.run(&RAISE_FLOOR, &[account.0.into(), version.into()])?;
    }
    Ok(())
}

/// Removes an entry that nobody ever saw in the list.
pub(crate) fn drop_unlisted(
    tx: &mut Tx<'_>,
    account: AccountId,
    contact: &Jid,
) -> Result<(), DbError> {
    tx.run(&DROP, &[account.0.into(), contact.as_str().into()])
}

/// Keeps or clears the subscription request that waits for the owner's answer.
pub(crate) fn set_request(
    tx: &mut Tx<'_>,
    account: AccountId,
    contact: &Jid,
    request: Option<&str>,
) -> Result<(), DbError> {
    let request = request.map_or(Value::Null, Value::from);
    tx.run(&SET_REQUEST, &[account.0.into(), contact.as_str().into(), request])
}

/// The subscription requests that wait.
pub(crate) fn requests(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<String>, DbError> {
    let rows = tx.query(&REQUESTS, &[account.0.into()])?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// The account is gone.
pub(crate) fn forget(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET_ITEMS, &[account.0.into()])?;
    tx.run(&FORGET_HEAD, &[account.0.into()])
}

impl Entry {
    /// An entry that does not exist yet.
    pub(crate) fn new(contact: Jid) -> Self {
        let item = Item {
            contact,
            name: String::new(),
            groups: Vec::new(),
            state: Subscription::default(),
            removed: false,
            version: 0,
        };
        Self { item, listed: false }
    }
}
