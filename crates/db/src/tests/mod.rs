//! The layer on both engines.

mod backups;
mod commits;
mod leases;
mod migrations;
mod statements;
mod writing;

use crate::{Migration, Sql, Value};

pub(crate) const NOTES: Migration = Migration {
    feature: "notes",
    number: 1,
    sql: "CREATE TABLE notes_note (
              id BIGINT PRIMARY KEY, body TEXT NOT NULL, data BLOB, at BIGINT,
              CHECK (id >= 0)
          );
          CREATE TABLE notes_tag (
              note BIGINT NOT NULL REFERENCES notes_note (id), tag TEXT NOT NULL,
              PRIMARY KEY (note, tag)
          ) WITHOUT ROWID;",
};

pub(crate) const INSERT: Sql =
    Sql::new("notes.INSERT", "INSERT INTO notes_note (id, body, data, at) VALUES ($1, $2, $3, $4)");
pub(crate) const INSERT_TAG: Sql =
    Sql::new("notes.INSERT_TAG", "INSERT INTO notes_tag (note, tag) VALUES ($1, $2)");
pub(crate) const SELECT: Sql =
    Sql::new("notes.SELECT", "SELECT id, body, data, at FROM notes_note WHERE id = $1");
pub(crate) const COUNT: Sql =
    Sql::new("notes.COUNT", "SELECT CAST(COUNT(*) AS BIGINT) FROM notes_note");

pub(crate) fn note(id: i64) -> [Value; 4] {
    [Value::from(id), Value::from("body"), Value::Null, Value::Null]
}

pub(crate) async fn count(db: &crate::Db) -> i64 {
    let rows = db.read(|tx| tx.query(&COUNT, &[])).await.expect("a count");
    rows[0].int(0).expect("a number")
}
