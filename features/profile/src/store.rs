//! What is remembered beside what is published.

use skein_base::AccountId;
use skein_db::{DbError, Migration, Sql, Tx};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    feature: "profile",
    number: 1,
    sql: include_str!("../migrations/0001_profile.sql"),
}];

static PHOTO: Sql = Sql::new("profile.photo", "SELECT hash FROM profile_photo WHERE account = $1");
static PUT_PHOTO: Sql = Sql::new(
    "profile.put_photo",
    "INSERT INTO profile_photo (account, hash) VALUES ($1, $2)
     ON CONFLICT (account) DO UPDATE SET hash = excluded.hash",
);
static DROP_PHOTO: Sql =
    Sql::new("profile.drop_photo", "DELETE FROM profile_photo WHERE account = $1");
static VCARD: Sql =
    Sql::new("profile.vcard", "SELECT payload FROM profile_vcard WHERE account = $1");
static PUT_VCARD: Sql = Sql::new(
    "profile.put_vcard",
    "INSERT INTO profile_vcard (account, payload) VALUES ($1, $2)
     ON CONFLICT (account) DO UPDATE SET payload = excluded.payload",
);
static DROP_VCARD: Sql =
    Sql::new("profile.drop_vcard", "DELETE FROM profile_vcard WHERE account = $1");

pub(crate) static STATEMENTS: &[&Sql] =
    &[&PHOTO, &PUT_PHOTO, &DROP_PHOTO, &VCARD, &PUT_VCARD, &DROP_VCARD];

/// The hash of the avatar, if there is one.
pub(crate) fn photo(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<String>, DbError> {
    let row = tx.query_one(&PHOTO, &[account.0.into()])?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// Remembers the hash of the avatar, or that there is none.
pub(crate) fn set_photo(
    tx: &mut Tx<'_>,
    account: AccountId,
    hash: Option<&str>,
) -> Result<(), DbError> {
    match hash {
        Some(hash) => tx.run(&PUT_PHOTO, &[account.0.into(), hash.into()]),
        None => tx.run(&DROP_PHOTO, &[account.0.into()]),
    }
}

/// The vCard as an old client wrote it, if it is the newest.
pub(crate) fn vcard(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<String>, DbError> {
    let row = tx.query_one(&VCARD, &[account.0.into()])?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// Remembers the vCard of an old client, or that a newer one was published.
pub(crate) fn set_vcard(
    tx: &mut Tx<'_>,
    account: AccountId,
    payload: Option<&str>,
) -> Result<(), DbError> {
    match payload {
        Some(payload) => tx.run(&PUT_VCARD, &[account.0.into(), payload.into()]),
        None => tx.run(&DROP_VCARD, &[account.0.into()]),
    }
}

/// The account is gone.
pub(crate) fn forget(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    set_photo(tx, account, None)?;
    set_vcard(tx, account, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_db::testing::databases;

    #[tokio::test]
    async fn an_account_has_one_photo_and_one_vcard_or_none() {
        for fresh in databases() {
            let db = fresh.open(MIGRATIONS).await;
            db.prepare_all(STATEMENTS).await.expect("both engines take the statements");
            let done: Result<(), DbError> = db
                .write(|tx| {
                    let one = AccountId(1);
                    set_photo(tx, one, Some("a"))?;
                    set_photo(tx, one, Some("b"))?;
                    set_vcard(tx, one, Some("<vCard/>"))?;
                    assert_eq!(photo(tx, one)?.as_deref(), Some("b"));
                    assert_eq!(photo(tx, AccountId(2))?, None);
                    forget(tx, one)?;
                    assert_eq!((photo(tx, one)?, vcard(tx, one)?), (None, None));
                    Ok(())
                })
                .await;
            done.expect("written");
            db.close().await;
        }
    }
}
