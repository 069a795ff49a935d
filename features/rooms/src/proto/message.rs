//! What a message to a room is, and what of it passes.

use skein_base::Timestamp;
use skein_xml::Element;
use skein_xmpp::{Stanza, ns};

use crate::rules::voice::Speech;

/// XEP-0033: extended addresses.
const ADDRESSES: &str = "http://jabber.org/protocol/address";

/// Whether a child claims what only the room may say (R04).
pub(crate) fn is_forged(child: Element<'_>) -> bool {
    matches!(
        (child.name(), child.ns()),
        (_, ns::MUC | ns::MUC_USER | ns::OCCUPANT_ID | ns::HATS | ns::ROOMS | ns::MAV | ADDRESSES)
            | ("stanza-id", ns::STANZA_ID)
            | ("delay", ns::DELAY)
            | ("moderated" | "moderate", ns::MODERATE)
    ) || (child.is("apply-to", ns::FASTEN) && child.child("moderated", ns::MODERATE_0).is_some())
}

/// Whether a message changes the subject and says nothing else (section 8.1).
pub(crate) fn is_subject(stanza: &Stanza) -> bool {
    stanza.has("subject", ns::CLIENT) && !stanza.has_body() && !stanza.has("thread", ns::CLIENT)
}

/// What says nothing by itself: that something was read or liked, is being written, is taken
/// back.
const QUIET: [&str; 6] =
    [ns::MARKERS, ns::REACTIONS, ns::RETRACT, ns::CHAT_STATES, ns::HINTS, ns::STANZA_ID];

/// What a message to all is, as far as rights look. What is not known says something.
pub(crate) fn speech(stanza: &Stanza) -> Speech {
    let is_call = |child: Element<'_>| {
        matches!(
            (child.name(), child.ns()),
            ("invite", "urn:xmpp:call-invites:0") | ("propose", "urn:xmpp:jingle-message:0")
        )
    };
    Speech {
        is_post: stanza.children().any(|child| !QUIET.contains(&child.ns()) && !is_call(child)),
        is_call: stanza.children().any(is_call),
    }
}

/// Namespaces of content without a body that later readers need.
const LASTING: [&str; 7] = [
    ns::MARKERS,
    ns::REACTIONS,
    ns::RETRACT,
    ns::CORRECT,
    "urn:xmpp:omemo:2",
    "eu.siacs.conversations.axolotl",
    "urn:xmpp:call-invites:0",
];

/// Whether a message is kept in the room's log.
pub(crate) fn is_kept(stanza: &Stanza) -> bool {
    if stanza.has("no-store", ns::HINTS) || stanza.has("no-permanent-store", ns::HINTS) {
        return false;
    }
    let lasting = |child: Element<'_>| LASTING.contains(&child.ns()) && child.name() != "markable";
    stanza.has_body() || stanza.has("store", ns::HINTS) || stanza.children().any(lasting)
}

/// Whether a client in the background need not be woken for it (XEP-0352).
pub(crate) fn can_wait(stanza: &Stanza) -> bool {
    stanza.children().all(|child| [ns::CHAT_STATES, ns::HINTS, ns::MARKERS].contains(&child.ns()))
}

/// The id of the message that a retraction takes back (XEP-0424).
pub(crate) fn retracted(stanza: &Stanza) -> Option<String> {
    let retract = stanza.child("retract", ns::RETRACT)?;
    retract.attr("id").map(|id| id.into_owned())
}

/// The id of who sent a message that the room keeps (XEP-0421).
pub(crate) fn author(kept: &Stanza) -> Option<String> {
    kept.child("occupant-id", ns::OCCUPANT_ID)?.attr("id").map(|id| id.into_owned())
}

/// Who took a message back in its author's place (XEP-0425).
pub(crate) struct Moderator<'a> {
    pub(crate) at: &'a str,
    pub(crate) occupant_id: &'a str,
    pub(crate) reason: Option<&'a str>,
}

/// What stands in place of a message that was taken back (XEP-0424 section 5, XEP-0425
/// section 5): its sender and id, and no content.
pub(crate) fn tombstone(
    kept: &Stanza,
    by: Option<&str>,
    moderator: Option<&Moderator<'_>>,
    at: Timestamp,
) -> Stanza {
    let author = author(kept);
    kept.clone().with_content(|writer| {
        writer.start("retracted", ns::RETRACT);
        if let Some(by) = by {
            writer.attr("id", by);
        }
        writer.attr("stamp", &at.to_string());
        if let Some(moderator) = moderator {
            write_moderated(writer, moderator);
        }
        writer.end();
        if let Some(author) = author {
            crate::room::show::write_occupant_id(writer, &author);
        }
    })
}

