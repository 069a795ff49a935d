//! `account_account` and the counter of ids.

use skein_base::{AccountId, Fault, Timestamp};
use skein_db::{DbError, Row, Sql, Tx};
use skein_xmpp::Jid;

use crate::accounts::{Account, Role, State};

pub(super) static BY_JID: Sql = Sql::new(
    "account.by_jid",
    "SELECT id, jid, state, admin, created, last_login, removed, erased FROM account_account WHERE jid = $1",
);
pub(super) static MADE: Sql =
    Sql::new("account.made", "SELECT created FROM account_account WHERE id = $1");
pub(super) static STANDING: Sql =
    Sql::new("account.standing", "SELECT state, admin FROM account_account WHERE id = $1");
pub(super) static LIST: Sql = Sql::new(
    "account.list",
    "SELECT id, jid, state, admin, created, last_login FROM account_account WHERE state <> 3 ORDER BY jid",
);
pub(super) static ADMINS: Sql =
    Sql::new("account.admins", "SELECT jid FROM account_account WHERE admin = 1 AND state = 0");
pub(super) static COUNT: Sql = Sql::new(
    "account.count",
    "SELECT COUNT(*) FROM (SELECT id FROM account_account WHERE state <> 3 LIMIT 1) AS one",
);
pub(super) static NEXT_ID: Sql = Sql::new(
    "account.next_id",
    "INSERT INTO account_counter (one, last) VALUES (1, 1)
     ON CONFLICT (one) DO UPDATE SET last = account_counter.last + 1 RETURNING last",
);
pub(super) static INSERT: Sql = Sql::new(
    "account.insert",
    "INSERT INTO account_account (id, jid, state, admin, created, last_login, invited_by, removed, erased)
     VALUES ($1, $2, $3, $4, $5, 0, $6, NULL, 0)",
);
pub(super) static DELETE: Sql =
    Sql::new("account.delete", "DELETE FROM account_account WHERE id = $1");
pub(super) static SET_STATE: Sql =
    Sql::new("account.set_state", "UPDATE account_account SET state = $2 WHERE id = $1");
pub(super) static SET_ROLE: Sql =
    Sql::new("account.set_role", "UPDATE account_account SET admin = $2 WHERE id = $1");
pub(super) static REMOVE: Sql =
    Sql::new("account.remove", "UPDATE account_account SET state = 3, removed = $2 WHERE id = $1");
/// Changes nothing, and so costs no flush, if the last login is hardly older.
pub(super) static LOGGED_IN: Sql = Sql::new(
    "account.logged_in",
    "UPDATE account_account SET last_login = $2 WHERE id = $1 AND last_login < $3",
);
pub(super) static ERASURES: Sql = Sql::new(
    "account.erasures",
    "SELECT id, jid FROM account_account WHERE removed IS NOT NULL AND erased = 0 ORDER BY removed LIMIT 1000",
);
pub(super) static ERASED: Sql =
    Sql::new("account.erased", "UPDATE account_account SET erased = 1 WHERE id = $1 AND state = 3");
pub(super) static RESTED: Sql =
    Sql::new("account.rested", "DELETE FROM account_account WHERE removed < $1 AND erased = 1");

/// From the columns of [`LIST`] in their order.
fn account(
    id: i64,
    jid: &str,
    state: i64,
    admin: i64,
    times: (i64, i64),
) -> Result<Account, DbError> {
    let jid =
        Jid::parse(jid).map_err(|error| Fault::because("reading an account's address", error))?;
    let (created, last_login) = times;
    Ok(Account {
        id: AccountId(id),
        jid,
        state: State::from_number(state),
        role: Role::of(admin != 0),
        created: Timestamp(created),
        last_login: (last_login > 0).then_some(Timestamp(last_login)),
    })
}

/// The account of a bare address, in whatever state.
pub(crate) fn account_of(tx: &mut Tx<'_>, jid: &str) -> Result<Option<Account>, DbError> {
    let Some(row) = tx.query_one(&BY_JID, &[jid.into()])? else { return Ok(None) };
    let times = (row.int(4)?, row.int(5)?);
    account(row.int(0)?, row.text(1)?, row.int(2)?, row.int(3)?, times).map(Some)
}

/// What an account is and may do.
pub(crate) fn standing(
    tx: &mut Tx<'_>,
    account: AccountId,
) -> Result<Option<(State, Role)>, DbError> {
    let row = tx.query_one(&STANDING, &[account.0.into()])?;
    row.map(|row| Ok((State::from_number(row.int(0)?), Role::of(row.int(1)? != 0)))).transpose()
}

