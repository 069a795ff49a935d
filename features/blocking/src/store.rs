//! The tables.

use std::collections::HashSet;

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Migration, Sql, Tx};
use skein_xmpp::Jid;

use crate::proto::Report;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    feature: "blocking",
    number: 1,
    sql: include_str!("../migrations/0001_blocks.sql"),
}];

static LIST: Sql = Sql::new(
    "blocking.list",
    "SELECT address FROM blocking_address WHERE account = $1 LIMIT 10000",
);
static ADD: Sql = Sql::new(
    "blocking.add",
    "INSERT INTO blocking_address (account, address) VALUES ($1, $2) ON CONFLICT DO NOTHING",
);
static REMOVE: Sql =
    Sql::new("blocking.remove", "DELETE FROM blocking_address WHERE account = $1 AND address = $2");
static CLEAR: Sql = Sql::new("blocking.clear", "DELETE FROM blocking_address WHERE account = $1");
static REPORTED: Sql = Sql::new(
    "blocking.reported",
    "SELECT COUNT(*) FROM blocking_report WHERE account = $1 AND at > $2",
);
static REPORT: Sql = Sql::new(
    "blocking.report",
    "INSERT INTO blocking_report (account, at, reported, reporter, reason, ids, text)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
);
static FORGET_REPORTS: Sql =
    Sql::new("blocking.forget_reports", "DELETE FROM blocking_report WHERE account = $1");

pub(crate) static STATEMENTS: &[&Sql] =
    &[&LIST, &ADD, &REMOVE, &CLEAR, &REPORTED, &REPORT, &FORGET_REPORTS];

/// The addresses that the account blocks.
pub(crate) fn load(tx: &mut Tx<'_>, account: AccountId) -> Result<HashSet<Jid>, DbError> {
    let mut addresses = HashSet::new();
    for row in tx.query(&LIST, &[account.0.into()])? {
        addresses.extend(Jid::parse(row.text(0)?).ok());
    }
    Ok(addresses)
}

/// Blocks an address.
pub(crate) fn add(tx: &mut Tx<'_>, account: AccountId, address: &Jid) -> Result<(), DbError> {
    tx.run(&ADD, &[account.0.into(), address.as_str().into()])
}

/// Unblocks an address.
pub(crate) fn remove(tx: &mut Tx<'_>, account: AccountId, address: &Jid) -> Result<(), DbError> {
    tx.run(&REMOVE, &[account.0.into(), address.as_str().into()])
}

/// Unblocks all addresses.
pub(crate) fn clear(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&CLEAR, &[account.0.into()])
}

/// How much the account has reported since a time.
pub(crate) fn reported(
    tx: &mut Tx<'_>,
    account: AccountId,
    since: Timestamp,
) -> Result<i64, DbError> {
    let row = tx.query_one(&REPORTED, &[account.0.into(), since.0.into()])?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// Keeps a report for the administrators.
pub(crate) fn report(
    tx: &mut Tx<'_>,
    account: AccountId,
    reporter: &Jid,
    report: &Report,
    at: Timestamp,
) -> Result<(), DbError> {
    let ids = report.ids.join("\n");
    let values = [
        account.0.into(),
        at.0.into(),
        report.reported.as_str().into(),
        reporter.as_str().into(),
        report.reason.into(),
        ids.as_str().into(),
        report.text.as_str().into(),
    ];
    tx.run(&REPORT, &values)
}

/// The account is gone.
pub(crate) fn forget(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    clear(tx, account)?;
    tx.run(&FORGET_REPORTS, &[account.0.into()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_db::testing::databases;

    #[tokio::test]
    async fn blocks_and_reports_are_kept_for_their_account_until_it_is_gone() {
        for fresh in databases() {
            let db = fresh.open(MIGRATIONS).await;
            db.prepare_all(STATEMENTS).await.expect("both engines take the statements");
            let (account, other) = (AccountId(7), AccountId(8));
            let jid = |text: &str| Jid::parse(text).expect("an address");
            let seen = db
                .write(move |tx| {
                    for address in ["a@b", "a@b", "c"] {
                        add(tx, account, &jid(address))?;
                    }
                    add(tx, other, &jid("a@b"))?;
                    remove(tx, account, &jid("c"))?;
                    let of = |reported: &str| Report {
                        reported: jid(reported),
                        reason: "urn:xmpp:reporting:spam",
                        ids: vec!["1".into(), "2".into()],
                        text: "why".into(),
                        evidence: Vec::new(),
                    };
                    report(tx, account, &jid("me@b"), &of("a@b"), Timestamp(5))?;
                    report(tx, account, &jid("me@b"), &of("c@b"), Timestamp(6))?;
                    let kept = (load(tx, account)?, reported(tx, account, Timestamp(5))?);
                    forget(tx, account)?;
                    let left = (load(tx, account)?, reported(tx, account, Timestamp(0))?);
                    Ok((kept, left, load(tx, other)?))
                })
                .await
                .expect("written");
            let one = HashSet::from([jid("a@b")]);
            assert_eq!(seen, ((one.clone(), 1), (HashSet::new(), 0), one));
            db.close().await;
        }
    }
}
