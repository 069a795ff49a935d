//! A transaction, the same on both engines.

use skein_base::Fault;

use crate::error::DbError;
use crate::postgres::Postgres;
use crate::row::{Row, RowRef};
use crate::sql::Sql;
use crate::sqlite::Sqlite;
use crate::value::Value;

/// Rows that [`Tx::query`] returns at most; a statement without a `LIMIT` is a
/// fault before it is an outage. Larger results go through [`Tx::each`].
const QUERY_ROWS: usize = 10_000;

const BEGIN_READ: Sql = Sql::split(
    "db.BEGIN_READ",
    "BEGIN DEFERRED",
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
);
/// Immediate: the writer's lock is taken before the first statement, not in the middle.
const BEGIN_WRITE: Sql = Sql::split("db.BEGIN_WRITE", "BEGIN IMMEDIATE", "BEGIN");
const COMMIT: Sql = Sql::new("db.COMMIT", "COMMIT");
const ROLLBACK: Sql = Sql::new("db.ROLLBACK", "ROLLBACK");

/// An open transaction. A statement that fails spoils a writing one: it is
/// rolled back even if the caller goes on, as PostgreSQL would have it.
pub struct Tx<'c> {
    engine: Engine<'c>,
    /// The worst that happened since the transaction began.
    worst: Severity,
}

enum Engine<'c> {
    Sqlite(Sqlite<'c>),
    Postgres(Box<Postgres>),
}

/// What an error means for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// No error.
    None,
    /// This statement, so this job.
    Statement,
    /// The disk is full: nobody can write now, later perhaps.
    Full,
    /// The connection is gone: what was not committed is lost, and a commit in
    /// flight may or may not have happened.
    Lost,
    /// The disk failed: nothing may be acknowledged any more.
    Io,
    /// Another server has the database now.
    TakenOver,
}

/// A failed statement.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) error: DbError,
    pub(crate) severity: Severity,
}

impl Broken {
    pub(crate) fn statement(fault: Fault) -> Self {
        Self { error: DbError::Fault(fault), severity: Severity::Statement }
    }

    /// The engine did well; the closure that reads the rows did not.
    pub(crate) fn by_caller(error: DbError) -> Self {
        Self { error, severity: Severity::None }
    }

    pub(crate) fn parameters(sql: &'static Sql, takes: usize, given: usize) -> Self {
        let text = format!("takes {takes} parameters, given {given}");
        Self::statement(Fault::because(sql.name(), text))
    }
}

/// What an engine makes of a statement: the same on both, or the texts differ in meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The statement.
    pub name: &'static str,
    /// How many parameters it takes.
    pub parameters: usize,
    /// How many columns it gives.
    pub columns: usize,
}

/// A statement that an engine refuses.
#[derive(Debug)]
pub struct StatementFault {
    /// The statement.
    pub name: &'static str,
    /// What the engine says.
    pub reason: String,
}

impl<'c> Tx<'c> {
    /// Between two transactions: gives back memory that the connection can do without.
    pub(crate) fn give_back(&mut self) {
        if let Engine::Sqlite(sqlite) = &mut self.engine {
            sqlite.give_back();
        }
    }

