//! What is kept, and for whom.

use skein_xmpp::{Jid, Kind, MessageType, Stanza, ns};

/// The owner sent it.
pub(crate) const SENT: i64 = 1;
/// It shows in the archive; without this bit it is only owed.
pub(crate) const SHOWN: i64 = 2;
/// It waits for a client that does not read the archive itself.
pub(crate) const OWED: i64 = 4;
/// It is something to read: it counts as unread.
pub(crate) const TEXT: i64 = 8;

// Bit 16 is SQLite's own: see conversations.rs.

/// What becomes of a message by its own content (XEP-0313 section 5.1.3, XEP-0334).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    /// Kept in the archive.
    Keep,
    /// Held for an absent recipient and forgotten afterwards.
    Hold,
    /// Not kept at all.
    Nothing,
}

/// Namespaces of content without a body that later readers need: acknowledgements,
/// reactions, retractions, ciphertext, call invitations.
const LASTING: [&str; 8] = [
    ns::RECEIPTS,
    ns::MARKERS,
    ns::REACTIONS,
    ns::RETRACT,
    ns::CORRECT,
    "urn:xmpp:omemo:2",
    "eu.siacs.conversations.axolotl",
    "urn:xmpp:jingle-message:0",
];

/// What a message is worth.
pub(crate) fn worth(stanza: &Stanza) -> Worth {
    let Kind::Message(MessageType::Chat | MessageType::Normal) = stanza.kind else {
        return Worth::Nothing;
    };
    let hint = |name| stanza.has(name, ns::HINTS);
    if hint("no-store") {
        return Worth::Nothing;
    }
    let has_text = stanza.has_body();
    if hint("no-permanent-store") {
        return if has_text { Worth::Hold } else { Worth::Nothing };
    }
    let lasting = || {
        stanza.children().any(|child| {
            LASTING.contains(&child.ns()) && !matches!(child.name(), "request" | "markable")
        })
    };
    if has_text || hint("store") || lasting() { Worth::Keep } else { Worth::Nothing }
}

/// Whether it is something to read.
pub(crate) fn is_text(stanza: &Stanza) -> bool {
    stanza.has_body()
        || stanza
            .children()
            .any(|child| child.name() == "encrypted" && LASTING.contains(&child.ns()))
}

/// What is kept for an owner who said nothing (XEP-0441).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Normally {
    /// Everything.
    #[default]
    Always,
    /// Nothing.
    Never,
    /// Conversations with contacts.
    Roster,
}

impl Normally {
    /// As written.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Roster => "roster",
        }
    }

    /// The rule of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Always, Self::Never, Self::Roster].into_iter().find(|rule| rule.name() == name)
    }
}

/// An owner's archiving preferences (XEP-0441).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Preferences {
    pub(crate) normally: Normally,
    pub(crate) always: Vec<Jid>,
    pub(crate) never: Vec<Jid>,
}

impl Preferences {
    /// Whether a conversation is kept. An exception for a full address goes before one
    /// for the bare address.
    pub(crate) fn keeps(&self, peer: &Jid, is_contact: impl FnOnce() -> bool) -> bool {
        for address in [peer.as_str(), peer.bare_str()] {
            let names = |list: &[Jid]| list.iter().any(|jid| jid.as_str() == address);
            if names(&self.never) {
                return false;
            }
            if names(&self.always) {
                return true;
            }
        }
        match self.normally {
            Normally::Always => true,
            Normally::Never => false,
            Normally::Roster => is_contact(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: MessageType, children: &[(&str, &str)]) -> Stanza {
        Stanza::new(Kind::Message(kind)).with_content(|writer| {
            for (name, namespace) in children {
                writer.start(name, namespace);
                writer.end();
            }
        })
    }

    #[test]
    fn what_is_kept_follows_type_content_and_hints() {
        use MessageType::{Chat, Error, Groupchat, Headline, Normal};
        let body = ("body", ns::CLIENT);
        let state = ("composing", ns::CHAT_STATES);
        for (kind, children, expected) in [
            (Chat, vec![body], Worth::Keep),
            (Normal, vec![body, ("request", ns::RECEIPTS)], Worth::Keep),
            (Chat, vec![state], Worth::Nothing),
            (Chat, vec![state, ("request", ns::RECEIPTS)], Worth::Nothing),
            (Chat, vec![("received", ns::RECEIPTS)], Worth::Keep),
            (Chat, vec![("displayed", ns::MARKERS)], Worth::Keep),
            (Chat, vec![("markable", ns::MARKERS)], Worth::Nothing),
            (Chat, vec![("reactions", ns::REACTIONS)], Worth::Keep),
            (Chat, vec![state, ("store", ns::HINTS)], Worth::Keep),
            (Chat, vec![body, ("no-store", ns::HINTS)], Worth::Nothing),
            (Chat, vec![body, ("no-permanent-store", ns::HINTS)], Worth::Hold),
            (Headline, vec![body], Worth::Nothing),
            (Groupchat, vec![body], Worth::Nothing),
            (Error, vec![body], Worth::Nothing),
            (Chat, vec![], Worth::Nothing),
        ] {
            assert_eq!(worth(&message(kind, &children)), expected, "{kind:?} {children:?}");
        }
    }

    #[test]
    fn exceptions_go_before_the_general_rule() {
        let jid = |text| Jid::parse(text).expect("valid");
        let preferences = Preferences {
            normally: Normally::Never,
            always: vec![jid("romeo@montague.example")],
            never: vec![jid("romeo@montague.example/spy")],
        };
        assert!(preferences.keeps(&jid("romeo@montague.example/garden"), || false));
        assert!(!preferences.keeps(&jid("romeo@montague.example/spy"), || false));
        assert!(!preferences.keeps(&jid("tybalt@capulet.example"), || false));
    }
}