/// When an account was made; long ago if there is no such account.
///
/// # Errors
/// What the database says.
pub fn made(tx: &mut Tx<'_>, account: AccountId) -> Result<Timestamp, DbError> {
    let row = tx.query_one(&MADE, &[account.0.into()])?;
    row.map_or(Ok(Timestamp(0)), |row| row.int(0).map(Timestamp))
}

/// Who has an address (`removed` is `None`) or had it.
pub(crate) struct Former {
    pub(crate) id: AccountId,
    pub(crate) removed: Option<Timestamp>,
    pub(crate) is_erased: bool,
}

/// Who has or had that address.
pub(crate) fn former(tx: &mut Tx<'_>, jid: &str) -> Result<Option<Former>, DbError> {
    let Some(row) = tx.query_one(&BY_JID, &[jid.into()])? else { return Ok(None) };
    Ok(Some(Former {
        id: AccountId(row.int(0)?),
        removed: row.opt_int(6)?.map(Timestamp),
        is_erased: row.int(7)? != 0,
    }))
}

/// All that are not removed; row by row, as there may be more than a query gives.
pub(crate) fn list(tx: &mut Tx<'_>) -> Result<Vec<Account>, DbError> {
    let mut accounts = Vec::new();
    tx.each(&LIST, &[], |row| {
        let times = (row.int(4)?, row.int(5)?);
        accounts.push(account(row.int(0)?, row.text(1)?, row.int(2)?, row.int(3)?, times)?);
        Ok(())
    })?;
    Ok(accounts)
}

pub(crate) fn is_empty(tx: &mut Tx<'_>) -> Result<bool, DbError> {
    Ok(tx.query_one(&COUNT, &[])?.map_or(Ok(0), |row| row.int(0))? == 0)
}

/// Adds an account under a new id.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    jid: &Jid,
    (state, role): (State, Role),
    now: Timestamp,
    invited_by: Option<AccountId>,
) -> Result<AccountId, DbError> {
    let id = tx.query_one(&NEXT_ID, &[])?.map_or(Ok(0), |row| row.int(0))?;
    let admin = role == Role::Admin;
    let by = invited_by.map(|by| by.0);
    tx.exec(
        &INSERT,
        &[
            id.into(),
            jid.as_str().into(),
            state.number().into(),
            admin.into(),
            now.into(),
            by.into(),
        ],
    )?;
    Ok(AccountId(id))
}

/// Forgets that an address was ever used.
pub(crate) fn delete(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.exec(&DELETE, &[account.0.into()]).map(drop)
}

pub(crate) fn set_state(tx: &mut Tx<'_>, account: AccountId, state: State) -> Result<(), DbError> {
    tx.run(&SET_STATE, &[account.0.into(), state.number().into()])
}

pub(crate) fn set_role(tx: &mut Tx<'_>, account: AccountId, role: Role) -> Result<(), DbError> {
    tx.run(&SET_ROLE, &[account.0.into(), i64::from(role == Role::Admin).into()])
}

pub(crate) fn remove(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<(), DbError> {
    tx.run(&REMOVE, &[account.0.into(), now.into()])
}

/// Notes a login unless one was noted after `unless_since`.
pub(crate) fn logged_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    now: Timestamp,
    unless_since: Timestamp,
) -> Result<(), DbError> {
    tx.run(&LOGGED_IN, &[account.0.into(), now.into(), unless_since.into()])
}

/// Removed accounts of which features may still hold something.
pub(crate) fn erasures(tx: &mut Tx<'_>) -> Result<Vec<(AccountId, Jid)>, DbError> {
    let rows = tx.query(&ERASURES, &[])?;
    let read = |row: &Row| {
        let jid = Jid::parse(row.text(1)?)
            .map_err(|error| Fault::because("reading an account's address", error))?;
        Ok((AccountId(row.int(0)?), jid))
    };
    rows.iter().map(read).collect()
}

/// No feature holds anything of it any more.
pub(crate) fn erased(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&ERASED, &[account.0.into()])
}

/// Frees the names of accounts that were removed before `before`.
pub(crate) fn free_rested(tx: &mut Tx<'_>, before: Timestamp) -> Result<(), DbError> {
    tx.run(&RESTED, &[before.into()])
}

/// The addresses of the administrators whose accounts may be used.
pub(crate) fn admins(tx: &mut Tx<'_>) -> Result<Vec<Jid>, DbError> {
    let mut admins = Vec::new();
    for row in tx.query(&ADMINS, &[])? {
        admins.extend(Jid::parse(row.text(0)?).ok());
    }
    Ok(admins)
}
