//! When accounts were last connected.

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Migration, Sql, Tx};

pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { feature: "basics", number: 1, sql: include_str!("../migrations/0001_last.sql") }];

static LAST: Sql = Sql::new("basics.last", "SELECT at FROM basics_last WHERE account = $1");
static PUT: Sql = Sql::new(
    "basics.put",
    "INSERT INTO basics_last (account, at) VALUES ($1, $2)
     ON CONFLICT (account) DO UPDATE SET at = excluded.at",
);
static FORGET: Sql = Sql::new("basics.forget", "DELETE FROM basics_last WHERE account = $1");

pub(crate) static STATEMENTS: &[&Sql] = &[&LAST, &PUT, &FORGET];

/// When the account's last session ended; `None` if it never had one.
pub(crate) fn last(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Timestamp>, DbError> {
    let row = tx.query_one(&LAST, &[account.0.into()])?;
    row.map(|row| row.int(0).map(Timestamp)).transpose()
}

/// The account's last session ended.
pub(crate) fn put(tx: &mut Tx<'_>, account: AccountId, at: Timestamp) -> Result<(), DbError> {
    tx.run(&PUT, &[account.0.into(), at.0.into()])
}

/// The account is gone.
pub(crate) fn forget(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET, &[account.0.into()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_db::testing::databases;

    #[tokio::test]
    async fn the_latest_end_of_a_session_is_remembered_until_the_account_is_gone() {
        for fresh in databases() {
            let db = fresh.open(MIGRATIONS).await;
            db.prepare_all(STATEMENTS).await.expect("both engines take the statements");
            let account = AccountId(7);
            let seen = db
                .write(move |tx| {
                    let never = last(tx, account)?;
                    put(tx, account, Timestamp(1))?;
                    put(tx, account, Timestamp(2))?;
                    let latest = last(tx, account)?;
                    forget(tx, account)?;
                    Ok([never, latest, last(tx, account)?])
                })
                .await
                .expect("written");
            assert_eq!(seen, [None, Some(Timestamp(2)), None]);
            db.close().await;
        }
    }
}
