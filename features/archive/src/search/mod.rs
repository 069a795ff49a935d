//! Full-text search in an owner's log (XEP-0431).
//!
//! A log is indexed when its owner searches, from where the last search left off: who
//! never searches costs nothing. `words.rs` makes the words; a search finds messages
//! that hold every phrase.
//!
//! Invariants: an index entry is written and removed in the transaction that sees or
//! changes the text, so a text that is gone is not found; every search names its owner.

#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use skein_base::AccountId;
use skein_db::{DbError, Sql, Tx};
use skein_kernel::Ctx;
use skein_xml::Element;
use skein_xmpp::{Condition, StanzaError, ns};

use crate::query::Stop;
use crate::query::bounds::Bounds;
use crate::rules::{SHOWN, TEXT};

static INDEXED: Sql = Sql::new(
    "archive.indexed",
    "SELECT COALESCE((SELECT MAX(seq) FROM archive_log WHERE account = $1), 0),
            COALESCE((SELECT seq FROM archive_indexed WHERE account = $1), 0)",
);
static PUT_INDEXED: Sql = Sql::new(
    "archive.put_indexed",
    "INSERT INTO archive_indexed (account, seq) VALUES ($1, $2)
     ON CONFLICT (account) DO UPDATE SET seq = excluded.seq",
);
static TO_INDEX: Sql = Sql::new(
    "archive.to_index",
    "SELECT l.seq, l.flags, m.stanza FROM archive_log l JOIN archive_message m ON m.id = l.message
     WHERE l.account = $1 AND l.seq > $2 ORDER BY l.seq LIMIT $3",
);
static ADD: Sql =
    Sql::new("archive.add_word", "INSERT INTO archive_word (account, seq) VALUES ($1, $2)");
