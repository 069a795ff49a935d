//! What was seen lately, and that there was nothing.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use skein_base::{Timestamp, limits};
use skein_fetch::Place;

use crate::page::Page;

/// What a page is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Preview {
    /// Its words, short enough to be shown.
    pub(crate) page: Page,
    /// Where it is in the end.
    pub(crate) url: String,
    pub(crate) picture: Option<Picture>,
}

/// A picture that was made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) kind: &'static str,
    pub(crate) content: Bytes,
}

/// See the module. Bounded in number and in bytes; the oldest goes first.
#[derive(Default)]
pub(crate) struct Kept {
    seen: HashMap<Place, (Timestamp, Option<Arc<Preview>>)>,
    order: VecDeque<(Place, Timestamp)>,
    bytes: usize,
}

impl Kept {
    /// What is known of a place: a preview, that there is none, or nothing.
    pub(crate) fn get(&self, place: &Place, now: Timestamp) -> Option<Option<Arc<Preview>>> {
        let (until, seen) = self.seen.get(place)?;
        (*until > now).then(|| seen.clone())
    }

    pub(crate) fn put(&mut self, place: Place, seen: Option<Arc<Preview>>, now: Timestamp) {
        let fresh = match seen {
            Some(_) => limits::PREVIEW_FRESH,
            None => limits::PREVIEW_NONE_FRESH,
        };
        let until = now.plus(fresh);
        self.bytes += weight(seen.as_deref());
        if let Some((_, old)) = self.seen.insert(place.clone(), (until, seen)) {
            self.bytes -= weight(old.as_deref());
        }
        self.order.push_back((place, until));
        while self.order.len() > limits::PREVIEWS_KEPT || self.bytes > limits::PREVIEWS_KEPT_BYTES {
            let Some((place, until)) = self.order.pop_front() else { break };
            // It may have been seen again since.
            if self.seen.get(&place).is_some_and(|(own, _)| *own == until)
                && let Some((_, old)) = self.seen.remove(&place)
            {
                self.bytes -= weight(old.as_deref());
            }
        }
    }
}

/// Bytes that an entry takes, the place among them.
fn weight(seen: Option<&Preview>) -> usize {
    const PLACE: usize = 4_096;
    let picture = seen.and_then(|seen| seen.picture.as_ref());
    PLACE + picture.map_or(0, |picture| picture.content.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(n: usize) -> Place {
        Place::read(&format!("https://example.org/{n}")).expect("an address")
    }

    fn preview(bytes: usize) -> Option<Arc<Preview>> {
        let picture = Picture { kind: "image/jpeg", content: vec![0; bytes].into() };
        let (page, url) = (Page::default(), String::new());
        Some(Arc::new(Preview { page, url, picture: Some(picture) }))
    }

    #[test]
    fn it_is_remembered_for_a_while_and_nothing_for_less() {
        let mut kept = Kept::default();
        let now = Timestamp::from_secs(1_000);
        kept.put(place(1), preview(5), now);
        kept.put(place(2), None, now);
        assert_eq!(kept.get(&place(1), now), Some(preview(5)));
        assert_eq!(kept.get(&place(2), now), Some(None));
        assert_eq!(kept.get(&place(3), now), None);
        let later = now.plus(limits::PREVIEW_NONE_FRESH);
        assert_eq!(kept.get(&place(2), later), None);
        assert_eq!(kept.get(&place(1), later), Some(preview(5)));
        assert_eq!(kept.get(&place(1), now.plus(limits::PREVIEW_FRESH)), None);
    }

    #[test]
    fn memory_is_bounded_in_number_and_in_bytes() {
        let mut kept = Kept::default();
        for n in 0..5_000 {
            let at = Timestamp::from_secs(i64::try_from(n).expect("small"));
            kept.put(place(n), preview(100_000), at);
            kept.put(place(n % 7), None, at);
            assert!(kept.bytes <= limits::PREVIEWS_KEPT_BYTES);
            assert!(kept.seen.len() <= limits::PREVIEWS_KEPT);
            assert!(kept.order.len() <= limits::PREVIEWS_KEPT);
        }
        let all: usize = kept.seen.values().map(|(_, seen)| weight(seen.as_deref())).sum();
        assert_eq!(kept.bytes, all);
    }
}
