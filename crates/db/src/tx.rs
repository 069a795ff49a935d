//! A transaction.
use std::marker::PhantomData;
use crate::{DbError, Row, RowRef, Sql, Value};

/// An open transaction.
pub struct Tx<'c> {
    engine: PhantomData<&'c ()>,
}

/// What the engine makes of a statement.
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
    /// Runs a statement that gives no rows and returns how many rows it changed.
    pub fn exec(&mut self, sql: &'static Sql, params: &[Value]) -> Result<u64, DbError> { todo!() }
    /// Like `exec` when nobody wants the count: on PostgreSQL pipelined.
    pub fn run(&mut self, sql: &'static Sql, params: &[Value]) -> Result<(), DbError> { todo!() }
    /// All rows (at most 10,000, else a fault).
    pub fn query(&mut self, sql: &'static Sql, params: &[Value]) -> Result<Vec<Row>, DbError> { todo!() }
    /// The first row.
    pub fn query_one(&mut self, sql: &'static Sql, params: &[Value]) -> Result<Option<Row>, DbError> { todo!() }
    /// Each row in place.
    pub fn each(&mut self, sql: &'static Sql, params: &[Value], row: impl FnMut(&RowRef<'_>) -> Result<(), DbError>) -> Result<(), DbError> { todo!() }
}
