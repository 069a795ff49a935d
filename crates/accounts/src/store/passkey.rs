//! `account_passkey`.

use skein_base::{AccountId, Fault, Timestamp};
use skein_db::{DbError, Sql, Tx};
use skein_webauthn::PublicKey;
use skein_xmpp::Jid;

use crate::accounts::State;
use crate::passkeys::Passkey;

pub(super) static INSERT: Sql = Sql::new(
    "account.insert_passkey",
    "INSERT INTO account_passkey (credential, account, domain, algorithm, public_key, counter, name, created, last_used)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT (credential) DO NOTHING",
);
pub(super) static COUNT: Sql =
    Sql::new("account.count_passkeys", "SELECT COUNT(*) FROM account_passkey WHERE account = $1");
pub(super) static LIST: Sql = Sql::new(
    "account.passkeys",
    "SELECT credential, domain, name, created, last_used FROM account_passkey
     WHERE account = $1 ORDER BY created, credential LIMIT 1000",
);
/// One row in any case, of the key that is given where there is none, so that the time does not tell.
pub(super) static LOOK: Sql = Sql::new(
    "account.look_passkey",
    "SELECT COALESCE(account, 0), COALESCE(domain, ''), COALESCE(algorithm, $2), COALESCE(public_key, $3)
     FROM (SELECT 1 AS one) AS nobodys LEFT JOIN account_passkey ON credential = $1",
);
pub(super) static OWNER: Sql =
    Sql::new("account.passkey_owner", "SELECT jid, state FROM account_account WHERE id = $1");
/// Changes nothing if the counter does not go on, or the account may not be used any more.
pub(super) static USE: Sql = Sql::new(
    "account.use_passkey",
    "UPDATE account_passkey SET counter = $2, last_used = $3
     WHERE credential = $1 AND (counter < $2 OR (counter = 0 AND $4 = 1))
         AND EXISTS (SELECT 1 FROM account_account WHERE account_account.id = account_passkey.account
                     AND account_account.state = $5)",
);
pub(super) static RENAME: Sql = Sql::new(
    "account.rename_passkey",
    "UPDATE account_passkey SET name = $3 WHERE account = $1 AND credential = $2",
);
pub(super) static REMOVE: Sql = Sql::new(
    "account.remove_passkey",
    "DELETE FROM account_passkey WHERE account = $1 AND credential = $2",
);
pub(super) static FORGET: Sql =
    Sql::new("account.forget_passkeys", "DELETE FROM account_passkey WHERE account = $1");

/// Whose [`PublicKey::nobodys`] is.
pub(crate) const NOBODY: AccountId = AccountId(0);

/// A passkey with whose it is.
pub(crate) struct Owned {
    pub(crate) account: AccountId,
    pub(crate) domain: String,
    pub(crate) key: PublicKey,
}

/// `false` if somebody has a passkey of this id.
pub(crate) fn insert_passkey(
    tx: &mut Tx<'_>,
    account: AccountId,
    passkey: &Passkey,
    key: &PublicKey,
    counter: u32,
) -> Result<bool, DbError> {
    let inserted = tx.exec(
        &INSERT,
        &[
            passkey.credential.as_slice().into(),
            account.0.into(),
            passkey.domain.as_str().into(),
            key.number().into(),
            key.info().into(),
            counter.into(),
            passkey.name.as_str().into(),
            passkey.created.into(),
        ],
    );
    Ok(inserted? > 0)
}

pub(crate) fn count_passkeys(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, DbError> {
    let row = tx.query_one(&COUNT, &[account.0.into()])?;
    let count = row.map(|row| row.int(0)).transpose()?.unwrap_or_default();
    Ok(u64::try_from(count).unwrap_or_default())
}

pub(crate) fn passkeys(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Passkey>, DbError> {
    let mut passkeys = Vec::new();
    tx.each(&LIST, &[account.0.into()], |row| {
        passkeys.push(Passkey {
            credential: row.blob(0)?.to_vec(),
            domain: row.text(1)?.to_owned(),
            name: row.text(2)?.to_owned(),
            created: Timestamp(row.int(3)?),
            last_used: Some(Timestamp(row.int(4)?)).filter(|used| used.0 > 0),
        });
        Ok(())
    })?;
    Ok(passkeys)
}

/// The passkey of this id, or [`PublicKey::nobodys`].
pub(crate) fn look_passkey(tx: &mut Tx<'_>, credential: &[u8]) -> Result<Owned, DbError> {
    let nobodys = PublicKey::nobodys();
    let row =
        tx.query_one(&LOOK, &[credential.into(), nobodys.number().into(), nobodys.info().into()])?;
    let row = row.ok_or_else(|| Fault::new("no passkey at all"))?;
    let key = PublicKey::read(row.int(2)?, row.blob(3)?);
    Ok(Owned {
        account: AccountId(row.int(0)?),
        domain: row.text(1)?.to_owned(),
        key: key.map_err(|error| Fault::because("reading a passkey", error))?,
    })
}

/// Whose passkey it is, if the account may be used.
pub(crate) fn passkey_owner(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Jid>, DbError> {
    let Some(row) = tx.query_one(&OWNER, &[account.0.into()])? else { return Ok(None) };
    if State::from_number(row.int(1)?) != State::Active {
        return Ok(None);
    }
    let jid = Jid::parse(row.text(0)?);
    Ok(Some(jid.map_err(|error| Fault::because("reading whose a passkey is", error))?))
}

/// Notes a use; `false` if the counter does not go on, the passkey is gone or its account
/// may not be used.
pub(crate) fn use_passkey(
    tx: &mut Tx<'_>,
    credential: &[u8],
    counter: u32,
    now: Timestamp,
) -> Result<bool, DbError> {
    let never_counts = counter == 0;
    let used = tx.exec(
        &USE,
        &[
            credential.into(),
            counter.into(),
            now.into(),
            never_counts.into(),
            State::Active.number().into(),
        ],
    );
    Ok(used? > 0)
}

/// Says whether there was one.
pub(crate) fn rename_passkey(
    tx: &mut Tx<'_>,
    account: AccountId,
    credential: &[u8],
    name: &str,
) -> Result<bool, DbError> {
    Ok(tx.exec(&RENAME, &[account.0.into(), credential.into(), name.into()])? > 0)
}

/// Says whether there was one.
pub(crate) fn remove_passkey(
    tx: &mut Tx<'_>,
    account: AccountId,
    credential: &[u8],
) -> Result<bool, DbError> {
    Ok(tx.exec(&REMOVE, &[account.0.into(), credential.into()])? > 0)
}

pub(crate) fn forget_passkeys(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET, &[account.0.into()])
}
