//! Migrations: forward only, numbered within a feature, checksummed.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use skein_base::{Clock, Fault};

use crate::error::{DbError, OpenError};
use crate::sql::Sql;
use crate::tx::Tx;
use crate::value::Value;

/// One step of a feature's schema, a file of its `migrations/` folder.
///
/// The text is DDL for both engines: `BIGINT`, `TEXT`, `BLOB` (which becomes
/// `BYTEA` on PostgreSQL) and `WITHOUT ROWID` (which disappears there). A line
/// `-- only sqlite` or `-- only postgres` starts a section for one engine, and
/// a line `-- both` ends it. A released text is never edited: its checksum is
/// stored, and the server refuses to start on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// The feature: its folder's name and the prefix of its tables.
    pub feature: &'static str,
    /// 1, 2, 3, … within the feature.
    pub number: u32,
    /// The statements.
    pub sql: &'static str,
}

const CREATE: &str = "CREATE TABLE IF NOT EXISTS skein_migrations (
    feature TEXT NOT NULL, number BIGINT NOT NULL, checksum BLOB NOT NULL, applied_at BIGINT NOT NULL,
    PRIMARY KEY (feature, number))";
const APPLIED: Sql =
    Sql::new("db.APPLIED", "SELECT feature, number, checksum FROM skein_migrations");
/// Comes first in the transaction of its migration: of two nodes that start
/// together the second waits here, and finds the work done.
const CLAIM: Sql = Sql::new(
    "db.CLAIM",
    "INSERT INTO skein_migrations (feature, number, checksum, applied_at)
     VALUES ($1, $2, $3, $4) ON CONFLICT (feature, number) DO NOTHING",
);
/// Nodes that start together may collide on the first table; the loser looks again.
const CREATE_ATTEMPTS: u32 = 3;

/// Brings the schema to where `migrations` says, each in a transaction of its own.
pub(crate) fn apply(
    tx: &mut Tx<'_>,
    migrations: &[Migration],
    clock: &dyn Clock,
) -> Result<(), OpenError> {
    check_sequence(migrations)?;
    create_table(tx).map_err(engine)?;
    'look: loop {
        let applied = load_applied(tx).map_err(engine)?;
        check_applied(&applied, migrations)?;
        for migration in migrations {
            let key = (migration.feature.to_owned(), i64::from(migration.number));
            if applied.contains_key(&key) {
                continue;
            }
            if !apply_one(tx, migration, clock).map_err(engine)? {
                continue 'look;
            }
            tracing::info!(feature = migration.feature, number = migration.number, "db.migrated");
        }
        return Ok(());
    }
}

fn engine(error: DbError) -> OpenError {
    OpenError::Engine(Fault::from(error))
}

fn check_sequence(migrations: &[Migration]) -> Result<(), OpenError> {
    let mut last: HashMap<&str, u32> = HashMap::new();
    for &Migration { feature, number, .. } in migrations {
        let before = last.entry(feature).or_default();
        if number != *before + 1 {
            return Err(OpenError::Sequence { feature, number });
        }
        *before = number;
    }
    Ok(())
}

type Applied = HashMap<(String, i64), Vec<u8>>;

