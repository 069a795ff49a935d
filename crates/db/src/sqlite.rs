//! SQLite: connections, statements, what its errors mean.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{Null, ValueRef as Column};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, ffi};
use skein_base::Fault;

use crate::error::{Constraint, ConstraintKind, DbError};
use crate::row::{RowRef, Source};
use crate::sql::{Sql, numbered_for_sqlite};
use crate::tx::{Broken, Severity, Shape};
use crate::value::{Value, ValueRef};

/// How long a statement waits for a lock that another process holds (a shell
/// an operator left open); within this process nobody waits for a lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Page cache of the writer, in KiB, taken as needed: the inner pages of the
/// indexes that inserts go through. The kernel caches the rest.
const WRITER_CACHE_KIB: i64 = 8 * 1024;
/// Page cache of a reader, in KiB: the inner pages of the archive's index.
const READER_CACHE_KIB: i64 = 2 * 1024;
/// Bytes of the write-ahead log that stay allocated when it starts over: what it
/// reaches under load, as each truncation costs some milliseconds inside a commit.
const WAL_KEEP_BYTES: i64 = 128 * 1024 * 1024;
/// A bound parameter longer than this is not kept by the idle statement.
const KEEP_BOUND_BYTES: usize = 16 * 1024;

/// Opens the connection that writes, creating the file readable by its owner
/// only, and reports the pages in the write-ahead log to `wal_pages` after each commit.
///
/// `synchronous=FULL` flushes the log at every commit: `NORMAL` may lose the
/// last ones when the power goes. Checkpoints are not automatic, because
/// SQLite would run them inside the commit (see `checkpoint`).
pub(crate) fn open_writer(path: &Path, wal_pages: &Arc<AtomicU32>) -> Result<Connection, Fault> {
    create_private(path).map_err(|error| Fault::because("creating the database file", error))?;
    let opened = || -> rusqlite::Result<Connection> {
        let mut conn = open(path, WRITER_CACHE_KIB)?;
        let mode: String =
            conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0))?;
        if mode != "wal" {
            tracing::error!(mode, "db.wal.unavailable");
            return Err(rusqlite::Error::InvalidQuery);
        }
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "journal_size_limit", WAL_KEEP_BYTES)?;
        // What was removed is overwritten in pages that are written anyhow.
        conn.pragma_update(None, "secure_delete", "FAST")?;
        let wal_pages = Arc::clone(wal_pages);
        conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            wal_pages.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(conn)
    };
    opened().map_err(|error| Fault::because("opening the database for writing", error))
}

/// Opens a connection that can only read.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, Fault> {
    let opened = || -> rusqlite::Result<Connection> {
        let conn = open(path, READER_CACHE_KIB)?;
        conn.pragma_update(None, "query_only", true)?;
        conn.pragma_update(None, "wal_autocheckpoint", 0)?;
        Ok(conn)
    };
    opened().map_err(|error| Fault::because("opening the database for reading", error))
}

/// Memory mapping stays off: an I/O error under it kills the process instead of
/// failing a statement. Foreign keys are enforced because PostgreSQL does too,
/// and cost nothing where none is declared. Double-quoted strings are off for
/// the same reason: they are not portable.
fn open(path: &Path, cache_kib: i64) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.pragma_update(None, "mmap_size", 0)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "cache_size", -cache_kib)?;
    Ok(conn)
}

/// The write-ahead log takes its permissions from the main file.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// A connection with its prepared statements.
pub(crate) struct Sqlite<'c> {
    conn: &'c Connection,
    /// Keyed by the address of the text, which is a constant of the program:
    /// bounded by the number of statements in it.
    statements: HashMap<(usize, usize), Statement<'c>>,
}

