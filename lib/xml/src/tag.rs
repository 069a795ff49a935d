//! A start tag of text that the framer accepted, taken apart; and values decoded.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use crate::chars;

const OF_ELEMENT: u8 = 1;
const OF_ATTRIBUTE: u8 = 2;

/// What ends a name: one look a byte.
static ENDS_NAME: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte <= b' ' as usize {
        table[byte] = OF_ELEMENT | OF_ATTRIBUTE;
        byte += 1;
    }
    table[b'>' as usize] = OF_ELEMENT | OF_ATTRIBUTE;
    table[b'/' as usize] = OF_ELEMENT | OF_ATTRIBUTE;
    table[b'=' as usize] = OF_ATTRIBUTE;
    table
};

/// A start tag. Only its name is looked for at first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag<'a> {
    /// Name as written.
    pub(crate) name: &'a str,
    /// What stands behind the name.
    rest: &'a str,
}

impl<'a> Tag<'a> {
    /// The tag at the beginning of `text`.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let inside = text.strip_prefix('<')?;
        let end = inside.bytes().position(|b| ENDS_NAME[usize::from(b)] & OF_ELEMENT != 0)?;
        let (name, rest) = inside.split_at_checked(end)?;
        Some(Self { name, rest })
    }

    /// Its bytes up to and with the `>`, and whether it ends in `/>`.
    pub(crate) fn end(&self) -> Option<(usize, bool)> {
        let mut attributes = self.attributes();
        while attributes.next().is_some() {}
        let closing = attributes.0.trim_ascii_start();
        let (len, empty) = match closing.as_bytes() {
            [b'>', ..] => (1, false),
            [b'/', b'>', ..] => (2, true),
            _ => return None,
        };
        Some((1 + self.name.len() + self.rest.len() - closing.len() + len, empty))
    }

    /// Its attributes and declarations: name and value as written.
    pub(crate) const fn attributes(&self) -> Attributes<'a> {
        Attributes(self.rest)
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

/// See [`Tag::attributes`]. At the end, what stands behind the last one is left.
#[derive(Debug, Clone)]
pub(crate) struct Attributes<'a>(&'a str);

impl<'a> Attributes<'a> {
    /// What was not read yet.
    pub(crate) const fn rest(&self) -> &'a str {
        self.0
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.trim_ascii_start();
        let bytes = text.as_bytes();
        let ends = |b: &u8| ENDS_NAME[usize::from(*b)] != 0;
        let name_end = bytes.iter().position(ends)?;
        let equals = name_end + chars::space(&bytes[name_end..]);
        if bytes.get(equals) != Some(&b'=') {
            return None;
        }
        let opening = equals + 1 + chars::space(&bytes[equals + 1..]);
        let quote = *bytes.get(opening)?;
        let value = opening + 1;
        let closing = value + memchr(quote, bytes.get(value..)?)?;
        let found = (text.get(..name_end)?, text.get(value..closing)?);
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
                let (len, empty) = tag.end()?;
                at += len;
                depth += usize::from(!empty);
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
    // Looked at whole, many bytes at a time: nearly nothing has any of these.
    if !bytes.iter().fold(false, |any, &byte| any | special(byte)) {
        return Cow::Borrowed(raw);
    }
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
