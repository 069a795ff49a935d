//! `<received/>` and `<sent/>` (XEP-0280 sections 7 and 8).

use skein_session::Session;
use skein_xmpp::delay::write_forwarded;
use skein_xmpp::{Jid, Stanza, ns};

/// The copy of a received message for `session`.
pub(crate) fn received(message: &Stanza, session: &Session) -> Stanza {
    wrap("received", message, &session.user.jid, &session.jid)
}

/// The copy of a sent message for `session`.
pub(crate) fn sent(message: &Stanza, session: &Session) -> Stanza {
    wrap("sent", message, &session.user.jid, &session.jid)
}

fn wrap(element: &str, message: &Stanza, owner: &Jid, to: &Jid) -> Stanza {
    let mut copy = Stanza::new(message.kind);
    copy.from = Some(owner.clone());
    copy.to = Some(to.clone());
    copy.with_content(|writer| {
        writer.start(element, ns::CARBONS);
        write_forwarded(writer, message, None);
        writer.end();
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xmpp::{Kind, MessageType};

    #[test]
    fn a_copy_looks_like_the_example_of_section_7() {
        let jid = |text| Jid::parse(text).expect("valid");
        let mut message = Stanza::new(Kind::Message(MessageType::Chat));
        message.from = Some(jid("juliet@capulet.example/balcony"));
        message.to = Some(jid("romeo@montague.example/garden"));
        let message =
            message.with_content(|writer| writer.leaf("body", ns::CLIENT, "What man art thou?"));
        let message = message.with_added(|writer| {
            writer.start("stanza-id", ns::STANZA_ID);
            writer.attr("by", "romeo@montague.example");
            writer.attr("id", "5");
            writer.end();
        });
        let copy = wrap(
            "received",
            &message,
            &jid("romeo@montague.example"),
            &jid("romeo@montague.example/home"),
        );
        assert_eq!(
            copy.to_xml(),
            "<message xmlns='jabber:client' from='romeo@montague.example' to='romeo@montague.example/home' type='chat'>\
             <received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>\
             <message xmlns='jabber:client' from='juliet@capulet.example/balcony' to='romeo@montague.example/garden' type='chat'>\
             <body>What man art thou?</body>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='romeo@montague.example' id='5'/></message></forwarded></received></message>"
        );
    }
}
