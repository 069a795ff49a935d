//! Events for sessions of which it is not known yet what they want: held until their clients
//! say it, so that who has read a node meanwhile hears what changed since.
//!
//! Whether a session's events are held is decided under one lock, and they are released under
//! it once its client has answered. What comes about meanwhile is held behind the rest: events
//! reach a session in the order in which they came about.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use skein_base::Timestamp;
use skein_base::limits::{HELD_BYTES, HELD_BYTES_OF_ALL, HELD_EVENTS};
use skein_kernel::contracts::Capabilities;
use skein_session::{Session, SessionId};
use skein_xmpp::Stanza;

use crate::notify::give;

/// Bytes that a held event takes beside what it says.
const OVERHEAD: usize = 256;

/// See the module.
#[derive(Default)]
pub(crate) struct Held {
    all: Mutex<All>,
    /// Sessions with a hold, to be read without the lock.
    sessions: AtomicUsize,
}

#[derive(Default)]
struct All {
    holds: HashMap<SessionId, Hold>,
    bytes: usize,
}

struct Hold {
    session: Weak<Session>,
    events: VecDeque<Event>,
    bytes: usize,
    /// Its client has answered.
    ends: bool,
}

struct Event {
    node: Box<str>,
    stanza: Stanza,
    bytes: usize,
}

impl All {
    fn hold(&mut self, session: &Arc<Session>) -> &mut Hold {
        self.holds.entry(session.id).or_insert_with(|| Hold {
            session: Arc::downgrade(session),
            events: VecDeque::new(),
            bytes: 0,
            ends: false,
        })
    }

    fn put(&mut self, session: &Arc<Session>, node: &str, stanza: &Stanza) {
        let bytes = stanza.content().len() + node.len() + OVERHEAD;
        if self.bytes + bytes > HELD_BYTES_OF_ALL {
            tracing::debug!(target: "pubsub", "an event is not held: too many are");
            return;
        }
        let hold = self.hold(session);
        hold.events.push_back(Event { node: node.into(), stanza: stanza.clone(), bytes });
        hold.bytes += bytes;
        let mut gone = 0;
        while hold.events.len() > HELD_EVENTS || hold.bytes > HELD_BYTES {
            let Some(oldest) = hold.events.pop_front() else { break };
            hold.bytes -= oldest.bytes;
            gone += oldest.bytes;
        }
        self.bytes = self.bytes + bytes - gone;
    }

    fn remove(&mut self, session: SessionId) -> VecDeque<Event> {
        let Some(hold) = self.holds.remove(&session) else { return VecDeque::new() };
        self.bytes -= hold.bytes;
        hold.events
    }
}

impl Held {
    /// Whether nothing is held for anybody.
    pub(crate) fn is_empty(&self) -> bool {
        self.sessions.load(Ordering::Acquire) == 0
    }

    fn change<T>(&self, change: impl FnOnce(&mut All) -> T) -> T {
        let mut all = self.all.lock();
        let changed = change(&mut all);
        self.sessions.store(all.holds.len(), Ordering::Release);
        changed
    }

    /// Gives an event of `node` to a session that wants it, or holds it for one that may.
    pub(crate) fn offer(
        &self,
        capabilities: &dyn Capabilities,
        now: Timestamp,
        session: &Arc<Session>,
        (node, event): (&str, &Stanza),
    ) {
        self.change(|all| {
            // Asked first: a client that answers in between is heard behind this lock.
            if all.holds.contains_key(&session.id) || capabilities.is_asked(session, now) {
                all.put(session, node, event);
            } else if capabilities.wants(session, node) {
                give(session, event);
            }
        });
    }

    /// The client of a session has answered: what comes about from now on waits for
    /// [`Held::release`].
    pub(crate) fn open(&self, session: &Arc<Session>) {
        self.change(|all| all.hold(session).ends = true);
    }

    /// Gives a session what was held for it and its client wants.
    pub(crate) fn release(&self, capabilities: &dyn Capabilities, session: &Session) {
        self.change(|all| {
            for Event { node, stanza, .. } in all.remove(session.id) {
                if capabilities.wants(session, &node) {
                    give(session, &stanza);
                }
            }
        });
    }

    /// The session is over.
    pub(crate) fn forget(&self, session: SessionId) {
        self.change(|all| all.remove(session));
    }

    /// Forgets what is held for clients that did not answer in time, or never will.
    pub(crate) fn sweep(&self, capabilities: &dyn Capabilities, now: Timestamp) {
        self.change(|all| {
            let is_over = |hold: &Hold| {
                !hold
                    .session
                    .upgrade()
                    .is_some_and(|session| hold.ends || capabilities.is_asked(&session, now))
            };
            let over = all.holds.iter().filter(|(_, hold)| is_over(hold));
            let over: Vec<SessionId> = over.map(|(session, _)| *session).collect();
            for session in over {
                all.remove(session);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use skein_testkit::World;
    use skein_xmpp::{Kind, MessageType};

    use super::*;

    /// Every client is one that was asked, until it is not waited for any more.
    struct Silent(AtomicBool);

    impl Capabilities for Silent {
        fn wants(&self, _: &Session, _: &str) -> bool {
            false
        }

        fn wants_any(&self, _: &Session) -> bool {
            false
        }

        fn is_asked(&self, _: &Session, _: Timestamp) -> bool {
            self.0.load(Ordering::Relaxed)
        }

        fn knows(&self, _: &Session, _: &str) -> bool {
            false
        }
    }

    #[tokio::test]
    async fn clients_that_never_answer_cost_no_memory_for_ever() {
        let world = World::new(Vec::new()).await;
        let (silent, gone) = (world.bind("alice/silent").await, world.bind("alice/gone").await);
        let (capabilities, held) = (Silent(AtomicBool::new(true)), Held::default());
        let now = Timestamp::default();
        let event = Stanza::new(Kind::Message(MessageType::Headline))
            .with_content(|writer| writer.leaf("body", "jabber:client", &"x".repeat(1_000)));
        for _ in 0..1_000 {
            for client in [&silent, &gone] {
                held.offer(&capabilities, now, &client.session, ("urn:node", &event));
            }
        }
        let bytes = held.all.lock().bytes;
        assert!(bytes > HELD_BYTES && bytes <= 2 * HELD_BYTES, "{bytes}");
        held.sweep(&capabilities, now);
        assert_eq!(held.all.lock().bytes, bytes, "they may still answer");
        held.forget(gone.session.id);
        assert!(held.all.lock().bytes <= HELD_BYTES && !held.is_empty());
        capabilities.0.store(false, Ordering::Relaxed);
        held.sweep(&capabilities, now);
        assert!(held.is_empty());
        assert_eq!(held.all.lock().bytes, 0);
        held.offer(&capabilities, now, &silent.session, ("urn:node", &event));
        assert!(held.is_empty(), "nothing more is held for it");
    }
}
