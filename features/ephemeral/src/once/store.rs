//! Who may open what.

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Migration, Sql, Tx};
use skein_kernel::contracts::AsideName;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    feature: "ephemeral",
    number: 1,
    sql: include_str!("../../migrations/0001_once.sql"),
}];

static PUT: Sql = Sql::new(
    "ephemeral.put_once",
    "INSERT INTO ephemeral_once (name, account, opened, until) VALUES ($1, $2, 0, $3)
     ON CONFLICT (name, account) DO NOTHING",
);
static OPEN: Sql = Sql::new(
    "ephemeral.open",
    "UPDATE ephemeral_once SET opened = 1 WHERE name = $1 AND account = $2 AND opened = 0
         AND until > $3",
);
static IS_KNOWN: Sql = Sql::new(
    "ephemeral.is_known",
    "SELECT opened FROM ephemeral_once WHERE name = $1 AND account = $2",
);
static IS_AWAITED: Sql = Sql::new(
    "ephemeral.is_awaited",
    "SELECT 1 FROM ephemeral_once WHERE name = $1 AND opened = 0 LIMIT 1",
);
static TAKE_BACK: Sql =
    Sql::new("ephemeral.take_back", "UPDATE ephemeral_once SET opened = 1 WHERE name = $1");
static FORGET: Sql = Sql::new("ephemeral.forget", "DELETE FROM ephemeral_once WHERE until < $1");
static FORGET_ACCOUNT: Sql =
    Sql::new("ephemeral.forget_account", "DELETE FROM ephemeral_once WHERE account = $1");

pub(crate) static STATEMENTS: &[&Sql] =
    &[&PUT, &OPEN, &IS_KNOWN, &IS_AWAITED, &TAKE_BACK, &FORGET, &FORGET_ACCOUNT];

/// The account may open it until then.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    name: AsideName,
    account: AccountId,
    until: Timestamp,
) -> Result<(), DbError> {
    tx.run(&PUT, &[name.into(), account.0.into(), until.into()])
}

/// The account opens it; `false` if it may not, or not any more.
pub(crate) fn open(
    tx: &mut Tx<'_>,
    name: AsideName,
    account: AccountId,
    now: Timestamp,
) -> Result<bool, DbError> {
    Ok(tx.exec(&OPEN, &[name.into(), account.0.into(), now.into()])? > 0)
}

/// Whether it was the account's to open, and if so whether that is over.
pub(crate) fn opened(
    tx: &mut Tx<'_>,
    name: AsideName,
    account: AccountId,
) -> Result<Option<bool>, DbError> {
    let row = tx.query_one(&IS_KNOWN, &[name.into(), account.0.into()])?;
    row.map(|row| Ok(row.int(0)? != 0)).transpose()
}

/// Whether somebody may still open it.
pub(crate) fn is_awaited(tx: &mut Tx<'_>, name: AsideName) -> Result<bool, DbError> {
    Ok(tx.query_one(&IS_AWAITED, &[name.into()])?.is_some())
}

/// Nobody opens it any more; `false` if nobody could.
pub(crate) fn take_back(tx: &mut Tx<'_>, name: AsideName) -> Result<bool, DbError> {
    Ok(tx.exec(&TAKE_BACK, &[name.into()])? > 0)
}

/// Removes notes on what is over anyhow.
pub(crate) fn forget(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), DbError> {
    tx.run(&FORGET, &[now.into()])
}

/// The account is no more.
pub(crate) fn forget_account(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET_ACCOUNT, &[account.0.into()])
}
