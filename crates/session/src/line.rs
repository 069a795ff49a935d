//! Writing to clients past their tasks.

use std::fmt;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::session::Session;

/// The way to a client, which whoever has something for it takes while its task sleeps: that
/// saves waking the task.
pub trait Line: Send + Sync + fmt::Debug {
    /// Writes all that waits in the session's outbox. `false` if the task is wanted, because
    /// not all could leave at once or somebody else writes.
    fn write(&self, session: &Session) -> bool;
}

/// Sessions that are written to in one go. More would make what else the thread has to do
/// wait, and leave other threads without work.
const AT_ONCE: usize = 64;

/// Writes to many sessions, spread over the threads of the runtime, which is asked for where
/// there are enough of them. Without one each session's own task writes.
pub fn spread(
    runtime: impl FnOnce() -> Option<Handle>,
    sessions: impl ExactSizeIterator<Item = Arc<Session>>,
) {
    let is_crowd = sessions.len() >= AT_ONCE;
    let Some(runtime) = is_crowd.then(runtime).flatten() else {
        return sessions.for_each(|session| session.wake());
    };
    let mut sessions: Vec<_> = sessions.collect();
    while !sessions.is_empty() {
        let some = sessions.split_off(sessions.len().saturating_sub(AT_ONCE));
        runtime.spawn(async move { some.iter().for_each(|session| session.flush()) });
    }
}
