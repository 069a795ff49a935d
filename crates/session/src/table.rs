//! The table of users and their sessions on this node.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::Timestamp;
use skein_xmpp::Jid;

use crate::outbox::Bounds;
use crate::session::Session;
use crate::user::User;

/// Locks among which the users are spread: enough that two cores seldom meet.
const SHARDS: usize = 64;

/// How long a user without a session stays loaded: a burst of messages to an
/// absent user loads it once. Short, so that the memory of a crowd that left is given back
/// within a minute.
const IDLE: Duration = Duration::from_secs(20);

/// What became of an attempt to bind a session.
#[derive(Debug)]
pub enum Claim {
    /// It is bound.
    Bound,
    /// It is bound; this older session had the resource and must end with `conflict`.
    Replaced(Arc<Session>),
    /// The account has as many sessions as it may.
    TooMany,
}

/// Users by their bare addresses, whose text is shared with the user.
type Shard = Mutex<HashMap<Jid, Arc<User>>>;

/// See the module.
#[derive(Debug)]
pub struct Sessions {
    shards: Box<[Shard]>,
    /// Sessions of one account.
    most: usize,
    bounds: Bounds,
    /// Sessions whose client acknowledged something since it was last written down.
    delivered: Mutex<Vec<Arc<Session>>>,
}

impl Sessions {
    /// A table without users; an account may have `most` sessions.
    pub fn new(most: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, most, bounds: Bounds::default(), delivered: Mutex::default() }
    }

    /// With bounds for the outboxes of the sessions that are bound here.
    #[must_use]
    pub const fn bounded(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    fn shard(&self, bare: &str) -> &Shard {
        // No secret is needed to choose a lock: who makes names for one of them makes it busy.
        let add = |mix: u32, byte: u8| mix.wrapping_mul(31).wrapping_add(byte.into());
        &self.shards[bare.bytes().fold(0, add) as usize % SHARDS]
    }

    /// The user of that bare address if it is loaded.
    pub fn user(&self, bare: &str) -> Option<Arc<User>> {
        self.shard(bare).lock().get(bare).cloned()
    }

    /// The session of that full address.
    pub fn session(&self, full: &Jid) -> Option<Arc<Session>> {
        self.user(full.bare_str())?.session(full.resource()?)
    }

    /// Puts a user in that was just loaded; if another was quicker, gives that one back.
    pub fn insert(&self, user: Arc<User>) -> Arc<User> {
        let mut shard = self.shard(user.jid.as_str()).lock();
        shard.entry(user.jid.clone()).or_insert(user).clone()
    }

    /// Forgets an account that was removed or whose slots must be loaded anew.
    pub fn remove(&self, bare: &str) -> Option<Arc<User>> {
        self.shard(bare).lock().remove(bare)
    }

    /// Binds `session` to its resource.
    pub fn bind(&self, session: &Arc<Session>) -> Claim {
        session.with_outbox_mut(|outbox| outbox.set_bounds(self.bounds));
        // The shard's lock keeps the user in the table while it gets its session.
        let mut shard = self.shard(session.user.jid.as_str()).lock();
        shard.entry(session.user.jid.clone()).or_insert_with(|| session.user.clone());
        session.user.change_sessions(|sessions| {
            let old = sessions.iter().position(|s| s.jid == session.jid);
            match old {
                Some(at) => Claim::Replaced(std::mem::replace(&mut sessions[at], session.clone())),
                None if sessions.len() >= self.most => Claim::TooMany,
                None => {
                    sessions.push(session.clone());
                    Claim::Bound
                }
            }
        })
    }

    /// Takes `session` out; `false` if another has its resource by now.
    pub fn unbind(&self, session: &Arc<Session>) -> bool {
        session.user.change_sessions(|sessions| {
            let at = sessions.iter().position(|s| Arc::ptr_eq(s, session));
            at.map(|at| sessions.remove(at)).is_some()
        })
    }

    /// Forgets users who have no session and whom nobody needed lately.
    pub fn sweep(&self, now: Timestamp) {
        for shard in &self.shards {
            let mut shard = shard.lock();
            shard.retain(|_, user| user.is_connected() || now.since(user.used()) < IDLE);
            if shard.len() * 4 < shard.capacity() {
                shard.shrink_to_fit();
            }
        }
    }

    /// Notes that the client of `session` acknowledged its log up to `seq`. It is written
    /// down a little later: losing it costs a repetition, never a message.
    pub fn note_delivered(&self, session: &Arc<Session>, seq: i64) {
        session.set_delivered(seq);
        if !session.is_noted.swap(true, Ordering::AcqRel) {
            self.delivered.lock().push(session.clone());
        }
    }

    /// Takes the sessions of [`Sessions::note_delivered`].
    pub fn take_delivered(&self) -> Vec<Arc<Session>> {
        let sessions = std::mem::take(&mut *self.delivered.lock());
        for session in &sessions {
            session.is_noted.store(false, Ordering::Release);
        }
        sessions
    }

    /// Every session, for shutdown and statistics.
    pub fn all(&self) -> Vec<Arc<Session>> {
        let users: Vec<_> = self
            .shards
            .iter()
            .flat_map(|shard| shard.lock().values().cloned().collect::<Vec<_>>())
            .collect();
        users.iter().flat_map(|user| user.sessions()).collect()
    }

    /// How many users are loaded and how many sessions there are.
    pub fn count(&self) -> (usize, usize) {
        let mut users = 0;
        let mut sessions = 0;
        for shard in &self.shards {
            for user in shard.lock().values() {
                users += 1;
                sessions += user.sessions().len();
            }
        }
        (users, sessions)
    }
}
