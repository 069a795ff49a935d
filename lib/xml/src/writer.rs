//! Writing elements.

use smallvec::SmallVec;

use crate::{Element, chars};

/// Builds XML at the end of a byte vector. `xmlns` is written where the namespace
/// differs from the parent's, elements without content close themselves, text is
/// escaped, and characters that XML forbids become U+FFFD.
///
/// Names, prefixes and namespaces come from constants or from accepted text: they
/// are not escaped.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    /// The default namespace around the outermost element.
    around: &'static str,
    open: SmallVec<[Open; 8]>,
    /// The innermost start tag still lacks its `>`.
    in_tag: bool,
}

/// An element without its end tag. Ranges are of the bytes written.
#[derive(Debug)]
struct Open {
    name: (usize, usize),
    /// Default namespace for its content; `None` is the one around everything.
    ns: Option<(usize, usize)>,
}

impl Writer {
    /// For text that stands alone.
    pub fn new() -> Self {
        Self::within("")
    }

    /// For elements that will stand inside an element of namespace `ns`.
    pub fn within(ns: &'static str) -> Self {
        Self::append(Vec::new(), ns)
    }

    /// As [`within`](Self::within), behind what `out` holds; [`finish`](Self::finish)
    /// gives the vector back.
    pub fn append(out: Vec<u8>, ns: &'static str) -> Self {
        Self { out, around: ns, open: SmallVec::new(), in_tag: false }
    }

    /// Begins an element. A `name` with a prefix gets no declaration: write it by
    /// [`attr`](Self::attr); its content keeps the default namespace.
    pub fn start(&mut self, name: &str, ns: &str) {
        self.close_tag();
        let mut inherited = self.open.last().and_then(|open| open.ns);
        self.out.push(b'<');
        let name_start = self.out.len();
        self.out.extend_from_slice(name.as_bytes());
        let name_end = self.out.len();
        if !name.contains(':') && self.namespace() != ns.as_bytes() {
            inherited = Some(self.declare(ns));
        }
        self.open.push(Open { name: (name_start, name_end), ns: inherited });
        self.in_tag = true;
    }

    /// Adds an attribute to the element just begun, before any content.
    pub fn attr(&mut self, name: &str, value: &str) {
        debug_assert!(self.in_tag, "attribute {name} behind content");
        if !self.in_tag {
            return;
        }
        self.out.push(b' ');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"='");
        escape_attribute(value, &mut self.out);
        self.out.push(b'\'');
    }

    /// Adds text.
    pub fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.close_tag();
            escape_text(text, &mut self.out);
        }
    }

    /// Copies an element.
    pub fn element(&mut self, element: Element<'_>) {
        let Some(tag) = element.tag() else { return };
        self.close_tag();
        let (mut rest, same) = (element.raw(), self.namespace() == element.ns().as_bytes());
        if !same && tag.raw("xmlns").is_none() {
            let name_end = 1 + tag.name.len();
            self.out.extend_from_slice(&rest.as_bytes()[..name_end]);
            self.declare(element.ns());
            rest = &rest[name_end..];
        }
        self.out.extend_from_slice(rest.as_bytes());
    }

    /// Copies plain content that was accepted in the namespace of the open element.
    pub fn raw(&mut self, xml: &str) {
        if !xml.is_empty() {
            self.close_tag();
            self.out.extend_from_slice(xml.as_bytes());
        }
    }

    /// Ends the innermost open element.
    pub fn end(&mut self) {
        debug_assert!(!self.open.is_empty(), "end without start");
        let Some(open) = self.open.pop() else { return };
        if std::mem::take(&mut self.in_tag) {
            self.out.extend_from_slice(b"/>");
            return;
        }
        self.out.extend_from_slice(b"</");
        self.out.extend_from_within(open.name.0..open.name.1);
        self.out.push(b'>');
    }

    /// Writes an element that holds nothing but text.
    pub fn leaf(&mut self, name: &str, ns: &str, text: &str) {
        self.start(name, ns);
        self.text(text);
        self.end();
    }

    /// Ends what is open and gives the bytes.
    pub fn finish(mut self) -> Vec<u8> {
        while !self.open.is_empty() {
            self.end();
        }
        self.out
    }

    /// As [`finish`](Self::finish), as text.
    pub fn finish_text(self) -> String {
        match String::from_utf8(self.finish()) {
            Ok(text) => text,
            // Only if `append` was given bytes that are no text.
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }

    fn namespace(&self) -> &[u8] {
        match self.open.last().and_then(|open| open.ns) {
            Some((start, end)) => &self.out[start..end],
            None => self.around.as_bytes(),
        }
    }

    fn declare(&mut self, ns: &str) -> (usize, usize) {
        write_raw(&["xmlns"], ns, &mut self.out);
        let end = self.out.len() - 1;
        (end - ns.len(), end)
    }

    fn close_tag(&mut self) {
        if std::mem::take(&mut self.in_tag) {
            self.out.push(b'>');
        }
    }
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

/// Appends ` name='value'` with a value that is escaped already. It may hold one kind of quote.
pub(crate) fn write_raw(name: &[&str], value: &str, out: &mut Vec<u8>) {
    let quote = if value.contains('\'') { b'"' } else { b'\'' };
    out.push(b' ');
    name.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
    out.extend_from_slice(&[b'=', quote]);
    out.extend_from_slice(value.as_bytes());
    out.push(quote);
}

/// Appends `value` as it may stand between quotes of either kind.
pub fn escape_attribute(value: &str, out: &mut Vec<u8>) {
    escape(value, out, |byte| match byte {
        b'\'' => Some("&apos;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#9;"),
        b'\n' => Some("&#10;"),
        _ => None,
    });
}

/// Appends `text` as it may stand between tags.
pub(crate) fn escape_text(text: &str, out: &mut Vec<u8>) {
    escape(text, out, |_| None);
}

/// Bytes that may have to be written in another way, somewhere.
static SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte < 0x20 || matches!(byte as u8, b'&' | b'<' | b'>' | b'\'' | b'"' | 0xef);
        byte += 1;
    }
    table
};

fn escape(text: &str, out: &mut Vec<u8>, more: impl Fn(u8) -> Option<&'static str>) {
    let bytes = text.as_bytes();
    // Nearly every text has nothing special, which is soon known.
    if chars::is_ordinary(bytes)
        || !bytes.iter().fold(false, |any, &byte| any | SPECIAL[usize::from(byte)])
    {
        return out.extend_from_slice(bytes);
    }
    let mut copied = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let (replacement, len) = match byte {
            b'&' => ("&amp;", 1),
            b'<' => ("&lt;", 1),
            b'>' => ("&gt;", 1),
            // Left as it is, a parser would read a line feed.
            b'\r' => ("&#13;", 1),
            0x00..=0x08 | 0x0b | 0x0c | 0x0e..=0x1f => ("\u{fffd}", 1),
            // U+FFFE and U+FFFF.
            0xef if matches!(bytes.get(at + 1..at + 3), Some([0xbf, 0xbe | 0xbf])) => {
                ("\u{fffd}", 3)
            }
            _ => match more(byte) {
                Some(replacement) => (replacement, 1),
                None => continue,
            },
        };
        out.extend_from_slice(&bytes[copied..at]);
        out.extend_from_slice(replacement.as_bytes());
        copied = at + len;
    }
    out.extend_from_slice(&bytes[copied..]);
}

#[cfg(test)]
mod tests;
