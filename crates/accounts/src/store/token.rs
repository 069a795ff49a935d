//! `account_token`: per client one token in use and one that was handed out.

use skein_base::{AccountId, Secret, Timestamp};
use skein_db::{DbError, Row, Sql, Tx};

use crate::accounts::State;
use crate::tokens::FastToken;

/// The one that was handed out last comes first (XEP-0484 section 5.1).
pub(super) static CANDIDATES: Sql = Sql::new(
    "account.token_candidates",
    "SELECT account_account.state, account_token.account, client, fresh, token, mechanism, issued, expires
     FROM account_account JOIN account_token ON account_token.account = account_account.id
     WHERE jid = $1 AND client = $2 AND mechanism = $3 ORDER BY fresh DESC LIMIT 2",
);
pub(super) static PUT: Sql = Sql::new(
    "account.put_token",
    "INSERT INTO account_token (account, client, fresh, token, mechanism, issued, expires, count)
     VALUES ($1, $2, 1, $3, $4, $5, $6, 0)
     ON CONFLICT (account, client, fresh) DO UPDATE SET token = excluded.token,
         mechanism = excluded.mechanism, issued = excluded.issued, expires = excluded.expires, count = 0",
);
pub(super) static LOOK: Sql = Sql::new(
    "account.look_token",
    "SELECT fresh, count FROM account_token WHERE account = $1 AND client = $2 AND token = $3",
);
pub(super) static COUNT: Sql = Sql::new(
    "account.count_token",
    "UPDATE account_token SET count = $4 WHERE account = $1 AND client = $2 AND token = $3",
);
pub(super) static DROP: Sql = Sql::new(
    "account.drop_token",
    "DELETE FROM account_token WHERE account = $1 AND client = $2 AND fresh = $3",
);
pub(super) static PROMOTE: Sql = Sql::new(
    "account.promote_token",
    "UPDATE account_token SET fresh = 0 WHERE account = $1 AND client = $2 AND fresh = 1",
);
pub(super) static REVOKE: Sql = Sql::new(
    "account.revoke_tokens",
    "DELETE FROM account_token WHERE account = $1 AND client = $2",
);
pub(super) static FORGET: Sql =
    Sql::new("account.forget_tokens", "DELETE FROM account_token WHERE account = $1");
pub(super) static EXPIRED: Sql =
    Sql::new("account.expired_tokens", "DELETE FROM account_token WHERE expires < $1");

fn read(row: &Row, now: Timestamp) -> Result<Option<FastToken>, DbError> {
    if State::from_number(row.int(0)?) != State::Active {
        return Ok(None);
    }
    let expires = Timestamp(row.int(7)?);
    Ok(Some(FastToken {
        account: Some(AccountId(row.int(1)?)),
        client: row.text(2)?.into(),
        token: Secret::new(row.text(4)?.to_owned()),
        mechanism: row.text(5)?.into(),
        issued: Timestamp(row.int(6)?),
        expires,
        is_expired: expires <= now,
        is_link: false,
    }))
}

/// The tokens that may be meant, if the account is active.
pub(crate) fn token_candidates(
    tx: &mut Tx<'_>,
    jid: &str,
    client: &str,
    mechanism: &str,
    now: Timestamp,
) -> Result<Vec<FastToken>, DbError> {
    let rows = tx.query(&CANDIDATES, &[jid.into(), client.into(), mechanism.into()])?;
    rows.iter().filter_map(|row| read(row, now).transpose()).collect()
}

/// Stores a token that was handed out; one that was handed out before it and never
/// used is gone.
pub(crate) fn put_token(
    tx: &mut Tx<'_>,
    account: AccountId,
    (client, mechanism, token): (&str, &str, &str),
    (issued, expires): (Timestamp, Timestamp),
) -> Result<(), DbError> {
    tx.run(
        &PUT,
        &[
            account.0.into(),
            client.into(),
            token.into(),
            mechanism.into(),
            issued.into(),
            expires.into(),
        ],
    )
}

/// Whether a token stands in the fresh place, and its count.
pub(crate) fn look_token(
    tx: &mut Tx<'_>,
    account: AccountId,
    client: &str,
    token: &str,
) -> Result<Option<(bool, i64)>, DbError> {
    let row = tx.query_one(&LOOK, &[account.0.into(), client.into(), token.into()])?;
    row.map(|row| Ok((row.int(0)? != 0, row.int(1)?))).transpose()
}

pub(crate) fn count_token(
    tx: &mut Tx<'_>,
    account: AccountId,
    client: &str,
    token: &str,
    count: i64,
) -> Result<(), DbError> {
    tx.run(&COUNT, &[account.0.into(), client.into(), token.into(), count.into()])
}

pub(crate) fn drop_token(
    tx: &mut Tx<'_>,
    account: AccountId,
    client: &str,
    fresh: bool,
) -> Result<(), DbError> {
    tx.exec(&DROP, &[account.0.into(), client.into(), fresh.into()]).map(drop)
}

/// The fresh token is in use from now on; the older one is void.
pub(crate) fn promote_token(
    tx: &mut Tx<'_>,
    account: AccountId,
    client: &str,
) -> Result<(), DbError> {
    drop_token(tx, account, client, false)?;
    tx.run(&PROMOTE, &[account.0.into(), client.into()])
}

pub(crate) fn revoke_tokens(
    tx: &mut Tx<'_>,
    account: AccountId,
    client: &str,
) -> Result<(), DbError> {
    tx.run(&REVOKE, &[account.0.into(), client.into()])
}

pub(crate) fn forget_tokens(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET, &[account.0.into()])
}

pub(crate) fn forget_expired_tokens(tx: &mut Tx<'_>, before: Timestamp) -> Result<(), DbError> {
    tx.run(&EXPIRED, &[before.into()])
}