impl<'c> Sqlite<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Self {
        Self { conn, statements: HashMap::new() }
    }

    pub(crate) fn exec(&mut self, sql: &'static Sql, params: &[Value]) -> Result<u64, Broken> {
        let statement = self.bound(sql, params)?;
        let changed = statement.raw_execute();
        if params.iter().any(is_large) {
            statement.clear_bindings();
        }
        match changed {
            Ok(changed) => Ok(changed as u64),
            Err(error) => Err(broken(sql.name(), &error)),
        }
    }

    pub(crate) fn each(
        &mut self,
        sql: &'static Sql,
        params: &[Value],
        mut show: impl FnMut(&RowRef<'_>) -> Result<(), DbError>,
    ) -> Result<(), Broken> {
        let mut rows = self.bound(sql, params)?.raw_query();
        loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let row = RowRef { statement: sql.name(), source: Source::Sqlite(row) };
                    show(&row).map_err(Broken::by_caller)?;
                }
                Ok(None) => return Ok(()),
                Err(error) => return Err(broken(sql.name(), &error)),
            }
        }
    }

    /// Gives back the memory of the statements, which are prepared again when they are used,
    /// and of the page cache. Where it fails nothing is lost.
    pub(crate) fn give_back(&mut self) {
        self.statements = HashMap::new();
        if let Err(error) = self.conn.execute_batch("PRAGMA shrink_memory") {
            tracing::debug!(%error, "db.memory.kept");
        }
    }

    /// Several statements without parameters: a migration.
    pub(crate) fn script(&mut self, doing: &'static str, text: &str) -> Result<(), Broken> {
        self.conn.execute_batch(text).map_err(|error| broken(doing, &error))
    }

    /// Whether a transaction is still open: SQLite ends it by itself on some errors.
    pub(crate) fn is_in_transaction(&self) -> bool {
        !self.conn.is_autocommit()
    }

    pub(crate) fn shape(&mut self, sql: &'static Sql) -> Result<Shape, Broken> {
        let statement = self.prepared(sql)?;
        Ok(Shape {
            name: sql.name(),
            parameters: statement.parameter_count(),
            columns: statement.column_count(),
        })
    }

    fn prepared(&mut self, sql: &'static Sql) -> Result<&mut Statement<'c>, Broken> {
        let text = sql.sqlite();
        let key = (text.as_ptr() as usize, text.len());
        if !self.statements.contains_key(&key) {
            let statement = self
                .conn
                .prepare(&numbered_for_sqlite(text))
                .map_err(|error| broken(sql.name(), &error))?;
            self.statements.insert(key, statement);
        }
        self.statements
            .get_mut(&key)
            .ok_or_else(|| Broken::statement(Fault::new("a statement left the cache")))
    }

    fn bound(&mut self, sql: &'static Sql, params: &[Value]) -> Result<&mut Statement<'c>, Broken> {
        let statement = self.prepared(sql)?;
        if statement.parameter_count() != params.len() {
            return Err(Broken::parameters(sql, statement.parameter_count(), params.len()));
        }
        for (index, value) in params.iter().enumerate() {
            let at = index + 1;
            match value {
                Value::Null => statement.raw_bind_parameter(at, Null),
                Value::Int(int) => statement.raw_bind_parameter(at, int),
                Value::Text(text) => statement.raw_bind_parameter(at, &**text),
                Value::Blob(blob) => statement.raw_bind_parameter(at, &**blob),
            }
            .map_err(|error| broken(sql.name(), &error))?;
        }
        Ok(statement)
    }
}

fn is_large(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.len() > KEEP_BOUND_BYTES,
        Value::Blob(blob) => blob.len() > KEEP_BOUND_BYTES,
        Value::Null | Value::Int(_) => false,
    }
}

/// The column of a row, in place.
pub(crate) fn column<'a>(row: &'a rusqlite::Row<'a>, column: usize) -> ValueRef<'a> {
    match row.get_ref(column) {
        Ok(Column::Null) => ValueRef::Null,
        Ok(Column::Integer(int)) => ValueRef::Int(int),
        Ok(Column::Text(text)) => {
            std::str::from_utf8(text).map_or(ValueRef::Foreign("not UTF-8"), ValueRef::Text)
        }
        Ok(Column::Blob(blob)) => ValueRef::Blob(blob),
        Ok(Column::Real(_)) => ValueRef::Foreign("floating point"),
        Err(_) => ValueRef::Foreign("missing"),
    }
}

/// Sorts an error by what the writer must do about it.
fn broken(statement: &'static str, error: &rusqlite::Error) -> Broken {
    let code = error.sqlite_error();
    if let Some(kind) = code.and_then(|code| constraint(code.extended_code)) {
        return Broken {
            error: DbError::Constraint(Constraint { statement, kind }),
            severity: Severity::Statement,
        };
    }
    let severity = match code.map(|code| code.code) {
        Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Severity::Io
        }
        Some(ErrorCode::DiskFull) => Severity::Full,
        _ => Severity::Statement,
    };
    Broken { error: DbError::Fault(Fault::because(statement, error.to_string())), severity }
}

fn constraint(extended_code: i32) -> Option<ConstraintKind> {
    match extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => Some(ConstraintKind::Unique),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Some(ConstraintKind::ForeignKey),
        ffi::SQLITE_CONSTRAINT_NOTNULL => Some(ConstraintKind::NotNull),
        ffi::SQLITE_CONSTRAINT_CHECK => Some(ConstraintKind::Check),
        _ => None,
    }
}
