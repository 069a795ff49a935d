//! Moving SQLite's write-ahead log into the main file, beside the writer.
//!
//! SQLite would do it inside the commit that fills the log. Here a thread with
//! a connection of its own copies while the writer appends. The log can only
//! start over when all of it is copied and nobody reads it; if the writer never
//! pauses that moment does not come by itself, so when the thread is through the
//! writer copies the little that came meanwhile, between two batches.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rusqlite::Connection;

use crate::sqlite;

/// Pages (of 4 KiB) between two runs of the thread: 64 MiB. Its flush of the main
/// file is what the slowest commits wait for, and pages that are written often are
/// copied once. More would only lengthen recovery.
const BESIDE_PAGES: u32 = 16_384;
/// Pages from which on the writer itself makes the log start over though the
/// thread is not through: 256 MiB (doing all of it here halves the rate).
const BETWEEN_PAGES: u32 = 4 * BESIDE_PAGES;

/// The writer's view.
pub(crate) struct Checkpoints<'c> {
    conn: &'c Connection,
    path: PathBuf,
    /// Pages in the log after the last commit.
    wal_pages: Arc<AtomicU32>,
    next_beside: u32,
    next_between: u32,
    beside: Option<SyncSender<()>>,
    /// The thread is through.
    copied: Arc<AtomicBool>,
}

impl<'c> Checkpoints<'c> {
    pub(crate) fn new(conn: &'c Connection, path: &Path, wal_pages: Arc<AtomicU32>) -> Self {
        Self {
            conn,
            path: path.to_owned(),
            wal_pages,
            next_beside: BESIDE_PAGES,
            next_between: BETWEEN_PAGES,
            beside: None,
            copied: Arc::default(),
        }
    }

    /// Called by the writer after each batch; almost always two comparisons.
    pub(crate) fn after_commit(&mut self) {
        let pages = self.wal_pages.load(Ordering::Relaxed);
        if pages.saturating_add(BESIDE_PAGES) < self.next_beside {
            // The log has started over.
            self.next_beside = BESIDE_PAGES;
            self.next_between = BETWEEN_PAGES;
        }
        if self.copied.load(Ordering::Relaxed) && self.copied.swap(false, Ordering::Relaxed) {
            checkpoint(self.conn);
        } else if pages >= self.next_between {
            // A reader may hold the log (a backup): look again later, never wait.
            self.next_between = pages.saturating_add(BESIDE_PAGES);
            checkpoint(self.conn);
        } else if pages >= self.next_beside {
            self.next_beside = pages.saturating_add(BESIDE_PAGES);
            self.signal();
        }
    }

    fn signal(&mut self) {
        let beside = match &self.beside {
            Some(beside) => beside,
            None => {
                let (sender, signals) = sync_channel(1);
                let (path, copied) = (self.path.clone(), Arc::clone(&self.copied));
                let spawned = thread::Builder::new()
                    .name("skein-db-checkpoint".into())
                    .spawn(move || run(&path, &signals, &copied));
                if let Err(error) = spawned {
                    tracing::warn!(%error, "db.checkpoint.thread");
                }
                self.beside.insert(sender)
            }
        };
        // Full: one is waiting already. Ended: the writer does it between batches.
        let _ = beside.try_send(());
    }
}

fn run(path: &Path, signals: &Receiver<()>, copied: &AtomicBool) {
    match sqlite::open_reader(path) {
        Ok(conn) => signals.iter().for_each(|()| {
            checkpoint(&conn);
            copied.store(true, Ordering::Relaxed);
        }),
        Err(error) => tracing::error!(%error, "db.checkpoint.open"),
    }
}

/// Copies what can be copied without waiting for anybody. A failure is not
/// the end: the log keeps everything, and a disk that fails will fail a commit.
fn checkpoint(conn: &Connection) {
    let copied = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = copied {
        tracing::error!(%error, "db.checkpoint.failed");
    }
}
