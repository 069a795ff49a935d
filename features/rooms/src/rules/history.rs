//! How much of the past somebody gets who enters (XEP-0045 section 7.2.13).

use std::time::Duration;

use skein_base::{Timestamp, limits};
use skein_xml::Element;
use skein_xmpp::ns;

/// Messages that the room shall give, the newest ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) messages: usize,
    /// Characters of the stanzas in all.
    pub(crate) chars: usize,
    pub(crate) since: Option<Timestamp>,
    /// The client named a bound itself.
    pub(crate) is_asked: bool,
}

impl Wanted {
    /// What `<history/>` inside of the room's `<x/>` asks for.
    pub(crate) fn read(x: Option<Element<'_>>, now: Timestamp) -> Self {
        let mut wanted = Self {
            messages: limits::ROOM_HISTORY,
            chars: usize::MAX,
            since: None,
            is_asked: false,
        };
        let Some(history) = x.and_then(|x| x.child("history", ns::MUC)) else { return wanted };
        let number = |name| history.attr(name).and_then(|value| value.parse::<u64>().ok());
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        if let Some(stanzas) = number("maxstanzas") {
            wanted.messages = size(stanzas).min(limits::PAGE_MAX);
            wanted.is_asked = true;
        }
        if let Some(chars) = number("maxchars") {
            wanted.chars = size(chars);
            wanted.is_asked = true;
        }
        let seconds = number("seconds").map(|seconds| {
            let most = u64::from(u32::MAX);
            now.minus(Duration::from_secs(seconds.min(most)))
        });
        let since = history.attr("since").and_then(|since| Timestamp::parse(&since));
        wanted.since = seconds.into_iter().chain(since).max();
        if wanted.since.is_some() {
            if number("maxstanzas").is_none() {
                wanted.messages = limits::PAGE_MAX;
            }
            wanted.is_asked = true;
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn read(history: &str) -> Wanted {
        let text = format!("<x xmlns='{}'>{history}</x>", ns::MUC);
        let document = Document::parse(&text, &Limits::after_login()).expect("well-formed");
        Wanted::read(Some(document.root()), Timestamp::from_secs(1_000_000))
    }

    #[test]
    fn bounds_are_those_of_the_client_within_ours() {
        assert_eq!(read("").messages, limits::ROOM_HISTORY);
        assert!(!read("").is_asked);
        assert_eq!(read("<history maxstanzas='0'/>").messages, 0);
        assert_eq!(read("<history maxstanzas='3'/>").messages, 3);
        assert_eq!(read("<history maxstanzas='999999999999'/>").messages, limits::PAGE_MAX);
        assert_eq!(read("<history maxchars='0'/>").chars, 0);
        assert_eq!(read("<history seconds='10'/>").since, Some(Timestamp::from_secs(999_990)));
        assert_eq!(
            read("<history since='1970-01-01T00:00:05Z'/>").since,
            Some(Timestamp::from_secs(5))
        );
        assert!(!read("<history maxstanzas='-1'/>").is_asked);
    }
}
