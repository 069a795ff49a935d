//! Which messages are copied (XEP-0280 section 6.1).

use skein_kernel::Side;
use skein_xmpp::{Jid, Kind, MessageType, Stanza, ns};

/// What instant messaging says without a body (section 6.1, third rule).
const SIGNALS: [&str; 3] = [ns::RECEIPTS, ns::CHAT_STATES, ns::MARKERS];

/// Whether copies are made, on the recipient's or the sender's side.
pub(crate) fn is_eligible(stanza: &Stanza, side: Side) -> bool {
    let Kind::Message(kind) = stanza.kind else { return false };
    let is_private = || stanza.has("private", ns::CARBONS) || stanza.has("no-copy", ns::HINTS);
    if kind == MessageType::Groupchat || is_private() || stanza.has_any(ns::CARBONS) {
        return false;
    }
    if side == Side::Received && is_from_occupant(stanza) {
        return false;
    }
    let signals = || stanza.children().any(|child| SIGNALS.contains(&child.ns()));
    match kind {
        MessageType::Chat => true,
        // An error is eligible if what it answers was: it brings back the content, and a
        // chat that never had a body or signal is not missed.
        MessageType::Normal | MessageType::Error => {
            stanza.has_body() || signals() || invites(stanza)
        }
        MessageType::Headline | MessageType::Groupchat => signals(),
    }
}

/// Whether it invites to a room, by the sender (XEP-0249) or by the room (XEP-0045 section 7.8.2).
fn invites(stanza: &Stanza) -> bool {
    stanza.has("x", ns::CONFERENCE) || mediates(stanza)
}

fn mediates(stanza: &Stanza) -> bool {
    let room = stanza.child("x", ns::MUC_USER);
    room.is_some_and(|room| {
        ["invite", "decline"].into_iter().any(|name| room.child(name, ns::MUC_USER).is_some())
    })
}

/// Whether an occupant of a room sent it in private: the room gives it to each session
/// of the recipient that is in the room.
fn is_from_occupant(stanza: &Stanza) -> bool {
    let from_full = stanza.from.as_ref().is_some_and(|from: &Jid| !from.is_bare());
    from_full && stanza.has("x", ns::MUC_USER) && !mediates(stanza)
}

#[cfg(test)]
mod tests {
    use super::*;
    use MessageType::{Chat, Error, Groupchat, Headline, Normal};

    fn message(kind: MessageType, children: &[(&str, &str)]) -> Stanza {
        let mut stanza = Stanza::new(Kind::Message(kind));
        stanza.from = Jid::parse("juliet@capulet.example/balcony").ok();
        stanza.with_content(|writer| {
            for (name, namespace) in children {
                writer.start(name, namespace);
                writer.end();
            }
        })
    }

    #[test]
    fn messages_are_copied_by_the_rules_of_section_6_1() {
        let body = ("body", ns::CLIENT);
        let state = ("composing", ns::CHAT_STATES);
        for (kind, children, expected) in [
            (Chat, vec![body], true),
            (Chat, vec![], true),
            (Chat, vec![("encrypted", "urn:xmpp:omemo:2")], true),
            (Normal, vec![body], true),
            (Normal, vec![], false),
            (Normal, vec![("subject", ns::CLIENT)], false),
            (Normal, vec![("received", ns::RECEIPTS)], true),
            (Normal, vec![("displayed", ns::MARKERS)], true),
            (Normal, vec![state], true),
            (Normal, vec![("x", ns::CONFERENCE)], true),
            (Error, vec![body, ("error", ns::CLIENT)], true),
            (Error, vec![("error", ns::CLIENT)], false),
            (Headline, vec![body], false),
            (Groupchat, vec![body], false),
            (Groupchat, vec![state], false),
            (Chat, vec![body, ("private", ns::CARBONS), ("no-copy", ns::HINTS)], false),
            (Chat, vec![body, ("private", ns::CARBONS)], false),
            (Chat, vec![body, ("no-copy", ns::HINTS)], false),
            (Chat, vec![("received", ns::CARBONS)], false),
            (Chat, vec![("sent", ns::CARBONS)], false),
        ] {
            for side in [Side::Sent, Side::Received] {
                assert_eq!(
                    is_eligible(&message(kind, &children), side),
                    expected,
                    "{kind:?} {children:?}"
                );
            }
        }
    }

    #[test]
    fn private_messages_of_rooms_are_copied_when_sent_only() {
        let private = message(Chat, &[("body", ns::CLIENT), ("x", ns::MUC_USER)]);
        assert!(is_eligible(&private, Side::Sent));
        assert!(!is_eligible(&private, Side::Received));
        let mut invitation = Stanza::new(Kind::Message(Normal));
        invitation.from = Jid::parse("room@rooms.example").ok();
        let invitation = invitation.with_content(|writer| {
            writer.start("x", ns::MUC_USER);
            writer.start("invite", ns::MUC_USER);
            writer.end();
            writer.end();
        });
        assert!(is_eligible(&invitation, Side::Received));
    }
}
