//! The start tag that opens a stream.

use std::borrow::Cow;

use crate::Scope;

/// A stream header that [`Framer::header`](crate::Framer::header) accepted.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    text: &'a str,
}

impl<'a> Header<'a> {
    /// `bytes` are those of [`Step::Header`](crate::Step::Header).
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { text: std::str::from_utf8(bytes).unwrap_or_default() }
    }

    /// Local name; `stream` is due.
    pub fn name(&self) -> &'a str {
        todo!()
    }

    /// Namespace; `http://etherx.jabber.org/streams` is due.
    pub fn ns(&self) -> &'a str {
        todo!()
    }

    /// An attribute by its name as written.
    pub fn attr(&self, name: &str) -> Option<Cow<'a, str>> {
        todo!()
    }

    /// What the elements of the stream inherit.
    pub fn scope(&self) -> Scope {
        todo!()
    }
}
