//! The room's timer (XEP-0466): messages last as long as it says, or shorter.

use skein_base::Timestamp;
use skein_xmpp::ephemeral::{Timer, after, expires, write_expires, write_timer};
use skein_xmpp::{Stanza, ns};

use crate::proto::message::is_kept;

/// A message as the room takes it at `now`: with `most` seconds to last, unless it has fewer
/// of its own or there is no bound. What is not kept needs no timer, and a setting has none.
pub(crate) fn timed(stanza: Stanza, most: u32, now: Timestamp) -> Stanza {
    if most == 0 || !is_kept(&stanza) {
        return stanza;
    }
    let lasts = match Timer::read(&stanza) {
        Ok(Some(Timer::Sets(_))) => return stanza,
        Ok(Some(Timer::Goes(seconds))) => seconds,
        _ => u32::MAX,
    };
    if lasts <= most && expires(&stanza).is_some() {
        return stanza;
    }
    let timed = stanza.clone().with_content(|writer| {
        let own = stanza.children().filter(|child| child.ns() != ns::EPHEMERAL);
        own.for_each(|child| writer.element(child));
        write_timer(writer, most.min(lasts));
    });
    timed.with_added(|writer| write_expires(writer, after(now, most.min(lasts))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn message(inner: &str) -> Stanza {
        let xml = format!("<message xmlns='jabber:client' type='groupchat'>{inner}</message>");
        let document = Document::parse(&xml, &Limits::after_login()).expect("well-formed");
        let stanza = Stanza::read(document.root()).expect("a message");
        match Timer::read(&stanza) {
            Ok(Some(Timer::Goes(seconds))) => {
                let end = after(Timestamp::default(), seconds);
                stanza.with_added(|writer| write_expires(writer, end))
            }
            _ => stanza,
        }
    }

    #[test]
    fn messages_last_as_long_as_the_room_says_or_shorter() {
        let timer =
            |seconds: u32| format!("<ephemeral xmlns='{}' timer='{seconds}'/>", ns::EPHEMERAL);
        let lasts = |inner: &str, most| {
            let stanza = timed(message(inner), most, Timestamp::default());
            (Timer::read(&stanza), expires(&stanza).map(Timestamp::secs))
        };
        let goes = |seconds| (Ok(Some(Timer::Goes(seconds))), Some(i64::from(seconds)));
        assert_eq!(lasts("<body>x</body>", 0), (Ok(None), None));
        assert_eq!(lasts("<body>x</body>", 60), goes(60));
        assert_eq!(lasts(&format!("<body>x</body>{}", timer(10)), 60), goes(10));
        assert_eq!(lasts(&format!("<body>x</body>{}", timer(600)), 60), goes(60));
        assert_eq!(lasts(&format!("<body>x</body>{}", timer(600)), 0), goes(600));
        assert_eq!(lasts(&timer(600), 60), (Ok(Some(Timer::Sets(600))), None));
        assert_eq!(
            lasts("<composing xmlns='http://jabber.org/protocol/chatstates'/>", 60),
            (Ok(None), None)
        );
    }
}
