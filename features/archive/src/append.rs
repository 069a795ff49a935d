//! Writing a message and its entries: what every message costs.
//!
//! On PostgreSQL those of one transaction are inserted together; on SQLite bit 16 says that
//! an entry is still to be sorted (conversations.rs).

use skein_base::AccountId;
use skein_db::{DbError, Sql, Tx};

pub(crate) static PUT_MESSAGE: Sql = Sql::rows(
    "archive.put_message",
    "INSERT INTO archive_message (id, stanza) VALUES ($1, $2)",
    "INSERT INTO archive_message (id, stanza) SELECT * FROM UNNEST($1::BIGINT[], $2::TEXT[])",
);
pub(crate) static PUT_ENTRY: Sql = Sql::rows(
    "archive.put_entry",
    "INSERT INTO archive_log (account, seq, message, peer, at, flags, ref)
     VALUES ($1, $2, $3, $4, $5, $6 | 16, $7)",
    "INSERT INTO archive_log (account, seq, message, peer, at, flags, ref)
     SELECT * FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::BIGINT[], $4::BIGINT[], $5::BIGINT[],
                          $6::BIGINT[], $7::BIGINT[])",
);

/// An entry to be written.
pub(crate) struct Entry {
    pub(crate) account: AccountId,
    pub(crate) seq: i64,
    pub(crate) message: i64,
    pub(crate) peer: i64,
    pub(crate) at: i64,
    pub(crate) flags: i64,
    pub(crate) reference: i64,
}

pub(crate) fn put_message(tx: &mut Tx<'_>, id: i64, stanza: &str) -> Result<(), DbError> {
    tx.run(&PUT_MESSAGE, &[id.into(), stanza.into()])
}

pub(crate) fn put_entry(tx: &mut Tx<'_>, entry: &Entry) -> Result<(), DbError> {
    let Entry { account, seq, message, peer, at, flags, reference } = *entry;
    tx.run(
        &PUT_ENTRY,
        &[
            account.0.into(),
            seq.into(),
            message.into(),
            peer.into(),
            at.into(),
            flags.into(),
            reference.into(),
        ],
    )
}
