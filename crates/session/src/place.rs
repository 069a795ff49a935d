//! Where a stanza stands in the recipient's log, and whether other sessions of the account
//! got it too: what one of them never acknowledged is lost only if nobody has it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// A stanza's place in the recipient's log, as one session that gets it holds it.
#[derive(Debug, Clone)]
pub struct LogRef {
    /// The number of the entry.
    pub seq: i64,
    copies: Copies,
}

#[derive(Debug, Clone)]
enum Copies {
    /// No other session got it.
    One,
    /// Several sessions got it.
    Many(Arc<Many>),
    /// The log itself says that it is owed, until somebody acknowledges it.
    Owed,
}

#[derive(Debug, Default)]
pub(crate) struct Many {
    /// Sessions that have not let go of it.
    holding: AtomicU32,
    /// A client has it.
    is_taken: AtomicBool,
    /// A session that ended without it has no other way to it.
    is_wanted: AtomicBool,
}

impl Many {
    fn is_taken(&self) -> bool {
        self.is_taken.load(Ordering::Acquire)
    }
}

impl LogRef {
    /// Given to one session.
    pub const fn alone(seq: i64) -> Self {
        Self { seq, copies: Copies::One }
    }

    /// Given to so many sessions; each gets a clone.
    pub fn given_to(seq: i64, sessions: usize) -> Self {
        if sessions < 2 {
            return Self::alone(seq);
        }
        let holding = AtomicU32::new(u32::try_from(sessions).unwrap_or(u32::MAX));
        Self { seq, copies: Copies::Many(Arc::new(Many { holding, ..Many::default() })) }
    }

    /// Given because the log owes it, and owed until it is acknowledged.
    pub const fn owed(seq: i64) -> Self {
        Self { seq, copies: Copies::Owed }
    }

    /// Of a session of an earlier process that shared it with others, which hold `many`.
    pub(crate) fn shared(seq: i64, many: &Arc<Many>) -> Self {
        many.holding.fetch_add(1, Ordering::AcqRel);
        Self { seq, copies: Copies::Many(many.clone()) }
    }

    /// Whether other sessions got it of which none is known to have it; `None` if it does
    /// not matter what becomes of this copy.
    pub(crate) fn is_shared(&self) -> Option<bool> {
        match &self.copies {
            Copies::One => Some(false),
            Copies::Many(many) => (!many.is_taken()).then_some(true),
            Copies::Owed => None,
        }
    }

    /// The client has it.
    pub fn take(&self) {
        if let Copies::Many(many) = &self.copies {
            many.is_taken.store(true, Ordering::Release);
        }
    }

    /// The session ended without an acknowledgement; `wants` says whether its client has no
    /// other way to the message. Gives whether nobody else has it or may still acknowledge
    /// it, so that it must go to somebody else. Once for each session.
    pub fn let_go(&self, wants: bool) -> bool {
        match &self.copies {
            Copies::One => wants,
            Copies::Many(many) => {
                if wants {
                    many.is_wanted.store(true, Ordering::Release);
                }
                let is_last = many.holding.fetch_sub(1, Ordering::AcqRel) == 1;
                is_last && !many.is_taken() && many.is_wanted.load(Ordering::Acquire)
            }
            Copies::Owed => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_that_lets_go_of_what_nobody_took_loses_it() {
        assert!(LogRef::alone(7).let_go(true));
        assert!(!LogRef::alone(7).let_go(false), "it reads the archive");
        assert!(!LogRef::owed(7).let_go(true), "the log owes it anyway");
        let place = LogRef::given_to(7, 3);
        assert_eq!([true, false, false].map(|wants| place.let_go(wants)), [false, false, true]);
        let place = LogRef::given_to(7, 2);
        assert_eq!([true, true].map(|wants| place.let_go(wants)), [false, true]);
        let place = LogRef::given_to(7, 2);
        place.take();
        assert_eq!([true, true].map(|wants| place.let_go(wants)), [false, false]);
    }
}
