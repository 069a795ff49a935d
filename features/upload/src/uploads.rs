//! The feature's state: what is being uploaded, and bounds on work.

use std::collections::HashSet;

use parking_lot::Mutex;
use skein_kernel::Bell;
use skein_kernel::contracts::FileId;
use skein_objects::Hash;
use tokio::sync::{Mutex as Lock, MutexGuard, Semaphore, SemaphorePermit};

/// Pictures that are decoded at a time, each in up to 250 MB.
const PICTURES: usize = 2;
/// Locks on contents: enough that two uploads seldom share one.
const LOCKS: usize = 64;

/// See the module.
pub(crate) struct Uploads {
    under_way: Mutex<HashSet<FileId>>,
    pictures: Semaphore,
    contents: [Lock<()>; LOCKS],
    /// Rung for files that go at a time.
    pub(crate) bell: Bell,
}

/// An upload is under way until this is dropped.
pub(crate) struct Working<'a>(&'a Uploads, FileId);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.under_way.lock().remove(&self.1);
    }
}

impl Uploads {
    pub(crate) fn new() -> Self {
        Self {
            under_way: Mutex::default(),
            pictures: Semaphore::new(PICTURES),
            contents: std::array::from_fn(|_| Lock::new(())),
            bell: Bell::default(),
        }
    }

    /// Begins to work on a file; `None` if somebody does so already.
    pub(crate) fn begin(&self, id: FileId) -> Option<Working<'_>> {
        let is_first = self.under_way.lock().insert(id);
        // Made only if it is ours: dropped, it would end the other's.
        is_first.then(|| Working(self, id))
    }

    /// Whether somebody works on it.
    pub(crate) fn is_under_way(&self, id: FileId) -> bool {
        self.under_way.lock().contains(&id)
    }

    /// A turn to look at a picture.
    pub(crate) async fn picture(&self) -> Option<SemaphorePermit<'_>> {
        self.pictures.acquire().await.ok()
    }

    /// Nobody removes these contents, or brings them anew, until the guards are dropped.
    pub(crate) async fn hold(&self, contents: &[Hash]) -> Vec<MutexGuard<'_, ()>> {
        let mut places: Vec<usize> =
            contents.iter().map(|hash| usize::from(hash.0[0]) % LOCKS).collect();
        // In one order everywhere, so that nobody waits for another in a ring.
        places.sort_unstable();
        places.dedup();
        let mut guards = Vec::with_capacity(places.len());
        for place in places {
            guards.push(self.contents[place].lock().await);
        }
        guards
    }
}
