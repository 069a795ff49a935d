//! Who tried which room's password how often: one account tries a few in a while, whatever
//! its devices. It is kept while the room is not loaded, and not beyond a restart.

use std::collections::HashMap;

use skein_base::{Timestamp, limits};
use skein_xmpp::{Condition, ErrorType, Jid, StanzaError};

/// See the module.
#[derive(Default)]
pub(crate) struct Guesses(HashMap<(Jid, Jid), Tries>);

#[derive(Clone, Copy)]
struct Tries {
    count: u32,
    /// The first of them.
    since: Timestamp,
}

impl Tries {
    fn is_over(self, now: Timestamp) -> bool {
        now.since(self.since) >= limits::ROOM_PASSWORD_PAUSE
    }
}

impl Guesses {
    /// Somebody names a password: counted before it is compared, so that many at once are no
    /// way around.
    pub(crate) fn take(
        &mut self,
        room: &Jid,
        who: &Jid,
        now: Timestamp,
    ) -> Result<(), StanzaError> {
        let key = (room.bare(), who.bare());
        if !self.0.contains_key(&key) {
            self.make_room(now);
        }
        let tries = self.0.entry(key).or_insert(Tries { count: 0, since: now });
        if tries.is_over(now) {
            *tries = Tries { count: 0, since: now };
        }
        if tries.count >= limits::ROOM_PASSWORD_TRIES {
            return Err(StanzaError::new(Condition::PolicyViolation)
                .class(ErrorType::Wait)
                .text("too many wrong passwords; try again later"));
        }
        tries.count += 1;
        Ok(())
    }

    /// It was right, or was not looked at.
    pub(crate) fn forget(&mut self, room: &Jid, who: &Jid) {
        self.0.remove(&(room.bare(), who.bare()));
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.0.len() < limits::ROOM_GUESSERS {
            return;
        }
        self.0.retain(|_, tries| !tries.is_over(now));
        if self.0.len() >= limits::ROOM_GUESSERS {
            let oldest = self.0.iter().min_by_key(|(_, tries)| tries.since);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.0.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_tries_a_few_in_a_while_in_each_room() {
        let jid = |text: &str| Jid::parse(text).expect("an address");
        let (room, other) = (jid("a@rooms.example"), jid("b@rooms.example"));
        let (bob, carol) = (jid("bob@example/phone"), jid("carol@example"));
        let at = Timestamp::from_secs;
        let mut guesses = Guesses::default();
        for _ in 0..limits::ROOM_PASSWORD_TRIES {
            assert!(guesses.take(&room, &bob, at(100)).is_ok());
        }
        let refused = guesses.take(&room, &bob.bare(), at(101)).expect_err("too many");
        assert_eq!(
            (refused.condition, refused.class),
            (Condition::PolicyViolation, ErrorType::Wait)
        );
        assert!(guesses.take(&other, &bob, at(101)).is_ok());
        assert!(guesses.take(&room, &carol, at(101)).is_ok());
        let later = at(100).plus(limits::ROOM_PASSWORD_PAUSE);
        assert!(guesses.take(&room, &bob, later).is_ok());
        guesses.forget(&room, &bob);
        assert_eq!(guesses.0.len(), 2);
    }

    #[test]
    fn as_many_are_remembered_as_there_is_room_for() {
        let room = Jid::parse("a@rooms.example").expect("an address");
        let mut guesses = Guesses::default();
        for number in 0..limits::ROOM_GUESSERS as i64 + 5 {
            let who = Jid::parse(&format!("u{number}@example")).expect("an address");
            assert!(guesses.take(&room, &who, Timestamp::from_secs(number / 1000)).is_ok());
        }
        assert_eq!(guesses.0.len(), limits::ROOM_GUESSERS);
    }
}
