//! The database.
use std::path::Path;
use std::sync::Arc;
use skein_base::{Clock, Fault};
use crate::{DbError, Job, Metrics, Migration, OpenError, Shape, Sql, StatementFault, Tx};

/// A handle; clones share the same engine.
#[derive(Clone)]
pub struct Db { inner: Arc<()> }

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…` and applies what is missing of `migrations`.
    pub async fn open(url: &str, migrations: &[Migration], clock: Arc<dyn Clock>) -> Result<Self, OpenError> { todo!() }
    /// Runs `read` in a read transaction on a reader thread.
    pub async fn read<T, F>(&self, read: F) -> Result<T, DbError>
    where T: Send + 'static, F: FnOnce(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static { todo!() }
    /// Runs `write` in the next batch, returns when it is durable.
    pub async fn write<T, F>(&self, write: F) -> Result<T, DbError>
    where T: Send + 'static, F: FnMut(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static { todo!() }
    /// Queues a job, waiting while the queue is full.
    pub async fn submit(&self, job: Box<dyn Job>) { todo!() }
    /// Queues a job, or gives it back when the queue is full.
    pub fn try_submit(&self, job: Box<dyn Job>) -> Result<(), Box<dyn Job>> { todo!() }
    /// Prepares each statement and says what it is.
    pub async fn prepare_all(&self, statements: &[&'static Sql]) -> Result<Vec<Shape>, Vec<StatementFault>> { todo!() }
    /// Writes a consistent copy into `dir` while the server runs.
    pub async fn backup(&self, dir: &Path) -> Result<(), Fault> { todo!() }
    /// Whether the writer has stopped for good after an I/O error.
    pub fn has_failed(&self) -> bool { todo!() }
    /// The counters.
    pub fn metrics(&self) -> Metrics { todo!() }
    /// Commits what is queued, ends the threads.
    pub async fn close(&self) { todo!() }
}