/// Writes `<moderated/>` and the reason behind it.
pub(crate) fn write_moderated(writer: &mut skein_xml::Writer, moderator: &Moderator<'_>) {
    writer.start("moderated", ns::MODERATE);
    writer.attr("by", moderator.at);
    crate::room::show::write_occupant_id(writer, moderator.occupant_id);
    writer.end();
    if let Some(reason) = moderator.reason {
        writer.leaf("reason", ns::RETRACT, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xmpp::{Kind, MessageType};

    fn message(children: &[(&str, &str)]) -> Stanza {
        Stanza::new(Kind::Message(MessageType::Groupchat)).with_content(|writer| {
            for (name, namespace) in children {
                writer.leaf(name, namespace, "x");
            }
        })
    }

    #[test]
    fn r04_what_only_the_room_may_say_is_removed() {
        for (name, namespace, forged) in [
            ("x", ns::MUC_USER, true),
            ("occupant-id", ns::OCCUPANT_ID, true),
            ("stanza-id", ns::STANZA_ID, true),
            ("origin-id", ns::STANZA_ID, false),
            ("hats", ns::HATS, true),
            ("delay", ns::DELAY, true),
            ("body", ns::CLIENT, false),
            ("x", "jabber:x:oob", false),
        ] {
            let stanza = message(&[(name, namespace)]);
            assert_eq!(stanza.children().any(is_forged), forged, "{name} {namespace}");
        }
    }

    #[test]
    fn what_says_something_is_told_from_what_does_not() {
        let (reactions, retract) = (("reactions", ns::REACTIONS), ("retract", ns::RETRACT));
        let call = ("invite", "urn:xmpp:call-invites:0");
        for (children, is_post, is_call) in [
            (vec![("body", ns::CLIENT)], true, false),
            (vec![reactions], false, false),
            (vec![retract, ("body", ns::CLIENT)], true, false),
            (vec![("composing", ns::CHAT_STATES), ("no-store", ns::HINTS)], false, false),
            (vec![("encrypted", "urn:xmpp:omemo:2")], true, false),
            (vec![call], false, true),
            (vec![call, ("body", ns::CLIENT)], true, true),
            (vec![("left", "urn:xmpp:call-invites:0")], true, false),
        ] {
            assert_eq!(speech(&message(&children)), Speech { is_post, is_call }, "{children:?}");
        }
    }

    #[test]
    fn a_subject_stands_alone() {
        let subject = ("subject", ns::CLIENT);
        assert!(is_subject(&message(&[subject])));
        assert!(!is_subject(&message(&[subject, ("body", ns::CLIENT)])));
        assert!(!is_subject(&message(&[subject, ("thread", ns::CLIENT)])));
    }

    #[test]
    fn what_is_kept_follows_content_and_hints() {
        let body = ("body", ns::CLIENT);
        for (children, kept) in [
            (vec![body], true),
            (vec![("composing", ns::CHAT_STATES)], false),
            (vec![("reactions", ns::REACTIONS)], true),
            (vec![body, ("no-store", ns::HINTS)], false),
            (vec![("markable", ns::MARKERS)], false),
            (vec![("displayed", ns::MARKERS)], true),
        ] {
            assert_eq!(is_kept(&message(&children)), kept, "{children:?}");
        }
    }

    #[test]
    fn a_tombstone_holds_the_author_and_no_words() {
        let kept = message(&[("body", ns::CLIENT)])
            .with_added(|writer| crate::room::show::write_occupant_id(writer, "dd72"));
        let document = skein_xml::Document::parse(&kept.to_xml(), &skein_xml::Limits::kept());
        let kept = Stanza::read(document.expect("well-formed").root()).expect("a stanza");
        let stone = tombstone(&kept, Some("r1"), None, Timestamp::from_secs(0));
        assert_eq!(author(&stone).as_deref(), Some("dd72"));
        assert!(stone.has("retracted", ns::RETRACT) && !stone.has_body());
    }
}
