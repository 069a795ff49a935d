//! An element that owns its text.

use crate::{Element, Framer, Limits, Scope, Step, XmlError, canonical, header};

/// A checked, plain element with its text: stored XML, or a payload taken out of a stanza.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    text: Box<str>,
    inherited: Box<str>,
}

impl Document {
    /// Parses one element; white space and an XML declaration may stand around it.
    ///
    /// # Errors
    /// As [`Framer::frame`]; `NotWellFormed` also when the text is cut short or
    /// something stands behind the element.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, XmlError> {
        Self::parse_in(text, &Scope::none(), limits)
    }

    /// Parses one element that stood inside of something.
    ///
    /// # Errors
    /// As [`Document::parse`].
    pub fn parse_in(text: &str, scope: &Scope, limits: &Limits) -> Result<Self, XmlError> {
        let text = text.trim_ascii();
        let declaration = header::declaration(text.as_bytes())?.ok_or(XmlError::NotWellFormed)?;
        let text = text[declaration..].trim_ascii_start();
        let Step::Element(shape) = Framer::new().frame(text.as_bytes(), scope, limits)? else {
            return Err(XmlError::NotWellFormed);
        };
        if shape.len != text.len() {
            return Err(XmlError::NotWellFormed);
        }
        let inherited = scope.namespace().into();
        if shape.plain {
            return Ok(Self { text: text.into(), inherited });
        }
        let mut plain = Vec::with_capacity(text.len());
        canonical(text.as_bytes(), &shape, scope, limits, &mut plain)?;
        let text = String::from_utf8(plain).map_err(|_| XmlError::Encoding)?;
        Ok(Self { text: text.into(), inherited })
    }

    /// The element.
    pub fn root(&self) -> Element<'_> {
        Element::new(&self.text, &self.inherited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Document, XmlError> {
        Document::parse(text, &Limits::after_login())
    }

    #[test]
    fn stored_text_is_one_element() {
        let document = parse("<?xml version='1.0'?>\n <a xmlns='urn:a'><b/></a>\n").unwrap();
        assert!(document.root().is("a", "urn:a"));
        assert!(document.root().child("b", "urn:a").is_some());
        for bad in
            ["", " ", "<", "<?xml version='1.0'?>", "<a>", "<a/><b/>", "<a/>x", "x<a/>", "</a>"]
        {
            assert_eq!(parse(bad).err(), Some(XmlError::NotWellFormed), "{bad}");
        }
    }

    #[test]
    fn prefixed_text_becomes_plain() {
        let document = parse("<p:a xmlns:p='urn:a'><p:b p:c='1' d='2'/></p:a>").unwrap();
        let b = document.root().child("b", "urn:a").unwrap();
        assert_eq!(b.attr_ns("c", "urn:a").as_deref(), Some("1"));
        assert_eq!(b.attr("d").as_deref(), Some("2"));
        let inner = Document::parse_in("<a/>", &Scope::within("urn:x"), &Limits::after_login());
        assert_eq!(inner.unwrap().root().ns(), "urn:x");
    }
}
