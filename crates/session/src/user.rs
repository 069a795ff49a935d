//! What is loaded of an account while somebody needs it.

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use parking_lot::RwLock;
use skein_base::{AccountId, Timestamp};
use skein_xmpp::Jid;
use smallvec::SmallVec;

use crate::flag::Flag;
use crate::session::Session;

/// Per-user state of one feature, loaded when the user is.
pub type Slot = Arc<dyn Any + Send + Sync>;

/// An account that is connected, or was written to a moment ago.
pub struct User {
    /// The bare address.
    pub jid: Jid,
    /// Its number in the store.
    pub account: AccountId,
    sessions: RwLock<SmallVec<[Arc<Session>; 1]>>,
    /// Few users have any: what is the default for a feature has none.
    slots: RwLock<Vec<(TypeId, Slot)>>,
    used: AtomicI64,
    /// Sessions that are ending.
    ending: AtomicU32,
}

/// A session of a user is ending until this is dropped.
#[derive(Debug)]
pub struct Ending(Arc<User>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.ending.fetch_sub(1, Ordering::SeqCst);
    }
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("account", &self.account).finish_non_exhaustive()
    }
}

impl User {
    /// A user with the slots that were loaded for it.
    pub fn new(
        jid: Jid,
        account: AccountId,
        slots: impl IntoIterator<Item = Slot>,
        now: Timestamp,
    ) -> Self {
        let slots = slots.into_iter().map(|slot| ((*slot).type_id(), slot)).collect();
        Self {
            jid,
            account,
            sessions: RwLock::default(),
            slots: RwLock::new(slots),
            used: AtomicI64::new(now.0),
            ending: AtomicU32::new(0),
        }
    }

    /// All sessions, live and resumable.
    pub fn sessions(&self) -> SmallVec<[Arc<Session>; 4]> {
        self.sessions.read().iter().cloned().collect()
    }

    /// One of its sessions begins to end: what that never acknowledged is not owed yet, and
    /// nobody is to be given what came later before it.
    pub fn ends(self: &Arc<Self>) -> Ending {
        self.ending.fetch_add(1, Ordering::SeqCst);
        Ending(self.clone())
    }

    /// Whether a session of it is ending.
    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::SeqCst) > 0
    }

    /// Whether there is any session.
    pub fn is_connected(&self) -> bool {
        !self.sessions.read().is_empty()
    }

    /// The sessions that have sent available presence.
    pub fn available(&self) -> SmallVec<[Arc<Session>; 4]> {
        self.sessions_that(|session| session.is(Flag::Available))
    }

    /// The sessions for which `is` holds.
    pub fn sessions_that(&self, is: impl Fn(&Arc<Session>) -> bool) -> SmallVec<[Arc<Session>; 4]> {
        self.sessions.read().iter().filter(|session| is(session)).cloned().collect()
    }

    /// The session bound to `resource`.
    pub fn session(&self, resource: &str) -> Option<Arc<Session>> {
        self.sessions.read().iter().find(|s| s.jid.resource() == Some(resource)).cloned()
    }

    pub(crate) fn change_sessions<T>(
        &self,
        change: impl FnOnce(&mut SmallVec<[Arc<Session>; 1]>) -> T,
    ) -> T {
        change(&mut self.sessions.write())
    }

    /// A feature's state of this user.
    pub fn slot<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let slots = self.slots.read();
        let (_, slot) = slots.iter().find(|(kind, _)| *kind == TypeId::of::<T>())?;
        slot.clone().downcast().ok()
    }

    /// Replaces a feature's state of this user.
    pub fn set_slot<T: Any + Send + Sync>(&self, value: T) {
        let value: Slot = Arc::new(value);
        let mut slots = self.slots.write();
        match slots.iter_mut().find(|(kind, _)| *kind == TypeId::of::<T>()) {
            Some((_, slot)) => *slot = value,
            None => slots.push((TypeId::of::<T>(), value)),
        }
    }

    /// Somebody needed it just now.
    pub fn touch(&self, now: Timestamp) {
        self.used.store(now.0, Ordering::Relaxed);
    }

    /// When somebody last needed it.
    pub fn used(&self) -> Timestamp {
        Timestamp(self.used.load(Ordering::Relaxed))
    }
}