    /// Runs a statement that gives no rows; returns how many rows it changed.
    pub fn exec(&mut self, sql: &'static Sql, params: &[Value]) -> Result<u64, DbError> {
        let outcome = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.exec(sql, params),
            Engine::Postgres(postgres) => postgres.exec(sql, params),
        };
        self.noting(outcome)
    }

    /// Runs a statement of which nobody wants the count. On PostgreSQL it is
    /// sent without waiting, and its error comes with a later call or the commit.
    pub fn run(&mut self, sql: &'static Sql, params: &[Value]) -> Result<(), DbError> {
        let outcome = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.exec(sql, params).map(drop),
            Engine::Postgres(postgres) => postgres.run(sql, params),
        };
        self.noting(outcome)
    }

    /// All rows; more than 10,000 are a fault.
    pub fn query(&mut self, sql: &'static Sql, params: &[Value]) -> Result<Vec<Row>, DbError> {
        let mut rows = Vec::new();
        self.each(sql, params, |row| {
            if rows.len() == QUERY_ROWS {
                return Err(Fault::because(sql.name(), "more rows than a query may give").into());
            }
            rows.push(row.to_row()?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The row, or `None`. More than one is a fault.
    pub fn query_one(
        &mut self,
        sql: &'static Sql,
        params: &[Value],
    ) -> Result<Option<Row>, DbError> {
        let mut found = None;
        self.each(sql, params, |row| match found {
            None => {
                found = Some(row.to_row()?);
                Ok(())
            }
            Some(_) => Err(Fault::because(sql.name(), "more than one row").into()),
        })?;
        Ok(found)
    }

    /// Shows each row in place, without copies; an error of `show` ends it.
    pub fn each(
        &mut self,
        sql: &'static Sql,
        params: &[Value],
        show: impl FnMut(&RowRef<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let outcome = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.each(sql, params, show),
            Engine::Postgres(postgres) => postgres.each(sql, params, show),
        };
        self.noting(outcome)
    }

    pub(crate) fn on_sqlite(conn: &'c rusqlite::Connection) -> Self {
        Self { engine: Engine::Sqlite(Sqlite::new(conn)), worst: Severity::None }
    }

    pub(crate) fn on_postgres(postgres: Postgres) -> Self {
        Self { engine: Engine::Postgres(Box::new(postgres)), worst: Severity::None }
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    pub(crate) fn begin_read(&mut self) -> Result<(), DbError> {
        self.begin(&BEGIN_READ)
    }

    pub(crate) fn begin_write(&mut self) -> Result<(), DbError> {
        self.begin(&BEGIN_WRITE)
    }

    /// From now on transactions that write begin only while the lease of `epoch` is ours.
    pub(crate) fn hold_lease(&mut self, epoch: i64) {
        if let Engine::Postgres(postgres) = &mut self.engine {
            postgres.hold_lease(epoch);
        }
    }

    fn begin(&mut self, sql: &'static Sql) -> Result<(), DbError> {
        self.worst = Severity::None;
        let outcome = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.exec(sql, &[]).map(drop),
            Engine::Postgres(postgres) => postgres.begin(sql.postgres()),
        };
        self.noting(outcome)
    }

    /// Commits. When it returns `Ok`, the transaction is on the disk.
    pub(crate) fn commit(&mut self) -> Result<(), DbError> {
        let outcome = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.exec(&COMMIT, &[]).map(drop),
            Engine::Postgres(postgres) => postgres.commit(),
        };
        self.noting(outcome)
    }

    pub(crate) fn rollback(&mut self) {
        match &mut self.engine {
            Engine::Sqlite(sqlite) => {
                if sqlite.is_in_transaction()
                    && let Err(broken) = sqlite.exec(&ROLLBACK, &[])
                {
                    tracing::error!(error = %broken.error, "db.rollback.failed");
                }
            }
            Engine::Postgres(postgres) => postgres.rollback(),
        }
    }

    /// Several statements without parameters: a migration.
    pub(crate) fn script(&mut self, doing: &'static str, text: &str) -> Result<(), DbError> {
        let outcome = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.script(doing, text),
            Engine::Postgres(postgres) => postgres.script(doing, text),
        };
        self.noting(outcome)
    }

    pub(crate) fn shape(&mut self, sql: &'static Sql) -> Result<Shape, StatementFault> {
        let shape = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.shape(sql),
            Engine::Postgres(postgres) => postgres.shape(sql),
        };
        shape
            .map_err(|broken| StatementFault { name: sql.name(), reason: broken.error.to_string() })
    }

    pub(crate) const fn worst(&self) -> Severity {
        self.worst
    }

    fn noting<T>(&mut self, outcome: Result<T, Broken>) -> Result<T, DbError> {
        outcome.map_err(|broken| {
            self.worst = self.worst.max(broken.severity);
            broken.error
        })
    }
}
