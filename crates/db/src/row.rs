//! Reading columns.

use bytes::Bytes;
use skein_base::Fault;

use crate::error::DbError;
use crate::value::{Value, ValueRef};

/// A row that was fetched: what [`Tx::query`](crate::Tx::query) returns.
#[derive(Debug)]
pub struct Row {
    statement: &'static str,
    values: Box<[Value]>,
}

/// A row where the engine keeps it: what [`Tx::each`](crate::Tx::each) shows.
/// Nothing is copied until the caller does.
pub struct RowRef<'a> {
    pub(crate) statement: &'static str,
    pub(crate) source: Source<'a>,
}

pub(crate) enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

#[derive(Debug, thiserror::Error)]
#[error("column {column} should be {wanted}, is {found}")]
struct Mismatch {
    column: usize,
    wanted: &'static str,
    found: &'static str,
}

macro_rules! columns {
    () => {
        /// A number, in column `column` counted from 0. A fault if it is anything else.
        pub fn int(&self, column: usize) -> Result<i64, DbError> {
            match self.at(column) {
                ValueRef::Int(int) => Ok(int),
                other => Err(self.mismatch(column, "int", other)),
            }
        }

        /// A text. A fault if it is anything else.
        pub fn text(&self, column: usize) -> Result<&str, DbError> {
            match self.at(column) {
                ValueRef::Text(text) => Ok(text),
                other => Err(self.mismatch(column, "text", other)),
            }
        }

        /// A blob. A fault if it is anything else.
        pub fn blob(&self, column: usize) -> Result<&[u8], DbError> {
            match self.at(column) {
                ValueRef::Blob(blob) => Ok(blob),
                other => Err(self.mismatch(column, "blob", other)),
            }
        }

        /// A number or `NULL`.
        pub fn opt_int(&self, column: usize) -> Result<Option<i64>, DbError> {
            if self.at(column) == ValueRef::Null { Ok(None) } else { self.int(column).map(Some) }
        }

        /// A text or `NULL`.
        pub fn opt_text(&self, column: usize) -> Result<Option<&str>, DbError> {
            if self.at(column) == ValueRef::Null { Ok(None) } else { self.text(column).map(Some) }
        }

        /// A blob or `NULL`.
        pub fn opt_blob(&self, column: usize) -> Result<Option<&[u8]>, DbError> {
            if self.at(column) == ValueRef::Null { Ok(None) } else { self.blob(column).map(Some) }
        }

        fn mismatch(&self, column: usize, wanted: &'static str, found: ValueRef<'_>) -> DbError {
            let found = found.kind();
            DbError::Fault(Fault::because(self.statement, Mismatch { column, wanted, found }))
        }
    };
}

impl Row {
    columns!();

    /// The blob without a copy, to keep.
    pub fn bytes(&self, column: usize) -> Result<Bytes, DbError> {
        match self.values.get(column) {
            Some(Value::Blob(blob)) => Ok(blob.clone()),
            _ => Err(self.mismatch(column, "blob", self.at(column))),
        }
    }

    fn at(&self, column: usize) -> ValueRef<'_> {
        self.values.get(column).map_or(ValueRef::Foreign("missing"), Value::borrowed)
    }
}

impl<'a> RowRef<'a> {
    columns!();

    fn at(&self, column: usize) -> ValueRef<'a> {
        match self.source {
            Source::Sqlite(row) => crate::sqlite::column(row, column),
            Source::Postgres(row) => crate::postgres::column(row, column),
        }
    }

    /// The row as owned values, for [`Row`].
    pub(crate) fn to_row(&self) -> Result<Row, DbError> {
        let columns = match self.source {
            Source::Sqlite(row) => row.as_ref().column_count(),
            Source::Postgres(row) => row.len(),
        };
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(match self.at(column) {
                ValueRef::Null => Value::Null,
                ValueRef::Int(int) => Value::Int(int),
                ValueRef::Text(text) => Value::from(text),
                ValueRef::Blob(blob) => Value::from(blob),
                other => return Err(self.mismatch(column, "int, text or blob", other)),
            });
        }
        Ok(Row { statement: self.statement, values: values.into() })
    }
}
