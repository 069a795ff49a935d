//! One SQL text on two engines: SQLite in the data folder, PostgreSQL by URL.
//!
//! Floor 1. Features hand in statements ([`Sql`]) and migrations
//! ([`Migration`]); they read through [`Db::read`] and write through a [`Job`]
//! or [`Db::write`].
//!
//! The way of a write: [`Db::submit`] puts a job into a bounded queue; the one
//! writer thread takes all that wait, runs them in one transaction, commits
//! with one flush to the disk, and only then tells each job, in order, that it
//! is done. So whatever `done(Ok)` sends out is durable.
//!
//! The way of a read: a closure runs on one of a few reader threads, in a
//! transaction that sees one snapshot.
//!
//! Invariants: one writer in a process; `done` is called exactly once for each
//! job, in order of submission, never before the commit is durable; after an
//! I/O error of the disk the writer acknowledges nothing any more, because a
//! flush that failed once may lie when repeated; on PostgreSQL one server at a time
//! writes, see [`Owner`].
//!
//! Absent on purpose: an ORM, floating point, booleans, `now()`, LISTEN/NOTIFY,
//! advisory locks.

mod backup;
mod checkpoint;
mod db;
mod error;
mod lease;
mod metrics;
mod migrate;
mod postgres;
mod readers;
mod row;
mod sql;
mod sqlite;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod tx;
mod url;
mod value;
mod writer;

pub use backup::restore;
pub use db::Db;
pub use error::{Constraint, ConstraintKind, DbError, OpenError};
pub use lease::Owner;
pub use metrics::{COMMIT_BUCKETS, Metrics};
pub use migrate::Migration;
pub use row::{Row, RowRef};
pub use sql::Sql;
pub use tx::{Shape, StatementFault, Tx};
pub use value::Value;
pub use writer::{Around, Job};
