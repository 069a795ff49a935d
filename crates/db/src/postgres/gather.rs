//! Rows of the same kind, inserted together: PostgreSQL spends more on a statement than on
//! the row that it inserts.

use std::sync::Arc;

use super::{Link, Postgres, Runtime};
use crate::sql::Sql;
use crate::tx::Broken;
use crate::value::Value;

/// Rows inserted by one statement at most.
const ROWS: usize = 1_000;

/// Rows that wait, for each statement by columns.
#[derive(Default)]
pub(super) struct Gathered(Vec<(&'static Sql, Vec<Vec<Value>>)>);

impl Gathered {
    /// Whether rows wait for the tables that `sql` is about: tables are their feature's own.
    fn concerns(&self, sql: &Sql) -> bool {
        let feature = |sql: &Sql| sql.name().split('.').next();
        self.0.iter().any(|(waiting, _)| feature(waiting) == feature(sql))
    }

    /// Adds a row; says whether it is time to insert.
    fn add(&mut self, sql: &'static Sql, params: &[Value]) -> Result<bool, Broken> {
        let at = self.0.iter().position(|(known, _)| std::ptr::eq(*known, sql));
        let at = at.unwrap_or_else(|| {
            self.0.push((sql, vec![Vec::new(); params.len()]));
            self.0.len() - 1
        });
        let columns = &mut self.0[at].1;
        if columns.len() != params.len() {
            return Err(Broken::parameters(sql, columns.len(), params.len()));
        }
        columns.iter_mut().zip(params).for_each(|(column, value)| column.push(value.clone()));
        Ok(columns.first().is_some_and(|column| column.len() >= ROWS))
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Postgres {
    /// As [`Postgres::run`], for a statement whose rows are gathered.
    pub(super) fn gather(&mut self, sql: &'static Sql, params: &[Value]) -> Result<(), Broken> {
        if self.gathered.add(sql, params)? { self.insert() } else { Ok(()) }
    }

    /// Inserts what waits, if `sql` may have to do with it.
    pub(super) fn insert_before(&mut self, sql: &Sql) -> Result<(), Broken> {
        if self.gathered.concerns(sql) { self.insert() } else { Ok(()) }
    }

    /// Inserts what waits.
    pub(super) fn insert(&mut self) -> Result<(), Broken> {
        let gathered = std::mem::take(&mut self.gathered);
        for (sql, columns) in gathered.0 {
            let (link, runtime) = self.parts()?;
            link.insert(runtime, sql, columns)?;
        }
        Ok(())
    }
}

impl Link {
    fn insert(
        &mut self,
        runtime: &Runtime,
        sql: &'static Sql,
        columns: Vec<Vec<Value>>,
    ) -> Result<(), Broken> {
        let statement = self.prepared(runtime, sql, Some(columns.len()))?;
        let client = Arc::clone(&self.client);
        self.send(sql.name(), async move { client.execute_raw(&statement, columns).await })
    }
}
