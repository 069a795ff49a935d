//! Work that is done when something is due: nobody looks in between.
//!
//! A feature keeps what is due in a table with an index by time. Its [`Alarm`] does what is
//! due and says when the next of it is; its [`Bell`] is rung by whoever writes something
//! that may be due earlier.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::Timestamp;
use tokio::sync::Notify;

use crate::ctx::Ctx;
use crate::feature::Future;

/// Longest sleep: the clock of the wall may be set meanwhile. Waking costs a look at it.
const NAP: Duration = Duration::from_secs(60);

/// Rung when something is written that is due at a time. It may ring before the commit: the
/// alarm asks the writer, who has all of that behind it by then.
#[derive(Default)]
pub struct Bell {
    next: Mutex<Option<Timestamp>>,
    rung: Notify,
}

impl Bell {
    /// Something is due at `at`.
    pub fn ring(&self, at: Timestamp) {
        let mut next = self.next.lock();
        if next.is_none_or(|next| at < next) {
            *next = Some(at);
            drop(next);
            self.rung.notify_one();
        }
    }

    /// The earliest time that was rung for since the last look.
    fn take(&self) -> Option<Timestamp> {
        self.next.lock().take()
    }
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Alarm {
    /// For the log.
    pub name: &'static str,
    /// What is rung for it.
    pub bell: fn(&Ctx) -> &Bell,
    /// Does what is due, and says when the next of it is. What failed is due again soon. It
    /// must ask the writer (`ctx.db.write`), so that it sees all that was rung for before.
    pub run: fn(Arc<Ctx>) -> Future<'static, Option<Timestamp>>,
}

impl Alarm {
    /// Does the work, for ever.
    pub async fn watch(self, ctx: Arc<Ctx>) {
        let bell = (self.bell)(&ctx);
        // What was due while the server was down is due now.
        let mut next = Some(Timestamp::default());
        loop {
            // Taken behind the last run: what was rung for before it, it has seen.
            next = next.into_iter().chain(bell.take()).min();
            let now = ctx.now();
            if next.is_some_and(|at| at <= now) {
                tracing::debug!(target: "jobs", alarm = self.name, "rings");
                next = (self.run)(ctx.clone()).await;
                continue;
            }
            let nap = next.map_or(NAP, |at| at.since(now).min(NAP));
            // Whether it was rung or time went by, the look at the clock decides.
            let _ = tokio::time::timeout(nap, bell.rung.notified()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_earliest_time_is_remembered_until_somebody_looks() {
        let bell = Bell::default();
        assert_eq!(bell.take(), None);
        for secs in [9, 5, 7] {
            bell.ring(Timestamp::from_secs(secs));
        }
        bell.rung.notified().await;
        assert_eq!(bell.take(), Some(Timestamp::from_secs(5)));
        bell.ring(Timestamp::from_secs(8));
        bell.rung.notified().await;
        assert_eq!(bell.take(), Some(Timestamp::from_secs(8)));
    }
}
