//! `account_request`.

use skein_base::{AccountId, Fault, Timestamp};
use skein_db::{DbError, Row, Sql, Tx};
use skein_xmpp::Jid;

use crate::requests::AccountRequest;

pub(super) static PUT: Sql = Sql::new(
    "account.put_request",
    "INSERT INTO account_request (account, reason) VALUES ($1, $2)
     ON CONFLICT (account) DO UPDATE SET reason = excluded.reason",
);
pub(super) static LIST: Sql = Sql::new(
    "account.requests",
    "SELECT jid, created, reason FROM account_request
     JOIN account_account ON account_account.id = account_request.account
     ORDER BY account LIMIT $1",
);
pub(super) static COUNT: Sql =
    Sql::new("account.count_requests", "SELECT COUNT(*) FROM account_request");
pub(super) static DROP: Sql =
    Sql::new("account.drop_request", "DELETE FROM account_request WHERE account = $1");

pub(crate) fn put_request(
    tx: &mut Tx<'_>,
    account: AccountId,
    reason: &str,
) -> Result<(), DbError> {
    tx.run(&PUT, &[account.0.into(), reason.into()])
}

/// The oldest requests.
pub(crate) fn requests(tx: &mut Tx<'_>, most: usize) -> Result<Vec<AccountRequest>, DbError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = tx.query(&LIST, &[most.into()])?;
    let read = |row: &Row| {
        let jid = Jid::parse(row.text(0)?)
            .map_err(|error| Fault::because("reading an account's address", error))?;
        Ok(AccountRequest { jid, asked: Timestamp(row.int(1)?), reason: row.text(2)?.to_owned() })
    };
    rows.iter().map(read).collect()
}

/// How many wait.
pub(crate) fn count_requests(tx: &mut Tx<'_>) -> Result<u64, DbError> {
    let count = tx.query_one(&COUNT, &[])?.map_or(Ok(0), |row| row.int(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// It waits no longer.
pub(crate) fn drop_request(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&DROP, &[account.0.into()])
}