fn check_applied(applied: &Applied, migrations: &[Migration]) -> Result<(), OpenError> {
    for ((feature, number), stored) in applied {
        let known = migrations
            .iter()
            .find(|known| known.feature == feature && i64::from(known.number) == *number);
        match known {
            None => {
                return Err(OpenError::Newer { feature: feature.clone(), number: *number });
            }
            Some(known) if checksum(known) != stored[..] => {
                let (feature, number) = (feature.clone(), known.number);
                return Err(OpenError::Changed { feature, number });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn checksum(migration: &Migration) -> [u8; 32] {
    Sha256::digest(migration.sql.as_bytes()).into()
}

fn create_table(tx: &mut Tx<'_>) -> Result<(), DbError> {
    let mut attempt = 1;
    loop {
        let created = in_transaction(tx, |tx| {
            let text = portable(CREATE, tx.is_postgres());
            tx.script("creating the table of migrations", &text)
        });
        match created {
            Err(_) if attempt < CREATE_ATTEMPTS => attempt += 1,
            other => return other,
        }
    }
}

fn load_applied(tx: &mut Tx<'_>) -> Result<Applied, DbError> {
    in_transaction(tx, |tx| {
        let mut applied = Applied::new();
        tx.each(&APPLIED, &[], |row| {
            applied.insert((row.text(0)?.to_owned(), row.int(1)?), row.blob(2)?.to_vec());
            Ok(())
        })?;
        Ok(applied)
    })
}

/// Returns whether it was this call that applied it.
fn apply_one(tx: &mut Tx<'_>, migration: &Migration, clock: &dyn Clock) -> Result<bool, DbError> {
    in_transaction(tx, |tx| {
        if tx.is_postgres() {
            tx.script("lifting the deadline", "SET LOCAL statement_timeout = 0")?;
        }
        let claim = [
            Value::from(migration.feature),
            Value::from(migration.number),
            Value::from(checksum(migration)),
            Value::from(clock.now()),
        ];
        if tx.exec(&CLAIM, &claim)? == 0 {
            return Ok(false);
        }
        tx.script(migration.feature, &portable(migration.sql, tx.is_postgres()))?;
        Ok(true)
    })
}

pub(crate) fn in_transaction<T>(
    tx: &mut Tx<'_>,
    body: impl FnOnce(&mut Tx<'_>) -> Result<T, DbError>,
) -> Result<T, DbError> {
    tx.begin_write()?;
    let outcome = body(tx).and_then(|value| tx.commit().map(|()| value));
    if outcome.is_err() {
        tx.rollback();
    }
    outcome
}

/// The text of a migration for one engine.
fn portable(text: &str, postgres: bool) -> String {
    let other = if postgres { "-- only sqlite" } else { "-- only postgres" };
    let mut skipping = false;
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        let marker = line.trim();
        if marker.starts_with("-- only ") || marker == "-- both" {
            skipping = marker == other;
        } else if !skipping {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    if postgres { in_postgres_words(&kept) } else { kept }
}

/// `BLOB` to `BYTEA`, `WITHOUT ROWID` to nothing; quotes and comments are left alone.
fn in_postgres_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        rest = after;
        if piece.eq_ignore_ascii_case("BLOB") {
            out.push_str("BYTEA");
        } else if let Some(after) = without_rowid(piece, after) {
            rest = after;
        } else {
            out.push_str(piece);
        }
    }
    out
}

fn without_rowid<'t>(piece: &str, after: &'t str) -> Option<&'t str> {
    let (word, rest) = after.trim_start().split_at_checked("ROWID".len())?;
    let both = piece.eq_ignore_ascii_case("WITHOUT") && word.eq_ignore_ascii_case("ROWID");
    both.then_some(rest)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ddl_is_translated_outside_quotes_and_comments() {
        let text = "CREATE TABLE t (id BLOB PRIMARY KEY, blob_size BIGINT DEFAULT 1, kind TEXT CHECK (kind <> 'a BLOB')) WITHOUT\n ROWID; -- a BLOB\n";
        assert_eq!(
            portable(text, true),
            "CREATE TABLE t (id BYTEA PRIMARY KEY, blob_size BIGINT DEFAULT 1, kind TEXT CHECK (kind <> 'a BLOB')) ; -- a BLOB\n"
        );
        assert_eq!(portable(text, false), text);
    }

    #[test]
    fn sections_belong_to_one_engine() {
        let text = "a\n-- only sqlite\nb\n-- only postgres\nc\n-- both\nd\n";
        assert_eq!(portable(text, false), "a\nb\nd\n");
        assert_eq!(portable(text, true), "a\nc\nd\n");
    }

    #[test]
    fn sequences_have_no_gaps() {
        let step = |feature, number| Migration { feature, number, sql: "" };
        assert!(check_sequence(&[step("a", 1), step("b", 1), step("a", 2)]).is_ok());
        assert!(check_sequence(&[step("a", 2)]).is_err());
        assert!(check_sequence(&[step("a", 1), step("a", 1)]).is_err());
        assert!(check_sequence(&[step("a", 1), step("a", 3)]).is_err());
    }
}
