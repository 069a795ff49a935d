//! An element that owns its text.

use crate::{Element, Limits, Scope, XmlError};

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
    /// As [`Framer::frame`](crate::Framer::frame); `NotWellFormed` also when text is cut
    /// short or something stands behind the element.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, XmlError> {
        Self::parse_in(text, &Scope::none(), limits)
    }

    /// Parses one element that stood inside of something.
    ///
    /// # Errors
    /// As [`Document::parse`].
    pub fn parse_in(text: &str, scope: &Scope, limits: &Limits) -> Result<Self, XmlError> {
        todo!()
    }

    /// The element.
    pub fn root(&self) -> Element<'_> {
        Element::new(&self.text, &self.inherited)
    }
}
