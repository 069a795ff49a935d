//! Finding where a stanza ends, and the few attributes that are counted.
//!
//! This is no XML parser: it trusts the server under test to escape `<` and
//! `>` in attribute values, which every server does, and pays with that for
//! costing less than the server.

use std::ops::Range;

use memchr::{memchr, memmem};

/// What stands at the front of the bytes received.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Nothing whole yet.
    Incomplete,
    /// So many bytes that are no stanza: white space, the XML declaration, the stream header.
    Prelude(usize),
    /// A first-level element in these bytes.
    Stanza(Range<usize>),
    /// `</stream:stream>`.
    Close,
}

/// Looks at the front of `input`.
pub(crate) fn next(input: &[u8]) -> Piece {
    match input.first() {
        None => return Piece::Incomplete,
        Some(b'<') => {}
        Some(_) => return Piece::Prelude(memchr(b'<', input).unwrap_or(input.len())),
    }
    let mut at = 0;
    let mut depth = 0usize;
    while let Some(open) = memchr(b'<', &input[at..]).map(|found| found + at) {
        let Some(close) = memchr(b'>', &input[open..]).map(|found| found + open) else {
            return Piece::Incomplete;
        };
        at = close + 1;
        match input[open + 1] {
            b'/' if depth == 0 => return Piece::Close,
            b'/' => depth -= 1,
            b'?' => return Piece::Prelude(at),
            _ if input[close - 1] == b'/' => {}
            _ if depth == 0 && input[open..].starts_with(b"<stream:stream") => {
                return Piece::Prelude(at);
            }
            _ => depth += 1,
        }
        if depth == 0 {
            return Piece::Stanza(0..at);
        }
    }
    Piece::Incomplete
}

/// What a client says, in this order.
pub(crate) enum Said<'a> {
    /// What [`Piece::Prelude`] is.
    Prelude(&'a [u8]),
    /// A whole stanza.
    Stanza(&'a [u8]),
    /// The end of the stream; nothing follows.
    Close,
}

/// Looks at what is there whole, piece by piece.
pub(crate) fn said(mut rest: &[u8]) -> impl Iterator<Item = Said<'_>> {
    std::iter::from_fn(move || {
        let (said, length) = match next(rest) {
            Piece::Incomplete => return None,
            Piece::Prelude(length) => (Said::Prelude(&rest[..length]), length),
            Piece::Stanza(range) => (Said::Stanza(&rest[..range.end]), range.end),
            Piece::Close => (Said::Close, rest.len()),
        };
        rest = &rest[length..];
        Some(said)
    })
}

/// The kinds of first-level element that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Presence,
    Iq,
    Other,
}

/// The start tag of a stanza, as far as it matters here.
#[derive(Debug)]
pub(crate) struct Head<'a> {
    pub(crate) kind: Kind,
    /// The `id` as sent, or empty.
    pub(crate) id: &'a [u8],
    /// The `type` as sent, or empty.
    pub(crate) type_: &'a [u8],
}

impl Head<'_> {
    pub(crate) fn is_error(&self) -> bool {
        self.type_ == b"error"
    }
}

/// Reads the start tag of `stanza`.
pub(crate) fn head(stanza: &[u8]) -> Head<'_> {
    let tag = &stanza[..memchr(b'>', stanza).unwrap_or(stanza.len())];
    let kind = match tag {
        [b'<', b'm', b'e', b's', b's', ..] => Kind::Message,
        [b'<', b'p', b'r', b'e', b's', ..] => Kind::Presence,
        [b'<', b'i', b'q', ..] => Kind::Iq,
        _ => Kind::Other,
    };
    let mut head = Head { kind, id: b"", type_: b"" };
    let mut at = 0;
    while let Some(equals) = memchr(b'=', &tag[at..]).map(|found| found + at) {
        let Some(quote) = tag.get(equals + 1) else { break };
        let value = equals + 2;
        let Some(length) = memchr(*quote, &tag[value..]) else { break };
        match &tag[at..equals] {
            [.., b' ' | b'\n' | b'\t' | b'\r', b'i', b'd'] => head.id = &tag[value..value + length],
            [.., b' ' | b'\n' | b'\t' | b'\r', b't', b'y', b'p', b'e'] => {
                head.type_ = &tag[value..value + length];
            }
            _ => {}
        }
        at = value + length + 1;
    }
    head
}

/// Whether `stanza` holds `needle` anywhere.
pub(crate) fn holds(stanza: &[u8], needle: &str) -> bool {
    memmem::find(stanza, needle.as_bytes()).is_some()
}

/// The text of the first element `name` in `stanza`, as sent.
pub(crate) fn text<'a>(stanza: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut at = 0;
    loop {
        let open = at + memmem::find(&stanza[at..], format!("<{name}").as_bytes())?;
        at = open + 1 + name.len();
        if matches!(stanza.get(at)?, b' ' | b'>' | b'\n') {
            let from = at + memchr(b'>', &stanza[at..])? + 1;
            return Some(&stanza[from..from + memchr(b'<', &stanza[from..])?]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stanza_ends_with_its_own_end_tag() {
        let text = b"<message id='1'><a><message/><b>x</b></a></message><presence/>";
        assert_eq!(next(text), Piece::Stanza(0..51));
        assert_eq!(next(&text[51..]), Piece::Stanza(0..11));
        for cut in 0..51 {
            assert_eq!(next(&text[..cut]), Piece::Incomplete, "{cut}");
        }
    }

    #[test]
    fn header_and_white_space_are_no_stanzas() {
        let text = b"<?xml version='1.0'?><stream:stream from='a'> <stream:features/>";
        assert_eq!(next(text), Piece::Prelude(21));
        assert_eq!(next(&text[21..]), Piece::Prelude(24));
        assert_eq!(next(&text[45..]), Piece::Prelude(1));
        assert_eq!(next(&text[46..]), Piece::Stanza(0..18));
        assert_eq!(next(b"</stream:stream>"), Piece::Close);
    }

    #[test]
    fn head_takes_id_and_type_and_nothing_like_them() {
        let head =
            head(b"<message xml:id='no' to=\"a=b\" type='error' id='7'><x id='8'/></message>");
        assert_eq!((head.kind, head.id, head.is_error()), (Kind::Message, &b"7"[..], true));
    }

    #[test]
    fn text_is_found_by_whole_name() {
        let page = b"<fin><lasting>no</lasting><last>28-9</last></fin>";
        assert_eq!(text(page, "last"), Some(&b"28-9"[..]));
        assert_eq!(text(page, "first"), None);
    }
}
