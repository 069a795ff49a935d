//! A sentence for people whose client knows no timers, beside the message and marked as a
//! fallback (XEP-0428), so that clients which do know take it out again.
//!
//! It is added on the way out to one session. Logs hold what was sent. Where the body is
//! not what people read, or is what somebody signed, nothing is added.

use skein_kernel::Ctx;
use skein_kernel::contracts::Hints;
use skein_session::Session;
use skein_xml::Writer;
use skein_xmpp::ephemeral::Timer;
use skein_xmpp::{Kind, Stanza, ns};

/// Namespaces of messages whose body is left alone: ciphertext, signatures (XEP-0027, 0373,
/// 0380, 0384), and envelopes, which say themselves what they are.
const LEFT_ALONE: [&str; 7] = [
    "jabber:x:encrypted",
    "jabber:x:signed",
    "urn:xmpp:openpgp:0",
    "urn:xmpp:eme:0",
    "eu.siacs.conversations.axolotl",
    "urn:xmpp:omemo:2",
    ns::VIEW_ONCE,
];

/// The contract.
pub(crate) struct Sentences;

impl Hints for Sentences {
    fn add(&self, ctx: &Ctx, session: &Session, stanza: &Stanza) -> Option<Stanza> {
        if !matches!(stanza.kind, Kind::Message(_)) || !stanza.has_any(ns::EPHEMERAL) {
            return None;
        }
        if ctx.contracts.capabilities.knows(session, ns::EPHEMERAL) {
            return None;
        }
        hinted(stanza)
    }
}

fn hinted(stanza: &Stanza) -> Option<Stanza> {
    if stanza.children().any(|child| LEFT_ALONE.contains(&child.ns())) {
        return None;
    }
    match Timer::read(stanza) {
        Ok(Some(Timer::Goes(seconds))) if stanza.has_body() => {
            let sentence =
                format!("⏱ This message disappears {} after it was sent.", span(seconds));
            Some(behind(stanza, &sentence))
        }
        Ok(Some(Timer::Sets(0))) => {
            Some(alone(stanza, "⏱ Messages of this chat stay from now on."))
        }
        Ok(Some(Timer::Sets(seconds))) => {
            let span = span(seconds);
            let sentence = format!(
                "⏱ From now on messages of this chat disappear {span} after they were sent."
            );
            Some(alone(stanza, &sentence))
        }
        _ => None,
    }
}

/// With the sentence as the body.
fn alone(stanza: &Stanza, sentence: &str) -> Stanza {
    stanza.with_added(|writer| {
        writer.leaf("body", ns::CLIENT, sentence);
        write_fallback(writer, None);
    })
}

/// With the sentence behind the first body.
fn behind(stanza: &Stanza, sentence: &str) -> Stanza {
    let mut range = (0, 0);
    let changed = stanza.clone().with_content(|writer| {
        let mut is_done = false;
        for child in stanza.children() {
            if is_done || !child.is("body", ns::CLIENT) {
                writer.element(child);
                continue;
            }
            is_done = true;
            let text = format!("{}\n{sentence}", child.text());
            // XEP-0426: places are counted in code points; the line feed goes with the sentence.
            range = (child.text().chars().count(), text.chars().count());
            writer.start("body", ns::CLIENT);
            if let Some(lang) = child.attr("xml:lang") {
                writer.attr("xml:lang", &lang);
            }
            writer.text(&text);
            writer.end();
        }
        write_fallback(writer, Some(range));
    });
    match stanza.added() {
        "" => changed,
        added => changed.with_added(|writer| writer.raw(added)),
    }
}

fn write_fallback(writer: &mut Writer, range: Option<(usize, usize)>) {
    writer.start("fallback", ns::FALLBACK);
    writer.attr("for", ns::EPHEMERAL);
    writer.start("body", ns::FALLBACK);
    if let Some((start, end)) = range {
        writer.attr("start", &start.to_string());
        writer.attr("end", &end.to_string());
    }
    writer.end();
    writer.end();
}

/// A time as people say it: in the largest unit that divides it.
fn span(seconds: u32) -> String {
    let units =
        [(604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (size, name) =
        units.into_iter().find(|(size, _)| seconds.is_multiple_of(*size)).unwrap_or((1, "second"));
    let count = seconds / size;
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn message(inner: &str) -> Stanza {
        let xml = format!("<message xmlns='jabber:client' type='chat'>{inner}</message>");
        let document = Document::parse(&xml, &Limits::after_login()).expect("well-formed");
        Stanza::read(document.root()).expect("a message")
    }

    const TIMER: &str = "<ephemeral xmlns='urn:xmpp:ephemeral:0' timer='3600'/>";

    #[test]
    fn the_sentence_is_what_the_fallback_marks() {
        let sent = message(&format!("<body>Grüße 👋</body><x xmlns='urn:x'/>{TIMER}"));
        let sent = sent.with_added(|writer| writer.leaf("y", "urn:y", "z"));
        let shown = hinted(&sent).expect("a sentence");
        let body = shown.child("body", ns::CLIENT).expect("a body").text().into_owned();
        let range = shown.child("fallback", ns::FALLBACK).expect("marked");
        assert_eq!(range.attr("for").as_deref(), Some(ns::EPHEMERAL));
        let range = range.child("body", ns::FALLBACK).expect("a range");
        let place = |name| range.attr(name).expect("a place").parse::<usize>().expect("a number");
        let rest: String =
            body.chars().take(place("start")).chain(body.chars().skip(place("end"))).collect();
        assert_eq!(rest, "Grüße 👋");
        assert!(body.ends_with("disappears 1 hour after it was sent."), "{body}");
        assert!(shown.has("x", "urn:x") && shown.added().contains("urn:y"));
    }

    #[test]
    fn a_setting_is_all_fallback() {
        let shown = hinted(&message(TIMER)).expect("a sentence");
        assert!(shown.added().contains("disappear 1 hour after"), "{}", shown.added());
        let off = message("<ephemeral xmlns='urn:xmpp:ephemeral:0' timer='0'/>");
        assert!(hinted(&off).expect("a sentence").added().contains("stay from now on"));
    }

    #[test]
    fn ciphertext_signatures_and_envelopes_are_left_as_they_are() {
        for beside in [
            "<encrypted xmlns='urn:xmpp:omemo:2'/>",
            "<encrypted xmlns='eu.siacs.conversations.axolotl'/>",
            "<openpgp xmlns='urn:xmpp:openpgp:0'/>",
            "<x xmlns='jabber:x:signed'/>",
            "<view-once xmlns='urn:skein:view-once:0' id='a'/>",
        ] {
            assert_eq!(
                hinted(&message(&format!("<body>x</body>{beside}{TIMER}"))),
                None,
                "{beside}"
            );
        }
        assert_eq!(hinted(&message("<body>x</body>")), None);
    }

    #[test]
    fn times_are_said_in_their_largest_unit() {
        for (seconds, said) in [
            (1, "1 second"),
            (10, "10 seconds"),
            (90, "90 seconds"),
            (60, "1 minute"),
            (86_400, "1 day"),
            (604_800, "1 week"),
            (u32::MAX, "4294967295 seconds"),
        ] {
            assert_eq!(span(seconds), said);
        }
    }
}
