//! Moving SQLite's write-ahead log into the main file, beside the writer.
//!
//! SQLite would do it inside the commit that fills the log. Here a thread with
//! a connection of its own copies while the writer appends. The log can only
//! start over when all of it is copied and nobody reads it; if the writer never
//! pauses that moment does not come by itself, so from a certain size on the
//! writer copies the little that is left between two batches.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rusqlite::Connection;

use crate::sqlite;

/// Pages (of 4 KiB) between two runs of the thread: 16 MiB. Measured with 256
/// tasks: at 4 MiB its flushes of the main file cost the writer a third of its
/// rate, at 16 MiB nothing that shows. More would only lengthen recovery.
const BESIDE_PAGES: u32 = 4_096;
/// Pages from which on the writer itself makes the log start over: 64 MiB. More
/// means longer recovery and a larger file, less means more pauses of the writer
/// (doing all of it here halves the rate).
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
        if pages >= self.next_between {
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
                let path = self.path.clone();
                let spawned = thread::Builder::new()
                    .name("skein-db-checkpoint".into())
                    .spawn(move || run(&path, &signals));
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

fn run(path: &Path, signals: &Receiver<()>) {
    match sqlite::open_reader(path) {
        Ok(conn) => signals.iter().for_each(|()| checkpoint(&conn)),
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
