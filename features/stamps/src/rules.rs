//! Which elements a client may not send.

use skein_xml::Element;
use skein_xmpp::{Jid, ns};

/// Whether a top-level child claims what only a server of ours may claim. `is_ours` tells
/// whether a prepared domain is served here.
pub(crate) fn is_forged(child: Element<'_>, is_ours: impl Fn(&str) -> bool) -> bool {
    let claims =
        |attribute: &str| child.attr(attribute).is_some_and(|who| names_us(&who, &is_ours));
    match (child.name(), child.ns()) {
        // Without `by` it means nothing to anyone (XEP-0359 section 3).
        ("stanza-id", ns::STANZA_ID) => child.attr("by").is_none() || claims("by"),
        ("delay", ns::DELAY) => claims("from"),
        // The wrappers are only ever true from one's own server (CVE-2017-5589 and its kin).
        ("received" | "sent", ns::CARBONS) | ("result" | "fin", ns::MAM) => true,
        // A room adds it, and no room is behind a client.
        ("occupant-id", ns::OCCUPANT_ID) => true,
        _ => false,
    }
}

/// Whether an address is at a domain of ours, however it is spelled. One that cannot be
/// read might be read by a careless client, so it counts.
fn names_us(who: &str, is_ours: impl Fn(&str) -> bool) -> bool {
    Jid::parse(who).map_or(true, |who| is_ours(who.domain()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn forged(xml: &str) -> bool {
        let document = Document::parse(xml, &Limits::after_login()).expect("well-formed");
        is_forged(document.root(), |domain| domain == "h.example")
    }

    #[test]
    fn s05_ids_in_our_name_are_forged_however_they_are_spelled() {
        for (by, expected) in [
            ("bob@h.example", true),
            ("BOB@H.Example", true),
            ("bob@h.example/phone", true),
            ("h.example", true),
            ("h.example.", true),
            ("nobody@h.example", true),
            ("@@", true),
            ("", true),
            ("room@elsewhere.example", false),
            ("h.example@elsewhere.example", false),
            ("elsewhere.example/h.example", false),
        ] {
            for (name, namespace, attribute) in
                [("stanza-id", ns::STANZA_ID, "by"), ("delay", ns::DELAY, "from")]
            {
                let xml = format!("<{name} xmlns='{namespace}' {attribute}='{by}' id='1'/>");
                assert_eq!(forged(&xml), expected, "{xml}");
            }
        }
        assert!(forged("<s:stanza-id xmlns:s='urn:xmpp:sid:0' by='bob@h.example' id='F3'/>"));
        assert!(forged("<stanza-id xmlns='urn:xmpp:sid:0' id='1'/>"));
    }

    #[test]
    fn s02_wrappers_do_not_come_from_clients() {
        for (xml, expected) in [
            ("<received xmlns='urn:xmpp:carbons:2'/>", true),
            ("<sent xmlns='urn:xmpp:carbons:2'/>", true),
            ("<result xmlns='urn:xmpp:mam:2' queryid='guess' id='1'/>", true),
            ("<occupant-id xmlns='urn:xmpp:occupant-id:0' id='x'/>", true),
            ("<received xmlns='urn:xmpp:receipts' id='x'/>", false),
            ("<private xmlns='urn:xmpp:carbons:2'/>", false),
        ] {
            assert_eq!(forged(xml), expected, "{xml}");
        }
    }

    #[test]
    fn what_senders_may_say_stays() {
        for xml in [
            "<origin-id xmlns='urn:xmpp:sid:0' id='de305d54'/>",
            "<delay xmlns='urn:xmpp:delay' stamp='2026-11-24T10:00:00Z'/>",
            "<forwarded xmlns='urn:xmpp:forward:0'/>",
            "<body xmlns='jabber:client'>x</body>",
        ] {
            assert!(!forged(xml), "{xml}");
        }
    }
}
