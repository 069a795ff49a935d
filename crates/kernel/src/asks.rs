//! Requests of the server to a client, until the client answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::{Timestamp, limits};
use skein_session::{Session, SessionId};
use skein_xml::Writer;
use skein_xmpp::{IqType, Kind, Stanza};

use crate::ctx::Ctx;
use crate::feature::Future;

/// How long an answer is awaited: a phone that lost its connection may return meanwhile.
pub const PATIENCE: Duration = limits::RESUMABLE;
/// Open requests before the first sweep for those that were never answered.
const SWEEP_AT: usize = 1024;

/// Takes the answer: a result or an error.
pub type AnswerFn = fn(Arc<Ctx>, Arc<Session>, Stanza) -> Future<'static, ()>;

/// What was asked and not answered yet: one request a session, so that a client that
/// never answers fills nothing.
pub(crate) struct Asks(Mutex<Open>);

struct Open {
    asks: HashMap<SessionId, Ask>,
    sweep_at: usize,
}

struct Ask {
    id: Box<str>,
    until: Timestamp,
    answer: AnswerFn,
}

impl Default for Asks {
    fn default() -> Self {
        Self(Mutex::new(Open { asks: HashMap::new(), sweep_at: SWEEP_AT }))
    }
}

impl Asks {
    fn open(&self, session: SessionId, ask: Ask, now: Timestamp) {
        let mut open = self.0.lock();
        open.asks.insert(session, ask);
        if open.asks.len() >= open.sweep_at {
            open.asks.retain(|_, ask| ask.until > now);
            open.sweep_at = SWEEP_AT.max(open.asks.len() * 2);
        }
    }

    fn close(&self, session: SessionId, id: &str, now: Timestamp) -> Option<AnswerFn> {
        let mut open = self.0.lock();
        let ask = open.asks.get(&session).filter(|ask| *ask.id == *id)?;
        let in_time = (ask.until > now).then_some(ask.answer);
        open.asks.remove(&session);
        in_time
    }
}

impl Ctx {
    /// Asks the client of `session` something in the server's name. `answer` runs when the
    /// client answers; a later request to the same session replaces this one.
    pub fn ask(&self, session: &Session, question: impl FnOnce(&mut Writer), answer: AnswerFn) {
        let now = self.now();
        let id: Box<str> = format!("ask-{:016x}", self.rng.next_u64()).into();
        let mut iq = Stanza::new(Kind::Iq(IqType::Get));
        iq.from = Some(session.jid.to_domain());
        iq.to = Some(session.jid.clone());
        iq.id = Some((*id).into());
        self.asks.open(session.id, Ask { id, until: now.plus(PATIENCE), answer }, now);
        session.send(&iq.with_content(question));
    }

    /// The session is over: it answers nothing any more.
    pub fn forget_asked(&self, session: &Session) {
        self.asks.0.lock().asks.remove(&session.id);
    }

    /// Who waits for this answer of `session`; nobody does if it was not asked.
    pub fn asked(&self, session: &Session, answer: &Stanza) -> Option<AnswerFn> {
        let by_us = answer.to.as_ref().is_some_and(|to| *to == session.jid.to_domain());
        let id = answer.id.as_deref().filter(|_| by_us)?;
        self.asks.close(session.id, id, self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(id: &str, until: i64) -> Ask {
        let answer: AnswerFn = |_, _, _| Box::pin(async {});
        Ask { id: id.into(), until: Timestamp(until), answer }
    }

    #[test]
    fn an_answer_is_taken_once_from_whom_it_was_asked_and_in_time() {
        let asks = Asks::default();
        let (one, two, now) = (SessionId(1), SessionId(2), Timestamp(0));
        asks.open(one, ask("a", 10), now);
        assert!(asks.close(two, "a", now).is_none());
        assert!(asks.close(one, "b", now).is_none());
        assert!(asks.close(one, "a", now).is_some());
        assert!(asks.close(one, "a", now).is_none());
        asks.open(one, ask("c", 10), now);
        assert!(asks.close(one, "c", Timestamp(11)).is_none());
    }

    #[test]
    fn what_is_never_answered_is_forgotten() {
        let asks = Asks::default();
        for n in 0..100_000 {
            let n = i64::from(n);
            asks.open(SessionId(n as u64), ask("a", n + 10), Timestamp(n));
        }
        assert!(asks.0.lock().asks.len() <= SWEEP_AT);
    }
}
