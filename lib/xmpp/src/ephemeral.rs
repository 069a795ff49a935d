//! Messages with a timer (XEP-0466): `<ephemeral timer=''/>` as clients send it, and
//! `<expires at=''/>` by which the server says when such a message is gone.

use std::time::Duration;

use skein_base::Timestamp;
use skein_xml::{Element, Writer};

use crate::{Condition, Stanza, StanzaError, ns};

/// Namespaces of what says nothing by itself: a message of these alone sets its chat's timer.
const BESIDE: [&str; 4] = [ns::EPHEMERAL, ns::EXPIRES, ns::HINTS, ns::STANZA_ID];

/// What a message says of timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// It goes after these seconds; never zero.
    Goes(u32),
    /// The chat's messages have that timer from now on; zero is none.
    Sets(u32),
}

impl Timer {
    /// Reads a message; `None` if it has no timer.
    ///
    /// # Errors
    /// `bad-request` for what is no whole number of seconds, for two timers, and for content
    /// that would be gone at once.
    pub fn read(stanza: &Stanza) -> Result<Option<Self>, StanzaError> {
        if !stanza.has_any(ns::EPHEMERAL) {
            return Ok(None);
        }
        let mut timers = stanza.children().filter(|child| child.ns() == ns::EPHEMERAL);
        let Some(timer) = timers.next() else { return Ok(None) };
        if timer.name() != "ephemeral" || timers.next().is_some() {
            return Err(bad("one timer is enough"));
        }
        let seconds = timer.attr("timer").as_deref().and_then(seconds);
        let seconds = seconds.ok_or_else(|| bad("a timer is a whole number of seconds"))?;
        if is_setting(stanza) {
            return Ok(Some(Self::Sets(seconds)));
        }
        if seconds == 0 {
            return Err(bad("a message with content lasts a second at least"));
        }
        Ok(Some(Self::Goes(seconds)))
    }
}

/// Reads an `xs:unsignedInt` in its plain form: digits alone.
pub fn seconds(text: &str) -> Option<u32> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

fn is_setting(stanza: &Stanza) -> bool {
    stanza.children().all(|child| {
        BESIDE.contains(&child.ns()) || (child.name(), child.ns()) == ("thread", ns::CLIENT)
    })
}

/// When the message is gone, if a server of ours has said so.
pub fn expires(stanza: &Stanza) -> Option<Timestamp> {
    let added = Element::siblings(stanza.added(), ns::CLIENT);
    let mut said = stanza.children().chain(added);
    let said = said.find(|child| (child.name(), child.ns()) == ("expires", ns::EXPIRES))?;
    said.attr("at").as_deref().and_then(Timestamp::parse)
}

/// When a message is gone that was taken at `at`; `None` if it stays. What a server of ours
/// said goes before what its sender says.
pub fn end(stanza: &Stanza, at: Timestamp) -> Option<Timestamp> {
    expires(stanza).or_else(|| match Timer::read(stanza) {
        Ok(Some(Timer::Goes(seconds))) => Some(after(at, seconds)),
        _ => None,
    })
}

/// Elements within each other that are looked through for an end: a copy of a message stands
/// three deep in its wrappers.
const DEPTH: u8 = 5;

/// Whether a message is gone at `now`, or a copy of one that stands in wrappers.
pub fn is_over(stanza: &Stanza, now: Timestamp) -> bool {
    let [content, added] = [stanza.content(), stanza.added()];
    [content, added].into_iter().any(|xml| {
        xml.contains(ns::EXPIRES)
            && Element::siblings(xml, ns::CLIENT).any(|child| says_over(child, now, DEPTH))
    })
}

fn says_over(element: Element<'_>, now: Timestamp, depth: u8) -> bool {
    if (element.name(), element.ns()) == ("expires", ns::EXPIRES) {
        let at = element.attr("at").as_deref().and_then(Timestamp::parse);
        return at.is_some_and(|at| at <= now);
    }
    depth > 0 && element.children().any(|child| says_over(child, now, depth - 1))
}

/// `seconds` after `at`.
pub fn after(at: Timestamp, seconds: u32) -> Timestamp {
    at.plus(Duration::from_secs(u64::from(seconds)))
}

