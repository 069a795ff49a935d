//! The tables. Statements stand in the file of their table.

mod account;
mod credential;
mod device;
mod invite;
mod passkey;
mod request;
mod token;

use skein_db::{DbError, Migration, Sql, Tx};

pub use account::made;
pub(crate) use account::*;
pub(crate) use credential::*;
pub(crate) use device::*;
pub(crate) use invite::*;
pub(crate) use passkey::*;
pub(crate) use request::*;
pub(crate) use token::*;

/// The tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        feature: "account",
        number: 1,
        sql: include_str!("../../migrations/0001_accounts.sql"),
    },
    Migration {
        feature: "account",
        number: 2,
        sql: include_str!("../../migrations/0002_stranger.sql"),
    },
    Migration {
        feature: "account",
        number: 3,
        sql: include_str!("../../migrations/0003_request.sql"),
    },
    Migration {
        feature: "account",
        number: 4,
        sql: include_str!("../../migrations/0004_listed.sql"),
    },
    Migration {
        feature: "account",
        number: 5,
        sql: include_str!("../../migrations/0005_passkey.sql"),
    },
];

static MAKE_SECRET: Sql = Sql::new(
    "account.make_secret",
    "INSERT INTO account_secret (one, secret) VALUES (1, $1) ON CONFLICT (one) DO NOTHING",
);
static SECRET: Sql = Sql::new("account.secret", "SELECT secret FROM account_secret WHERE one = 1");

/// All statements.
pub static STATEMENTS: &[&Sql] = &[
    &MAKE_SECRET,
    &SECRET,
    &account::BY_JID,
    &account::MADE,
    &account::STANDING,
    &account::LIST,
    &account::ADMINS,
    &account::COUNT,
    &account::NEXT_ID,
    &account::INSERT,
    &account::DELETE,
    &account::SET_STATE,
    &account::SET_ROLE,
    &account::REMOVE,
    &account::LOGGED_IN,
    &account::ERASURES,
    &account::ERASED,
    &account::RESTED,
    &credential::LOGIN,
    &credential::PUT,
    &credential::FORGET,
    &device::SEEN,
    &device::LISTED,
    &device::LIST,
    &device::REVOKE,
    &device::FORGET,
    &device::STALE,
    &invite::INSERT,
    &invite::LOOK,
    &invite::OPEN,
    &invite::OPEN_OF,
    &invite::TAKE,
    &invite::RESERVED,
    &invite::REVOKE,
    &invite::VOID_FIRST,
    &invite::FORGET_OF,
    &invite::EXPIRED,
    &passkey::INSERT,
    &passkey::COUNT,
    &passkey::LIST,
    &passkey::LOOK,
    &passkey::OWNER,
    &passkey::USE,
    &passkey::RENAME,
    &passkey::REMOVE,
    &passkey::FORGET,
    &request::PUT,
    &request::LIST,
    &request::COUNT,
    &request::DROP,
    &token::CANDIDATES,
    &token::PUT,
    &token::LOOK,
    &token::COUNT,
    &token::DROP,
    &token::PROMOTE,
    &token::REVOKE,
    &token::FORGET,
    &token::EXPIRED,
];

/// The server's secret: the stored one, or `fresh` if there is none.
pub(crate) fn secret(tx: &mut Tx<'_>, fresh: &[u8; 32]) -> Result<[u8; 32], DbError> {
    tx.run(&MAKE_SECRET, &[fresh.into()])?;
    let row = tx.query_one(&SECRET, &[])?;
    let stored = row.as_ref().map(|row| row.blob(0)).transpose()?;
    stored
        .and_then(|secret| secret.try_into().ok())
        .ok_or_else(|| skein_base::Fault::new("the server's secret has not 32 bytes").into())
}
