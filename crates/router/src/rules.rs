//! Server rules for processing stanzas to local accounts (RFC 6121 section 8.5),
//! as a pure function, so that the whole table can be tested.

use skein_xmpp::{Condition, IqType, Kind, MessageType, PresenceType};

/// A session of the addressed account, as far as the rules look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// It is the resource of the full address.
    pub matches: bool,
    /// Its priority, if it has sent available presence.
    pub priority: Option<i8>,
}

/// What becomes of a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// To the session whose resource the address names.
    Match,
    /// To all available sessions of non-negative priority.
    NonNegative,
    /// To all available sessions.
    Available,
    /// The account's server answers on its behalf.
    OnBehalf,
    /// Nobody is there: the message is kept for later.
    Absent,
    /// The sender gets this error.
    Error(Condition),
    /// Nothing happens.
    Ignore,
}

/// Decides for a stanza to an existing account. `full` tells whether the address
/// has a resource.
pub fn decide(kind: Kind, full: bool, resources: &[Resource]) -> Decision {
    if full && resources.iter().any(|resource| resource.matches) {
        return match kind {
            Kind::Presence(kind) if kind.is_subscription() || kind == PresenceType::Probe => {
                Decision::OnBehalf
            }
            _ => Decision::Match,
        };
    }
    let present = resources.iter().any(|resource| resource.priority.is_some_and(|p| p >= 0));
    match kind {
        Kind::Message(kind) => message(kind, full, present),
        Kind::Presence(kind) => presence(kind, full),
        Kind::Iq(_) if full => iq_to_nobody(kind),
        Kind::Iq(IqType::Get | IqType::Set) => Decision::OnBehalf,
        Kind::Iq(IqType::Result | IqType::Error) => Decision::Ignore,
    }
}

const fn message(kind: MessageType, full: bool, present: bool) -> Decision {
    match (kind, full, present) {
        // A chat goes on with whatever device the other person uses now
        // (section 8.5.3.2.1), and any text for the account waits for it.
        (MessageType::Chat, _, true) | (MessageType::Normal, false, true) => Decision::NonNegative,
        (MessageType::Chat, _, false) | (MessageType::Normal, false, false) => Decision::Absent,
        (MessageType::Headline, false, true) => Decision::NonNegative,
        (MessageType::Headline | MessageType::Error, _, _) => Decision::Ignore,
        (MessageType::Groupchat, _, _) | (MessageType::Normal, true, _) => {
            Decision::Error(Condition::ServiceUnavailable)
        }
    }
}

const fn presence(kind: PresenceType, full: bool) -> Decision {
    match kind {
        PresenceType::Available | PresenceType::Unavailable if !full => Decision::Available,
        PresenceType::Available | PresenceType::Unavailable | PresenceType::Error => {
            Decision::Ignore
        }
        PresenceType::Subscribe
        | PresenceType::Subscribed
        | PresenceType::Unsubscribe
        | PresenceType::Unsubscribed
        | PresenceType::Probe => Decision::OnBehalf,
    }
}

const fn iq_to_nobody(kind: Kind) -> Decision {
    match kind {
        Kind::Iq(IqType::Get | IqType::Set) => Decision::Error(Condition::ServiceUnavailable),
        _ => Decision::Ignore,
    }
}

/// What becomes of a stanza to an account that does not exist (section 8.5.1). The
/// answer is that of an account without available resources wherever an answer
/// is given at all, so that nobody learns which accounts exist.
pub const fn decide_for_nobody(kind: Kind) -> Decision {
    match kind {
        Kind::Message(MessageType::Error | MessageType::Headline) | Kind::Presence(_) => {
            Decision::Ignore
        }
        Kind::Message(_) | Kind::Iq(IqType::Get | IqType::Set) => {
            Decision::Error(Condition::ServiceUnavailable)
        }
        Kind::Iq(IqType::Result | IqType::Error) => Decision::Ignore,
    }
}

#[cfg(test)]
mod tests {
    use super::Decision::*;
    use super::*;
    use Condition::ServiceUnavailable;
    use IqType::{Get, Result, Set};
    use MessageType::{Chat, Error as Failed, Groupchat, Headline, Normal};
    use PresenceType::{Available as Here, Probe, Subscribe, Unavailable};

    const NOBODY: &[Resource] = &[];
    const CONNECTED: &[Resource] = &[Resource { matches: false, priority: None }];
    const NEGATIVE: &[Resource] = &[Resource { matches: false, priority: Some(-1) }];
    const PRESENT: &[Resource] = &[Resource { matches: false, priority: Some(0) }];
    const MATCHING: &[Resource] = &[Resource { matches: true, priority: Some(-5) }, PRESENT[0]];

    /// RFC 6121 table 1: kind | bare, no resource | bare, negative | bare, present | full, no match, nobody | full, no match, present | full, match
    #[test]
    fn stanzas_go_where_rfc_6121_section_8_5_says() {
        let refused = Error(ServiceUnavailable);
        let table = [
            (Kind::Message(Normal), [Absent, Absent, NonNegative, refused, refused, Match]),
            (Kind::Message(Chat), [Absent, Absent, NonNegative, Absent, NonNegative, Match]),
            (Kind::Message(Groupchat), [refused, refused, refused, refused, refused, Match]),
            (Kind::Message(Headline), [Ignore, Ignore, NonNegative, Ignore, Ignore, Match]),
            (Kind::Message(Failed), [Ignore, Ignore, Ignore, Ignore, Ignore, Match]),
            (Kind::Presence(Here), [Available, Available, Available, Ignore, Ignore, Match]),
            (Kind::Presence(Unavailable), [Available, Available, Available, Ignore, Ignore, Match]),
            (Kind::Presence(Subscribe), [OnBehalf; 6]),
            (Kind::Presence(Probe), [OnBehalf; 6]),
            (Kind::Iq(Get), [OnBehalf, OnBehalf, OnBehalf, refused, refused, Match]),
            (Kind::Iq(Set), [OnBehalf, OnBehalf, OnBehalf, refused, refused, Match]),
            (Kind::Iq(Result), [Ignore, Ignore, Ignore, Ignore, Ignore, Match]),
        ];
        for (kind, expected) in table {
            let decided = [
                decide(kind, false, NOBODY),
                decide(kind, false, NEGATIVE),
                decide(kind, false, PRESENT),
                decide(kind, true, NOBODY),
                decide(kind, true, PRESENT),
                decide(kind, true, MATCHING),
            ];
            assert_eq!(decided, expected, "{kind:?}");
            assert_eq!(decide(kind, false, CONNECTED), expected[0], "{kind:?} before presence");
        }
    }

    #[test]
    fn s12_a_missing_account_answers_like_one_that_cannot_be_seen() {
        for kind in [Kind::Iq(Get), Kind::Iq(Set), Kind::Message(Groupchat), Kind::Presence(Here)] {
            assert_eq!(decide_for_nobody(kind), decide(kind, true, CONNECTED), "{kind:?}");
        }
        assert_eq!(decide_for_nobody(Kind::Message(Chat)), Error(ServiceUnavailable));
    }
}
