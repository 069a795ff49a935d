//! Who wants to learn of active rooms without being inside (XEP-0437), by account.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use skein_base::limits;
use skein_session::{Session, SessionId};
use skein_xmpp::Jid;

/// See the module.
#[derive(Default)]
pub(crate) struct Watchers {
    by_account: HashMap<Jid, Vec<Watcher>>,
}

struct Watcher {
    session: Arc<Session>,
    host: Box<str>,
    /// Rooms of which it was told since its account was inside.
    told: HashSet<Jid>,
}

impl Watchers {
    pub(super) fn add(&mut self, session: &Arc<Session>, host: &str) -> bool {
        let own = self.by_account.entry(session.user.jid.clone()).or_default();
        own.retain(|known| known.session.id != session.id || *known.host != *host);
        if own.len() >= limits::ROOM_WATCHERS {
            return false;
        }
        own.push(Watcher { session: session.clone(), host: host.into(), told: HashSet::new() });
        true
    }

    pub(super) fn remove(&mut self, full: &Jid) {
        let account = full.bare();
        if let Some(own) = self.by_account.get_mut(&account) {
            own.retain(|known| known.session.jid != *full);
            if own.is_empty() {
                self.by_account.remove(&account);
            }
        }
    }

    pub(super) fn note(&mut self, session: SessionId, room: &Jid) {
        let all = self.by_account.values_mut().flatten();
        for watcher in all.filter(|known| known.session.id == session) {
            watcher.told.insert(room.clone());
        }
    }

    pub(super) fn of(&mut self, room: &Jid, away: &[Jid]) -> Vec<Arc<Session>> {
        if self.by_account.is_empty() {
            return Vec::new();
        }
        let mut sessions = Vec::new();
        for who in away {
            let Some(own) = self.by_account.get_mut(who) else { continue };
            for watcher in own.iter_mut().filter(|watcher| *watcher.host == *room.domain()) {
                if watcher.told.insert(room.clone()) {
                    sessions.push(watcher.session.clone());
                }
            }
        }
        sessions
    }

    pub(super) fn forget(&mut self, who: &Jid, room: &Jid) {
        let own = self.by_account.get_mut(who);
        own.into_iter().flatten().for_each(|watcher| {
            watcher.told.remove(room);
        });
    }
}
