//! What is known: by hash, and of each session.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use skein_session::SessionId;

use crate::proto::Client;

/// Hashes without a session that are remembered for the next one.
const UNUSED: usize = 4_096;

/// See the module.
#[derive(Default)]
pub(crate) struct Book(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// What bore out its hash.
    by_hash: HashMap<Box<str>, Arc<Client>>,
    by_session: HashMap<SessionId, Arc<Client>>,
}

impl Book {
    /// What the client of a session can do.
    pub(crate) fn of(&self, session: SessionId) -> Option<Arc<Client>> {
        self.0.lock().by_session.get(&session).cloned()
    }

    /// A session says that its client is one of hash `ver`; `false` if that is not known.
    pub(crate) fn claim(&self, session: SessionId, ver: &str) -> bool {
        let mut known = self.0.lock();
        let client = known.by_hash.get(ver).cloned();
        match client {
            Some(client) => {
                known.by_session.insert(session, client);
                true
            }
            None => false,
        }
    }

    /// It is known from an earlier process what clients of this hash can do.
    pub(crate) fn recall(&self, client: Client) {
        let mut known = self.0.lock();
        known.by_hash.insert(client.ver.clone(), Arc::new(client));
        known.make_room();
    }

    /// The client of a session answered; `shared` if the answer serves all of its hash.
    pub(crate) fn learn(&self, session: SessionId, client: Arc<Client>, shared: bool) {
        let mut known = self.0.lock();
        known.by_session.insert(session, client.clone());
        if shared {
            known.by_hash.insert(client.ver.clone(), client);
            known.make_room();
        }
    }

    /// The session is over, or tells no capabilities any more.
    pub(crate) fn forget(&self, session: SessionId) {
        self.0.lock().by_session.remove(&session);
    }
}

impl Known {
    /// Forgets the hashes that no session uses once they are too many.
    fn make_room(&mut self) {
        if self.by_hash.len() > UNUSED + self.by_session.len() {
            self.by_hash.retain(|_, client| Arc::strong_count(client) > 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xmpp::disco::Info;

    fn client(ver: &str, node: &str) -> Arc<Client> {
        let info = Info { features: vec![format!("{node}+notify")], ..Info::default() };
        Arc::new(Client::new(ver, &info))
    }

    #[test]
    fn what_is_not_borne_out_is_believed_of_one_session_only() {
        let book = Book::default();
        let (liar, honest) = (SessionId(1), SessionId(2));
        book.learn(liar, client("hash", "urn:poison"), false);
        assert!(!book.claim(honest, "hash"));
        assert!(book.of(honest).is_none());
        assert!(book.of(liar).is_some_and(|client| client.wants("urn:poison")));
    }

    #[test]
    fn what_is_borne_out_serves_all_and_survives_its_session() {
        let book = Book::default();
        book.learn(SessionId(1), client("hash", "urn:a"), true);
        book.forget(SessionId(1));
        assert!(book.claim(SessionId(2), "hash"));
        assert!(book.of(SessionId(2)).is_some_and(|client| client.wants("urn:a")));
    }

    #[test]
    fn hashes_that_nobody_uses_are_bounded() {
        let book = Book::default();
        for n in 0..20_000 {
            book.learn(SessionId(1), client(&format!("hash{n}"), "urn:a"), true);
        }
        assert!(book.0.lock().by_hash.len() <= UNUSED + 2);
        assert!(book.claim(SessionId(2), "hash19999"));
    }
}
