//! `account_credential`.

use skein_base::{AccountId, Fault};
use skein_db::{DbError, Sql, Tx};
use skein_sasl::{Hash, ScramKeys};

use crate::accounts::State;
use crate::hashing::number;

/// One row whether or not anybody has the name: the stranger's, who is number 0, takes as
/// long to read as somebody's.
pub(super) static LOGIN: Sql = Sql::new(
    "account.login",
    "SELECT named.id, named.state, salt, iterations, stored_key, server_key
     FROM (SELECT MAX(id) AS id, MAX(state) AS state FROM account_account WHERE jid = $1) AS named,
         account_credential
     WHERE account = COALESCE(named.id, 0) AND hash = $2",
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
    let iterations = u32::try_from(row.int(3)?);
    let keys = ScramKeys {
        hash,
        salt: row.blob(2)?.to_vec(),
        iterations: iterations.map_err(|error| Fault::because("reading a credential", error))?,
        stored_key: row.blob(4)?.to_vec(),
        server_key: row.blob(5)?.to_vec(),
    };
    Ok(match (row.opt_int(0)?, row.opt_int(1)?) {
        (Some(account), Some(state)) if State::from_number(state) == State::Active => {
            Some((AccountId(account), keys))
        }
        _ => None,
    })
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
