//! What can go wrong with a statement, and with opening a database.

use std::error::Error;
use std::fmt;

use skein_base::Fault;

/// Why a statement, a read or a write failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The data forbids it: an answer that the caller may expect.
    #[error(transparent)]
    Constraint(#[from] Constraint),
    /// The database, the connection or the program is at fault.
    #[error("{0}")]
    Fault(Fault),
}

impl From<Fault> for DbError {
    /// Recovers the constraint if that is what the fault was made from: the
    /// outcome of a [`Job`](crate::Job) travels as a fault.
    fn from(fault: Fault) -> Self {
        let constraint = fault.source().and_then(|source| source.downcast_ref::<Constraint>());
        match constraint {
            Some(constraint) => Self::Constraint(*constraint),
            None => Self::Fault(fault),
        }
    }
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Constraint(constraint) => Self::because(constraint.statement, constraint),
            DbError::Fault(fault) => fault,
        }
    }
}

/// A row that the schema does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Constraint {
    /// The name of the statement.
    pub statement: &'static str,
    /// Which rule it broke.
    pub kind: ConstraintKind,
}

/// The rules that a schema can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    /// A primary key or unique index holds that key already.
    Unique,
    /// The row referred to does not exist, or is still referred to.
    ForeignKey,
    /// A column that must have a value got none.
    NotNull,
    /// A `CHECK` of the table says no.
    Check,
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = match self.kind {
            ConstraintKind::Unique => "unique",
            ConstraintKind::ForeignKey => "foreign key",
            ConstraintKind::NotNull => "not null",
            ConstraintKind::Check => "check",
        };
        write!(f, "{}: {rule} constraint", self.statement)
    }
}

impl Error for Constraint {}

/// Why a database could not be opened. The server refuses to start on each of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Neither `sqlite:PATH` nor `postgres://…`.
    #[error("the database URL must be sqlite:PATH or postgres://…")]
    Url,
    /// The engine says no: no such folder, no permission, wrong password, no server.
    #[error("{0}")]
    Engine(Fault),
    /// Another server uses the database.
    #[error(
        "another server uses this database: process {process} on {host}. Stop that one first, or give \
         this one a database of its own. If that machine is gone, try again in {seconds} seconds"
    )]
    Taken {
        /// The other server's machine.
        host: String,
        /// Its process there.
        process: i64,
        /// After how long it counts as gone, if it does not say until then that it is not.
        seconds: i64,
    },
    /// The program's own list of migrations has a gap, a double, or is out of order.
    #[error("migrations of {feature} must be numbered 1, 2, 3, …; found {number}")]
    Sequence {
        /// The feature.
        feature: &'static str,
        /// The number that should not stand there.
        number: u32,
    },
    /// A migration was edited after it had been applied.
    #[error(
        "migration {feature} {number} was applied with another text; restore the released text"
    )]
    Changed {
        /// The feature.
        feature: String,
        /// The migration.
        number: u32,
    },
    /// The database was written by a newer release.
    #[error(
        "the database has migration {feature} {number}, which this release does not know; run the newer release"
    )]
    Newer {
        /// The feature.
        feature: String,
        /// The migration.
        number: i64,
    },
}
