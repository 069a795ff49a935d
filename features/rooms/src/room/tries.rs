//! What one account tries a few times in a while in one room, whatever its devices: to name
//! a password, to ask for voice. It is kept while the room is not loaded, and not beyond a
//! restart.

use std::collections::HashMap;
use std::time::Duration;

use skein_base::{Timestamp, limits};
use skein_xmpp::{Condition, ErrorType, Jid, StanzaError};

/// See the module.
pub(crate) struct Tries {
    most: u32,
    pause: Duration,
    refusal: &'static str,
    of: HashMap<(Jid, Jid), Count>,
}

#[derive(Clone, Copy)]
struct Count {
    count: u32,
    /// The first of them.
    since: Timestamp,
}

impl Tries {
    /// Passwords that are named.
    pub(crate) fn of_passwords() -> Self {
        Self {
            most: limits::ROOM_PASSWORD_TRIES,
            pause: limits::ROOM_PASSWORD_PAUSE,
            refusal: "too many wrong passwords; try again later",
            of: HashMap::new(),
        }
    }

    /// Requests for voice.
    pub(crate) fn for_voice() -> Self {
        Self {
            most: limits::ROOM_VOICE_REQUESTS,
            pause: limits::ROOM_VOICE_PAUSE,
            refusal: "the moderators have been asked; wait for them",
            of: HashMap::new(),
        }
    }

    /// Somebody tries: counted before anything comes of it, so that many at once are no way
    /// around.
    pub(crate) fn take(
        &mut self,
        room: &Jid,
        who: &Jid,
        now: Timestamp,
    ) -> Result<(), StanzaError> {
        let key = (room.bare(), who.bare());
        if !self.of.contains_key(&key) {
            self.make_room(now);
        }
        let tries = self.of.entry(key).or_insert(Count { count: 0, since: now });
        if now.since(tries.since) >= self.pause {
            *tries = Count { count: 0, since: now };
        }
        if tries.count >= self.most {
            return Err(StanzaError::new(Condition::PolicyViolation)
                .class(ErrorType::Wait)
                .text(self.refusal));
        }
        tries.count += 1;
        Ok(())
    }

    /// It was right, or came to nothing.
    pub(crate) fn forget(&mut self, room: &Jid, who: &Jid) {
        self.of.remove(&(room.bare(), who.bare()));
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.of.len() < limits::ROOM_GUESSERS {
            return;
        }
        self.of.retain(|_, tries| now.since(tries.since) < self.pause);
        if self.of.len() >= limits::ROOM_GUESSERS {
            let oldest = self.of.iter().min_by_key(|(_, tries)| tries.since);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.of.remove(&oldest);
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
        let mut tries = Tries::of_passwords();
        for _ in 0..limits::ROOM_PASSWORD_TRIES {
            assert!(tries.take(&room, &bob, at(100)).is_ok());
        }
        let refused = tries.take(&room, &bob.bare(), at(101)).expect_err("too many");
        assert_eq!(
            (refused.condition, refused.class),
            (Condition::PolicyViolation, ErrorType::Wait)
        );
        assert!(tries.take(&other, &bob, at(101)).is_ok());
        assert!(tries.take(&room, &carol, at(101)).is_ok());
        let later = at(100).plus(limits::ROOM_PASSWORD_PAUSE);
        assert!(tries.take(&room, &bob, later).is_ok());
        tries.forget(&room, &bob);
        assert_eq!(tries.of.len(), 2);
    }

    #[test]
    fn as_many_are_remembered_as_there_is_room_for() {
        let room = Jid::parse("a@rooms.example").expect("an address");
        let mut tries = Tries::of_passwords();
        for number in 0..limits::ROOM_GUESSERS as i64 + 5 {
            let who = Jid::parse(&format!("u{number}@example")).expect("an address");
            assert!(tries.take(&room, &who, Timestamp::from_secs(number / 1000)).is_ok());
        }
        assert_eq!(tries.of.len(), limits::ROOM_GUESSERS);
    }
}