// On PostgreSQL the words are given their places here, not by its parser, whose idea of
// a word depends on the locale.
static FILL: Sql = Sql::split(
    "archive.fill_word",
    "INSERT INTO archive_words (rowid, owner, body)
     SELECT id, 'a' || $1, $3 FROM archive_word WHERE account = $1 AND seq = $2",
    "UPDATE archive_word SET body = CAST((
         SELECT string_agg('''' || word || ''':' || place, ' ')
         FROM unnest(string_to_array($3, ' ')) WITH ORDINALITY AS words (word, place)
     ) AS TSVECTOR) WHERE account = $1 AND seq = $2",
);
// The phrases hold nothing but letters, digits, spaces and line feeds: nothing that could
// end a quoted phrase. SQLite starts from the words (CROSS JOIN keeps that order).
static FIND: Sql = Sql::split(
    "archive.find",
    "SELECT l.seq FROM archive_words
     CROSS JOIN archive_word w ON w.id = archive_words.rowid
     CROSS JOIN archive_log l ON l.account = w.account AND l.seq = w.seq
     WHERE archive_words MATCH
           ('owner : \"a' || $1 || '\" AND body : \"' || replace($2, char(10), '\" AND body : \"') || '\"')
       AND w.account = $1 AND l.seq >= $3 AND l.seq <= $4 AND (l.flags & 2) <> 0
       AND (CAST($5 AS BIGINT) IS NULL OR l.peer = $5)
     ORDER BY l.seq DESC LIMIT $6",
    "SELECT l.seq FROM archive_word w
     JOIN archive_log l ON l.account = w.account AND l.seq = w.seq
     WHERE w.body @@ CAST('(''' || replace(replace($2, ' ', ''' <-> '''), chr(10), ''') & (''') || ''')' AS TSQUERY)
       AND w.account = $1 AND l.seq >= $3 AND l.seq <= $4 AND (l.flags & 2) <> 0
       AND (CAST($5 AS BIGINT) IS NULL OR l.peer = $5)
     ORDER BY l.seq DESC LIMIT $6",
);
static EMPTY: Sql = Sql::split(
    "archive.empty_word",
    "DELETE FROM archive_words
     WHERE rowid = (SELECT id FROM archive_word WHERE account = $1 AND seq = $2)",
    "UPDATE archive_word SET body = '' WHERE account = $1 AND seq = $2",
);
static DROP: Sql =
    Sql::new("archive.drop_word", "DELETE FROM archive_word WHERE account = $1 AND seq = $2");
static FORGET_INDEXED: Sql =
    Sql::new("archive.forget_indexed", "DELETE FROM archive_indexed WHERE account = $1");

pub(crate) static STATEMENTS: &[&Sql] =
    &[&INDEXED, &PUT_INDEXED, &TO_INDEX, &ADD, &FILL, &FIND, &EMPTY, &DROP, &FORGET_INDEXED];

/// Entries indexed in one transaction: others' messages wait for it, some milliseconds.
const BATCH: i64 = 250;
/// Messages that one search finds at most, the newest.
const FOUND: i64 = 10_000;

/// Indexes what came to the owner's log since the last search.
pub(crate) async fn catch_up(ctx: &Arc<Ctx>, account: AccountId) -> Result<(), DbError> {
    let behind = move |tx: &mut Tx<'_>| {
        let (newest, indexed) = progress(tx, account)?;
        Ok(indexed < newest)
    };
    let mut more = ctx.db.read(behind).await?;
    while more {
        more = ctx.db.write(move |tx| index(tx, account, BATCH)).await?;
    }
    Ok(())
}

/// The newest entry, and the newest that is indexed.
fn progress(tx: &mut Tx<'_>, account: AccountId) -> Result<(i64, i64), DbError> {
    match tx.query_one(&INDEXED, &[account.0.into()])? {
        Some(row) => Ok((row.int(0)?, row.int(1)?)),
        None => Ok((0, 0)),
    }
}

/// Indexes up to `limit` further entries; says whether there are more.
pub(crate) fn index(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<bool, DbError> {
    let (_, indexed) = progress(tx, account)?;
    let (mut last, mut rows) = (indexed, 0);
    let mut texts = Vec::new();
    tx.each(&TO_INDEX, &[account.0.into(), indexed.into(), limit.into()], |row| {
        last = row.int(0)?;
        rows += 1;
        if row.int(1)? & (SHOWN | TEXT) == SHOWN | TEXT {
            let words = words::words(&text(row.text(2)?));
            if !words.is_empty() {
                texts.push((last, words));
            }
        }
        Ok(())
    })?;
    for (seq, words) in texts {
        tx.run(&ADD, &[account.0.into(), seq.into()])?;
        tx.run(&FILL, &[account.0.into(), seq.into(), words.into()])?;
    }
    if last > indexed {
        tx.run(&PUT_INDEXED, &[account.0.into(), last.into()])?;
    }
    Ok(rows == limit)
}

/// The text of a stored message in all its languages; nothing of an encrypted one, whose
/// body only says that it is.
fn text(stanza: &str) -> String {
    let stanza = Element::new(stanza, "");
    let mut text = String::new();
    for child in stanza.children() {
        if child.name() == "encrypted" {
            return String::new();
        }
        if child.is("body", ns::CLIENT) {
            text.push_str(&child.text());
            text.push('\n');
        }
    }
    text
}

/// Places of the messages that hold every phrase of `text`, in rising order.
pub(crate) fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    text: &str,
    Bounds { low, high }: Bounds,
    peer: Option<i64>,
) -> Result<Vec<i64>, Stop> {
    let phrases = words::phrases(text).map_err(|words::TooMany| {
        let error = StanzaError::new(Condition::NotAcceptable);
        Stop::Refuse(error.text("at most 64 words at a time"))
    })?;
    let mut found = Vec::new();
    if phrases.is_empty() {
        return Ok(found);
    }
    let asked =
        [account.0.into(), phrases.into(), low.into(), high.into(), peer.into(), FOUND.into()];
    tx.each(&FIND, &asked, |row| {
        found.push(row.int(0)?);
        Ok(())
    })?;
    found.reverse();
    Ok(found)
}

/// An entry's text is gone: it is found no more.
pub(crate) fn forget(tx: &mut Tx<'_>, account: AccountId, seq: i64) -> Result<(), DbError> {
    for sql in [&EMPTY, &DROP] {
        tx.run(sql, &[account.0.into(), seq.into()])?;
    }
    Ok(())
}

/// The account's log is gone, entry by entry.
pub(crate) fn forget_all(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET_INDEXED, &[account.0.into()])
}