/// Writes `<ephemeral/>`.
pub fn write_timer(writer: &mut Writer, seconds: u32) {
    writer.start("ephemeral", ns::EPHEMERAL);
    writer.attr("timer", &seconds.to_string());
    writer.end();
}

/// Writes `<expires/>`.
pub fn write_expires(writer: &mut Writer, at: Timestamp) {
    writer.start("expires", ns::EXPIRES);
    writer.attr("at", &at.to_string());
    writer.end();
}

fn bad(text: &str) -> StanzaError {
    StanzaError::new(Condition::BadRequest).text(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, MessageType};
    use skein_xml::{Document, Limits};

    fn message(inner: &str) -> Stanza {
        let xml = format!("<message xmlns='jabber:client' type='chat'>{inner}</message>");
        let document = Document::parse(&xml, &Limits::after_login()).expect("well-formed");
        Stanza::read(document.root()).expect("a message")
    }

    fn timer(value: &str) -> String {
        format!("<ephemeral xmlns='urn:xmpp:ephemeral:0' timer='{value}'/>")
    }

    #[test]
    fn timers_are_read_as_in_the_examples_of_xep_0466() {
        let reply = message(&format!("<body>Something</body>{}", timer("604800")));
        assert_eq!(Timer::read(&reply), Ok(Some(Timer::Goes(604_800))));
        let setting = message(&format!("{}<store xmlns='urn:xmpp:hints'/>", timer("432000")));
        assert_eq!(Timer::read(&setting), Ok(Some(Timer::Sets(432_000))));
        assert_eq!(Timer::read(&message(&timer("0"))), Ok(Some(Timer::Sets(0))));
        assert_eq!(Timer::read(&message("<body>x</body>")), Ok(None));
    }

    #[test]
    fn what_is_no_number_of_seconds_is_refused() {
        for value in
            ["", "0", "-1", "+1", "1.5", " 1", "1e3", "x", "4294967296", "99999999999999999999"]
        {
            let stanza = message(&format!("<body>x</body>{}", timer(value)));
            assert!(Timer::read(&stanza).is_err(), "{value:?}");
        }
        let most = message(&format!("<body>x</body>{}", timer("4294967295")));
        assert_eq!(Timer::read(&most), Ok(Some(Timer::Goes(u32::MAX))));
        let two = message(&format!("<body>x</body>{}{}", timer("5"), timer("6")));
        assert!(Timer::read(&two).is_err());
        assert!(Timer::read(&message("<ephemeral xmlns='urn:xmpp:ephemeral:0'/>")).is_err());
    }

    #[test]
    fn the_end_is_what_the_server_said_also_once_it_is_stored() {
        let at = Timestamp::from_secs(1_000);
        let sent = message(&format!("<body>x</body>{}", timer("10")));
        assert_eq!(end(&sent, at), Some(Timestamp::from_secs(1_010)));
        assert_eq!(expires(&sent), None);
        let stamped = sent.with_added(|writer| write_expires(writer, Timestamp::from_secs(1_005)));
        assert_eq!(end(&stamped, at), Some(Timestamp::from_secs(1_005)));
        let stored = stamped.to_xml();
        let document = Document::parse(&stored, &Limits::kept()).expect("well-formed");
        let stored = Stanza::read(document.root()).expect("a message");
        assert_eq!(expires(&stored), Some(Timestamp::from_secs(1_005)));
        assert!(is_over(&stored, Timestamp::from_secs(1_005)));
        assert!(!is_over(&stored, Timestamp::from_secs(1_004)));
        let copy = Stanza::new(Kind::Message(MessageType::Chat)).with_content(|writer| {
            writer.start("received", ns::CARBONS);
            crate::delay::write_forwarded(writer, &stored, None);
            writer.end();
        });
        assert!(is_over(&copy, at.plus(Duration::from_secs(5))) && !is_over(&copy, at));
        assert_eq!(end(&message(&timer("10")), at), None, "a setting stays");
        assert_eq!(end(&Stanza::new(Kind::Message(MessageType::Chat)), at), None);
    }
}
