//! What is known: by hash, and of each session.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use skein_base::Timestamp;
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
    /// Until when those of whom nothing is known may answer.
    asked: HashMap<SessionId, Timestamp>,
}

/// What is known of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// What its client can do.
    Known,
    /// Its client may answer until then; a time that is over if it gave no answer to the question.
    Asked(Timestamp),
    /// Nothing.
    Unknown,
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
                known.settle(session, client);
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
        known.settle(session, client.clone());
        if shared {
            known.by_hash.insert(client.ver.clone(), client);
            known.make_room();
        }
    }

    /// The session is over, or tells no capabilities any more.
    pub(crate) fn forget(&self, session: SessionId) {
        let mut known = self.0.lock();
        known.by_session.remove(&session);
        known.asked.remove(&session);
    }

    /// The client of a session is asked and may answer until then. What is known of it stays.
    pub(crate) fn ask(&self, session: SessionId, until: Timestamp) {
        let mut known = self.0.lock();
        if !known.by_session.contains_key(&session) {
            known.asked.insert(session, until);
        }
    }

    /// What is known of a session.
    pub(crate) fn standing(&self, session: SessionId) -> Standing {
        let known = self.0.lock();
        if known.by_session.contains_key(&session) {
            return Standing::Known;
        }
        known.asked.get(&session).map_or(Standing::Unknown, |until| Standing::Asked(*until))
    }
}

impl Known {
    fn settle(&mut self, session: SessionId, client: Arc<Client>) {
        self.by_session.insert(session, client);
        self.asked.remove(&session);
    }

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
    fn a_session_is_asked_until_it_answers_and_no_longer_than_its_time() {
        let book = Book::default();
        let session = SessionId(1);
        assert_eq!(book.standing(session), Standing::Unknown);
        book.ask(session, Timestamp(9));
        assert_eq!(book.standing(session), Standing::Asked(Timestamp(9)));
        book.learn(session, client("hash", "urn:a"), true);
        book.ask(session, Timestamp(20));
        assert_eq!(book.standing(session), Standing::Known, "what is known stays meanwhile");
        book.forget(session);
        assert_eq!(book.standing(session), Standing::Unknown);
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
