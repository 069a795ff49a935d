//! Private XML.

use skein_base::AccountId;
use skein_db::{DbError, Migration, Sql, Tx};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    feature: "bookmarks",
    number: 1,
    sql: include_str!("../migrations/0001_private.sql"),
}];

static GET: Sql = Sql::new(
    "bookmarks.get",
    "SELECT payload FROM bookmarks_private WHERE account = $1 AND namespace = $2 AND name = $3",
);
static USED: Sql = Sql::new(
    "bookmarks.used",
    "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM bookmarks_private
     WHERE account = $1 AND NOT (namespace = $2 AND name = $3)",
);
static PUT: Sql = Sql::new(
    "bookmarks.put",
    "INSERT INTO bookmarks_private (account, namespace, name, bytes, payload)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, namespace, name)
     DO UPDATE SET bytes = excluded.bytes, payload = excluded.payload",
);
static FORGET: Sql =
    Sql::new("bookmarks.forget", "DELETE FROM bookmarks_private WHERE account = $1");

pub(crate) static STATEMENTS: &[&Sql] = &[&GET, &USED, &PUT, &FORGET];

/// What an element is called: namespace and name.
pub(crate) type Key = (String, String);

/// The element of that name, if one was stored.
pub(crate) fn get(
    tx: &mut Tx<'_>,
    account: AccountId,
    (namespace, name): &Key,
) -> Result<Option<String>, DbError> {
    let key = [account.0.into(), namespace.as_str().into(), name.as_str().into()];
    tx.query_one(&GET, &key)?.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// Bytes of all elements but that one.
pub(crate) fn used(
    tx: &mut Tx<'_>,
    account: AccountId,
    (namespace, name): &Key,
) -> Result<i64, DbError> {
    let key = [account.0.into(), namespace.as_str().into(), name.as_str().into()];
    tx.query_one(&USED, &key)?.map_or(Ok(0), |row| row.int(0))
}

/// Stores an element in the place of the one of its name.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    account: AccountId,
    (namespace, name): &Key,
    payload: &str,
) -> Result<(), DbError> {
    let bytes = i64::try_from(payload.len()).unwrap_or(i64::MAX);
    tx.run(
        &PUT,
        &[
            account.0.into(),
            namespace.as_str().into(),
            name.as_str().into(),
            bytes.into(),
            payload.into(),
        ],
    )
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
    async fn an_element_replaces_the_one_of_its_name_and_no_other() {
        for fresh in databases() {
            let db = fresh.open(MIGRATIONS).await;
            db.prepare_all(STATEMENTS).await.expect("both engines take the statements");
            let done: Result<(), DbError> = db
                .write(|tx| {
                    let (one, two) = (AccountId(1), AccountId(2));
                    let key = ("urn:x".to_owned(), "a".to_owned());
                    let other = ("urn:y".to_owned(), "a".to_owned());
                    put(tx, one, &key, "<a xmlns='urn:x'/>")?;
                    put(tx, one, &key, "<a xmlns='urn:x'>2</a>")?;
                    put(tx, one, &other, "12345")?;
                    assert_eq!(get(tx, one, &key)?.as_deref(), Some("<a xmlns='urn:x'>2</a>"));
                    assert_eq!(get(tx, two, &key)?, None);
                    assert_eq!((used(tx, one, &key)?, used(tx, two, &key)?), (5, 0));
                    forget(tx, one)?;
                    assert_eq!(get(tx, one, &other)?, None);
                    Ok(())
                })
                .await;
            done.expect("written");
            db.close().await;
        }
    }
}
