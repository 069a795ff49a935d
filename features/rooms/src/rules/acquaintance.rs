//! Who may go on whispering to somebody who has not answered.

use skein_base::limits;
use skein_xmpp::{Condition, ErrorType, StanzaError};

/// How a sender stands to a receiver in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acquaintance {
    /// The receiver has whispered to the sender, or they are contacts.
    Known,
    /// So many whispers were not answered.
    Unanswered(i64),
    /// There was none yet; to so many people the sender began to whisper within the hour.
    New(i64),
}

/// Whether one more whisper may go.
pub(crate) fn may_approach(acquaintance: Acquaintance) -> Result<(), StanzaError> {
    let refuse =
        |text| Err(StanzaError::new(Condition::PolicyViolation).class(ErrorType::Wait).text(text));
    match acquaintance {
        Acquaintance::Unanswered(count) if count >= limits::WHISPERS_UNANSWERED => {
            refuse("wait for an answer to what you whispered before")
        }
        Acquaintance::New(begun) if begun >= limits::WHISPERS_BEGUN_HOURLY => {
            refuse("too many people within an hour who have not answered")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_approached_within_bounds() {
        let most = limits::WHISPERS_UNANSWERED;
        for (acquaintance, allowed) in [
            (Acquaintance::Known, true),
            (Acquaintance::Unanswered(most - 1), true),
            (Acquaintance::Unanswered(most), false),
            (Acquaintance::New(limits::WHISPERS_BEGUN_HOURLY - 1), true),
            (Acquaintance::New(limits::WHISPERS_BEGUN_HOURLY), false),
        ] {
            assert_eq!(may_approach(acquaintance).is_ok(), allowed, "{acquaintance:?}");
        }
    }
}
