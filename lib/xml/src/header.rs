//! The start tag that opens a stream, and the XML declaration before it.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::limits::DECLARATION_BYTES;
use crate::scope::Declared;
use crate::tag::{self, Tag};
use crate::{Scope, XmlError, chars};

/// A stream header that [`Framer::header`](crate::Framer::header) accepted.
#[derive(Debug, Clone)]
pub struct Header<'a> {
    tag: Option<Tag<'a>>,
    /// All of its attributes: each is looked for in every header.
    attributes: SmallVec<[(&'a str, &'a str); 8]>,
}

impl<'a> Header<'a> {
    /// `bytes` are those of [`Step::Header`](crate::Step::Header).
    pub fn new(bytes: &'a [u8]) -> Self {
        let behind = declaration(bytes).ok().flatten().unwrap_or_default();
        let start = behind + chars::space(bytes.get(behind..).unwrap_or_default());
        let text = bytes.get(start..).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let tag = text.and_then(Tag::read);
        Self { tag, attributes: tag.iter().flat_map(Tag::attributes).collect() }
    }

    /// Local name; `stream` is due.
    pub fn name(&self) -> &'a str {
        self.tag.map_or("", |tag| tag.local().0)
    }

    /// Namespace; `http://etherx.jabber.org/streams` is due.
    pub fn ns(&self) -> &'a str {
        let Some(tag) = self.tag else { return "" };
        let wanted = tag.local().1;
        let mut declared = self.attributes.iter();
        declared
            .find(|(name, _)| match wanted {
                Some(prefix) => name.strip_prefix("xmlns:") == Some(prefix),
                None => *name == "xmlns",
            })
            .map_or("", |(_, uri)| uri)
    }

    /// An attribute by its name as written, such as `to` or `xml:lang`.
    pub fn attr(&self, name: &str) -> Option<Cow<'a, str>> {
        self.raw(name).map(tag::value)
    }

    fn raw(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }

    /// What the elements of the stream inherit.
    pub fn scope(&self) -> Scope {
        let Some(tag) = self.tag else { return Scope::none() };
        let prefixes = self
            .attributes
            .iter()
            .filter_map(|(name, uri)| Some((name.strip_prefix("xmlns:")?.into(), (*uri).into())));
        Scope::shared(Declared {
            tag: tag.name.into(),
            default: self.raw("xmlns").unwrap_or_default().into(),
            prefixes: prefixes.collect(),
        })
    }
}

/// The length of the XML declaration at the beginning of `bytes`, 0 if there is none;
/// `None` if bytes are missing.
///
/// # Errors
/// `Restricted` for any other processing instruction, `UnsupportedEncoding`, `NotWellFormed`.
pub(crate) fn declaration(bytes: &[u8]) -> Result<Option<usize>, XmlError> {
    const OPEN: &[u8] = b"<?xml";
    let seen = &bytes[..bytes.len().min(OPEN.len())];
    if seen.len() < 2 && OPEN.starts_with(seen) {
        return Ok(None);
    }
    if !seen.starts_with(b"<?") {
        return Ok(Some(0));
    }
    if !OPEN.starts_with(seen) {
        return Err(XmlError::Restricted);
    }
    match bytes.get(OPEN.len()) {
        None => return Ok(None),
        Some(&byte) if chars::is(byte, chars::SPACE) => {}
        Some(_) => return Err(XmlError::Restricted),
    }
    let window = &bytes[..bytes.len().min(DECLARATION_BYTES)];
    match memchr::memmem::find(window, b"?>") {
        Some(end) => check(&window[OPEN.len()..end]).map(|()| Some(end + 2)),
        None if window.len() == DECLARATION_BYTES => Err(XmlError::TooLong),
        None => Ok(None),
    }
}

