//! Ends of sessions that are still to be written down.
//!
//! Nobody waits for them to be durable, so those of a second share a transaction: a flush of
//! the disk for each was a sixth of what a session cost. A power cut loses the last second's.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::{AccountId, Timestamp};
use skein_db::Tx;
use skein_kernel::Ctx;
use skein_session::Session;

use crate::handle::log;
use crate::{Basics, store};

/// How often they are written.
pub(crate) const OFTEN: Duration = Duration::from_secs(1);
/// Ends written in one transaction: others' messages wait for it, some milliseconds.
const BATCH: usize = 500;
/// Ends that may wait; from then on the sessions wait.
const MOST: usize = 20 * BATCH;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    /// What is being written stays here until it is.
    waiting: Mutex<HashMap<AccountId, Timestamp>>,
    /// Held by who writes: an older end must not be written over a newer one.
    writing: tokio::sync::Mutex<()>,
}

impl Ends {
    /// When the account's last session ended, if that is not written yet.
    pub(crate) fn of(&self, account: AccountId) -> Option<Timestamp> {
        self.waiting.lock().get(&account).copied()
    }

    pub(crate) fn forget(&self, account: AccountId) {
        self.waiting.lock().remove(&account);
    }

    fn some(&self) -> Vec<(AccountId, Timestamp)> {
        let waiting = self.waiting.lock();
        waiting.iter().take(BATCH).map(|(account, at)| (*account, *at)).collect()
    }
}

/// Remembers when the last session of an account ended.
pub(crate) async fn note(ctx: &Arc<Ctx>, session: &Session) {
    if session.user.is_connected() {
        return;
    }
    let (now, ends) = (ctx.now(), &ctx.state::<Basics>().ends);
    let waiting = {
        let mut waiting = ends.waiting.lock();
        waiting.insert(session.account(), now);
        waiting.len()
    };
    if waiting >= MOST {
        write(ctx).await;
    }
}

/// Writes down what waits.
pub(crate) async fn write(ctx: &Arc<Ctx>) {
    let ends = &ctx.state::<Basics>().ends;
    let _alone = ends.writing.lock().await;
    loop {
        let some = ends.some();
        if some.is_empty() {
            // Those of a crowd that left at once took up to half a MiB.
            ends.waiting.lock().shrink_to(BATCH);
            return;
        }
        let at = ctx.clone();
        let written = some.clone();
        let put = move |tx: &mut Tx<'_>| {
            // Whoever was removed meanwhile stays removed.
            let waiting = |account| at.state::<Basics>().ends.of(account).is_some();
            let left = written.iter().filter(|(account, _)| waiting(*account));
            left.copied().try_for_each(|(account, at)| store::put(tx, account, at))
        };
        log(ctx.db.write(put).await);
        // What came meanwhile is newer.
        let mut waiting = ends.waiting.lock();
        for (account, at) in some {
            if waiting.get(&account) == Some(&at) {
                waiting.remove(&account);
            }
        }
    }
}
