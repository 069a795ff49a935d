//! What a message is, to somebody who does not know its sender.

use skein_kernel::contracts::Aspect;
use skein_xml::Element;
use skein_xmpp::{Kind, MessageType, Stanza, ns};

/// The words for aspects.
pub(crate) const fn name(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::LastSeen => "last-seen",
        Aspect::Picture => "picture",
        Aspect::Profile => "profile",
        Aspect::Status => "status",
        Aspect::Receipts => "receipts",
        Aspect::Groups => "groups",
    }
}

/// The aspect of a word.
pub(crate) fn named(text: &str) -> Option<Aspect> {
    Aspect::ALL.into_iter().find(|aspect| name(*aspect) == text)
}

/// Whether it tells that a message arrived or was read.
pub(crate) fn is_receipt(child: Element<'_>) -> bool {
    (child.ns() == ns::RECEIPTS && child.name() == "received")
        || (child.ns() == ns::MARKERS && child.name() != "markable")
}

/// Whether a message between two people says nothing but that its sender got, read or
/// writes something: it tells that somebody is there, and nobody decided to send it.
pub(crate) fn is_report(stanza: &Stanza) -> bool {
    let Kind::Message(MessageType::Chat | MessageType::Normal | MessageType::Headline) =
        stanza.kind
    else {
        return false;
    };
    if stanza.has_body() {
        return false;
    }
    let tells = |child: Element<'_>| child.ns() == ns::CHAT_STATES || is_receipt(child);
    let is_light = |child: Element<'_>| {
        let light =
            [ns::HINTS, ns::STANZA_ID, ns::CARBONS, ns::RECEIPTS, ns::MARKERS, ns::DISPLAYED];
        light.contains(&child.ns()) || child.name() == "thread"
    };
    stanza.children().any(tells) && stanza.children().all(|child| tells(child) || is_light(child))
}

/// Whether it is an invitation to a room, through one (XEP-0045 section 7.8.2) or straight
/// (XEP-0249).
pub(crate) fn is_invitation(stanza: &Stanza) -> bool {
    stanza.has("x", ns::CONFERENCE)
        || stanza
            .child("x", ns::MUC_USER)
            .is_some_and(|x| x.child("invite", ns::MUC_USER).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_told_from_messages_that_somebody_wrote() {
        let received = ("received", ns::RECEIPTS);
        let request = ("request", ns::RECEIPTS);
        let composing = ("composing", ns::CHAT_STATES);
        let store = ("store", ns::HINTS);
        let displayed = ("displayed", ns::MARKERS);
        let markable = ("markable", ns::MARKERS);
        let body = ("body", ns::CLIENT);
        let chat = MessageType::Chat;
        for (kind, children, expected) in [
            (chat, vec![received, store], true),
            (chat, vec![composing, markable], true),
            (MessageType::Normal, vec![displayed], true),
            (MessageType::Headline, vec![displayed], true),
            (MessageType::Groupchat, vec![displayed], false),
            (chat, vec![body, received], false),
            (chat, vec![body, request, markable, composing], false),
            (chat, vec![("propose", ns::JINGLE_MESSAGE), store], false),
            (chat, vec![store], false),
            (chat, vec![], false),
        ] {
            let message = Stanza::new(Kind::Message(kind)).with_content(|writer| {
                for (name, namespace) in &children {
                    writer.start(name, namespace);
                    writer.end();
                }
            });
            assert_eq!(is_report(&message), expected, "{kind:?} {children:?}");
        }
    }

    #[test]
    fn aspects_have_words() {
        for aspect in Aspect::ALL {
            assert_eq!(named(name(aspect)), Some(aspect));
        }
        assert_eq!(named("shoes"), None);
    }
}
