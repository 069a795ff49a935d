//! Which engine, and where.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use skein_base::Fault;

use crate::checkpoint::Checkpoints;
use crate::error::OpenError;
use crate::postgres::{Place, Postgres};
use crate::sqlite;
use crate::tx::Tx;

/// Reader threads on SQLite: as many as the cores of the smallest machine that
/// we promise figures for; each costs a connection with its cache.
const SQLITE_READERS: usize = 2;
/// Reader threads on PostgreSQL, which mostly wait for the network.
const POSTGRES_READERS: usize = 8;

/// A parsed URL of a database.
#[derive(Clone)]
pub(crate) enum Target {
    Sqlite(PathBuf),
    Postgres(Box<Place>),
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Self, OpenError> {
        if let Some(path) = url.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(OpenError::Url);
        }
        Ok(Self::Postgres(Box::new(Place::parse(url)?)))
    }

    pub(crate) const fn readers(&self) -> usize {
        match self {
            Self::Sqlite(_) => SQLITE_READERS,
            Self::Postgres(_) => POSTGRES_READERS,
        }
    }

    /// Opens a connection for reading and lends it; the statements it prepares
    /// live as long as the connection does, which is why it stays in this call.
    pub(crate) fn with_reader<T>(&self, body: impl FnOnce(&mut Tx<'_>) -> T) -> Result<T, Fault> {
        match self {
            Self::Sqlite(path) => {
                let conn = sqlite::open_reader(path)?;
                Ok(body(&mut Tx::on_sqlite(&conn)))
            }
            Self::Postgres(place) => Ok(body(&mut Tx::on_postgres(Postgres::new(*place.clone())?))),
        }
    }

    /// The same for the one connection that writes, with what keeps its log short.
    pub(crate) fn with_writer<T>(
        &self,
        body: impl for<'w, 'c> FnOnce(&'w mut Tx<'c>, Option<Checkpoints<'c>>) -> T,
    ) -> Result<T, Fault> {
        match self {
            Self::Sqlite(path) => {
                let wal_pages = Arc::new(AtomicU32::new(0));
                let conn = sqlite::open_writer(path, &wal_pages)?;
                let checkpoints = Checkpoints::new(&conn, Path::new(path), wal_pages);
                Ok(body(&mut Tx::on_sqlite(&conn), Some(checkpoints)))
            }
            Self::Postgres(place) => {
                Ok(body(&mut Tx::on_postgres(Postgres::new(*place.clone())?), None))
            }
        }
    }
}
