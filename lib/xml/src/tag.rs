//! A start tag of text that the framer accepted, taken apart; and values decoded.

use std::borrow::Cow;

use memchr::{memchr, memchr3, memmem};

use crate::chars::{self, SPACE};

/// A start tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag<'a> {
    /// Name as written.
    pub(crate) name: &'a str,
    /// What stands behind the name.
    attributes: &'a str,
    /// Bytes up to and with the `>`.
    pub(crate) len: usize,
    /// Whether it ends in `/>`.
    pub(crate) empty: bool,
}

impl<'a> Tag<'a> {
    /// The tag at the beginning of `text`.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let rest = bytes.strip_prefix(b"<")?;
        let name_end =
            1 + rest.iter().position(|&b| chars::is(b, SPACE) || b == b'>' || b == b'/')?;
        let mut at = name_end;
        let close = loop {
            let found = at + memchr3(b'>', b'\'', b'"', bytes.get(at..)?)?;
            if bytes[found] == b'>' {
                break found;
            }
            at = found + 1;
            at += memchr(bytes[found], bytes.get(at..)?)? + 1;
        };
        let empty = bytes[close - 1] == b'/';
        let attributes = text.get(name_end..close - usize::from(empty))?;
        Some(Self { name: text.get(1..name_end)?, attributes, len: close + 1, empty })
    }

    /// Its attributes and declarations: name and value as written.
    pub(crate) fn attributes(&self) -> Attributes<'a> {
        Attributes(self.attributes)
    }

    /// The value of an attribute as written, by its name as written.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a str> {
        self.attributes().find(|&(found, _)| found == name).map(|(_, value)| value)
    }

    /// The name behind the prefix, and the prefix or nothing.
    pub(crate) fn local(&self) -> (&'a str, Option<&'a str>) {
        match self.name.split_once(':') {
            Some((prefix, local)) => (local, Some(prefix)),
            None => (self.name, None),
        }
    }
}

/// See [`Tag::attributes`].
#[derive(Debug, Clone)]
pub(crate) struct Attributes<'a>(&'a str);

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.trim_ascii_start();
        let bytes = text.as_bytes();
        let equals = memchr(b'=', bytes)?;
        let opening = equals + 1 + chars::space(&bytes[equals + 1..]);
        let quote = *bytes.get(opening)?;
        let value = opening + 1;
        let closing = value + memchr(quote, bytes.get(value..)?)?;
        let found = (text.get(..equals)?.trim_ascii_end(), text.get(value..closing)?);
        self.0 = text.get(closing + 1..)?;
        Some(found)
    }
}

/// The length of the element at the beginning of `text`, end tag included.
pub(crate) fn element_len(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut depth = 0_usize;
    loop {
        at += memchr(b'<', bytes.get(at..)?)?;
        match bytes.get(at + 1)? {
            b'/' => {
                at += memchr(b'>', &bytes[at..])? + 1;
                depth = depth.checked_sub(1)?;
            }
            b'!' => at += cdata(text.get(at..)?)?.len() + CDATA.len() + 3,
            _ => {
                let tag = Tag::read(text.get(at..)?)?;
                at += tag.len;
                depth += usize::from(!tag.empty);
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// What opens a CDATA section.
pub(crate) const CDATA: &str = "<![CDATA[";

/// The content of the CDATA section at the beginning of `text`.
pub(crate) fn cdata(text: &str) -> Option<&str> {
    let content = text.strip_prefix(CDATA)?;
    content.get(..memmem::find(content.as_bytes(), b"]]>")?)
}

/// An attribute's value: references resolved, white space made spaces (XML 1.0 section 3.3.3).
pub(crate) fn value(raw: &str) -> Cow<'_, str> {
    decoded(raw, |byte| matches!(byte, b'&' | b'\t' | b'\n' | b'\r'), " ", true)
}

/// Text: references resolved, line ends made LF (XML 1.0 section 2.11).
pub(crate) fn text(raw: &str) -> Cow<'_, str> {
    decoded(raw, |byte| matches!(byte, b'&' | b'\r'), "\n", true)
}

/// The content of a CDATA section: line ends made LF, nothing else.
pub(crate) fn lines(raw: &str) -> Cow<'_, str> {
    decoded(raw, |byte| byte == b'\r', "\n", false)
}

fn decoded<'a>(
    raw: &'a str,
    special: impl Fn(u8) -> bool,
    space: &str,
    references: bool,
) -> Cow<'a, str> {
    let bytes = raw.as_bytes();
    let next = |at: usize| bytes[at..].iter().position(|&byte| special(byte)).map(|n| at + n);
    let Some(mut found) = next(0) else { return Cow::Borrowed(raw) };
    let mut text = String::with_capacity(raw.len());
    let mut at = 0;
    loop {
        text.push_str(&raw[at..found]);
        at = found + 1;
        match bytes[found] {
            b'&' if references => match chars::reference(&bytes[found..]) {
                Ok(Some((character, len))) => {
                    text.push(character);
                    at = found + len;
                }
                // Text that the framer accepted has no such thing.
                _ => text.push('&'),
            },
            b'\r' if bytes.get(at) == Some(&b'\n') => {
                text.push_str(space);
                at += 1;
            }
            _ => text.push_str(space),
        }
        match next(at) {
            Some(position) => found = position,
            None => break,
        }
    }
    text.push_str(&raw[at..]);
    Cow::Owned(text)
}