/// Checks the pseudo-attributes: `version`, then `encoding`, then `standalone` (XML 1.0 section 2.8).
fn check(text: &[u8]) -> Result<(), XmlError> {
    let mut rest = std::str::from_utf8(text).map_err(|_| XmlError::Encoding)?;
    let mut due = ["version", "encoding", "standalone"].iter();
    let mut versioned = false;
    while !rest.trim_ascii_start().is_empty() {
        let trimmed = rest.trim_ascii_start();
        let (name, value, behind) = pseudo_attribute(trimmed).ok_or(XmlError::NotWellFormed)?;
        if trimmed.len() == rest.len() || !due.any(|&word| word == name) {
            return Err(XmlError::NotWellFormed);
        }
        match name {
            "version" if value == "1.0" => versioned = true,
            "encoding" if value.eq_ignore_ascii_case("utf-8") => {}
            "encoding" => return Err(XmlError::UnsupportedEncoding),
            "standalone" if matches!(value, "yes" | "no") => {}
            _ => return Err(XmlError::NotWellFormed),
        }
        rest = behind;
    }
    if versioned { Ok(()) } else { Err(XmlError::NotWellFormed) }
}

/// Name, value, and what stands behind.
fn pseudo_attribute(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('=')?;
    let rest = rest.trim_ascii_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let (value, behind) = rest[1..].split_once(quote)?;
    Some((name.trim_ascii_end(), value, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_is_measured_or_refused() {
        let verdict = |text: &str| declaration(text.as_bytes());
        assert_eq!(verdict("<?xml version='1.0'?><a"), Ok(Some(21)));
        let long = "<?xml version=\"1.0\" encoding='utf-8' standalone='yes' ?>";
        assert_eq!(verdict(long), Ok(Some(long.len())));
        for cut in 0..long.len() {
            assert_eq!(verdict(&long[..cut]), Ok(None), "{cut}");
        }
        assert_eq!(verdict("<a"), Ok(Some(0)));
        assert_eq!(verdict("<?xml-stylesheet x?>"), Err(XmlError::Restricted));
        assert_eq!(verdict("<?php ?>"), Err(XmlError::Restricted));
        for bad in [
            "<?xml ?>",
            "<?xml version='1.1'?>",
            "<?xml encoding='utf-8'?>",
            "<?xml version='1.0'encoding='utf-8'?>",
            "<?xml encoding='utf-8' version='1.0'?>",
            "<?xml version='1.0' version='1.0'?>",
            "<?xml version=1.0?>",
            "<?xml version='1.0' standalone='maybe'?>",
        ] {
            assert_eq!(verdict(bad), Err(XmlError::NotWellFormed), "{bad}");
        }
        let utf16 = "<?xml version='1.0' encoding='UTF-16'?>";
        assert_eq!(verdict(utf16), Err(XmlError::UnsupportedEncoding));
        assert_eq!(verdict(&format!("<?xml {}", " ".repeat(200))), Err(XmlError::TooLong));
    }

    #[test]
    fn a_header_tells_its_attributes_and_scope() {
        let header = Header::new(
            b"<?xml version='1.0'?>\n<stream:stream to='h' xml:lang=\"de\" version='1.0' \
              xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
        );
        assert_eq!((header.name(), header.ns()), ("stream", "http://etherx.jabber.org/streams"));
        assert_eq!(header.attr("to").as_deref(), Some("h"));
        assert_eq!(header.attr("xml:lang").as_deref(), Some("de"));
        assert_eq!(header.scope().namespace(), "jabber:client");
        assert_eq!(header.scope().tag(), "stream:stream");

        let unprefixed = Header::new(b"<stream xmlns='http://etherx.jabber.org/streams'>");
        assert_eq!(
            (unprefixed.name(), unprefixed.ns()),
            ("stream", "http://etherx.jabber.org/streams")
        );
        assert_eq!(Header::new(b"\xff").name(), "");
    }

    #[test]
    fn usual_headers_share_one_scope() {
        let text = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
        assert!(Header::new(text).scope().shares(&Header::new(text).scope()));
        assert!(Scope::within("jabber:client").shares(&Scope::within("jabber:client")));
    }
}
