//! `account_credential`.

use skein_base::{AccountId, Fault};
use skein_db::{DbError, Sql, Tx};
use skein_sasl::{Hash, ScramKeys};

use crate::accounts::State;
use crate::hashing::number;

/// One row for a known name whether or not the account has that hash, so that a
/// login is one look-up.
pub(super) static LOGIN: Sql = Sql::new(
    "account.login",
    "SELECT account_account.id, account_account.state, salt, iterations, stored_key, server_key
     FROM account_account LEFT JOIN account_credential
         ON account_credential.account = account_account.id AND account_credential.hash = $2
     WHERE jid = $1",
);
pub(super) static PUT: Sql = Sql::new(
    "account.put_credential",
    "INSERT INTO account_credential (account, hash, salt, iterations, stored_key, server_key)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (account, hash) DO UPDATE SET salt = excluded.salt, iterations = excluded.iterations,
         stored_key = excluded.stored_key, server_key = excluded.server_key",
);
pub(super) static FORGET: Sql =
    Sql::new("account.forget_credentials", "DELETE FROM account_credential WHERE account = $1");

/// The credential of an active account.
pub(crate) fn credential(
    tx: &mut Tx<'_>,
    jid: &str,
    hash: Hash,
) -> Result<Option<(AccountId, ScramKeys)>, DbError> {
    let Some(row) = tx.query_one(&LOGIN, &[jid.into(), number(hash).into()])? else {
        return Ok(None);
    };
    let Some(salt) = row.opt_blob(2)? else { return Ok(None) };
    if State::from_number(row.int(1)?) != State::Active {
        return Ok(None);
    }
    let iterations = u32::try_from(row.int(3)?);
    let keys = ScramKeys {
        hash,
        salt: salt.to_vec(),
        iterations: iterations.map_err(|error| Fault::because("reading a credential", error))?,
        stored_key: row.blob(4)?.to_vec(),
        server_key: row.blob(5)?.to_vec(),
    };
    Ok(Some((AccountId(row.int(0)?), keys)))
}

pub(crate) fn put_credentials(
    tx: &mut Tx<'_>,
    account: AccountId,
    keys: &[ScramKeys],
) -> Result<(), DbError> {
    for keys in keys {
        tx.run(
            &PUT,
            &[
                account.0.into(),
                number(keys.hash).into(),
                keys.salt.as_slice().into(),
                keys.iterations.into(),
                keys.stored_key.as_slice().into(),
                keys.server_key.as_slice().into(),
            ],
        )?;
    }
    Ok(())
}

pub(crate) fn forget_credentials(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET, &[account.0.into()])
}
