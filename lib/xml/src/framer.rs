//! The one strict pass.

use crate::{Limits, Scope, Shape, XmlError};

/// What stands at the beginning of the buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing complete: read more and come again with the same bytes and more behind them.
    More,
    /// So many bytes of white space: skip them.
    Space(usize),
    /// So many bytes of stream header, the XML declaration included.
    Header(usize),
    /// An element; skip [`Shape::len`] bytes.
    Element(Shape),
    /// So many bytes of `</stream:stream>`.
    Close(usize),
}

/// Cuts a connection's bytes into elements. Takes no memory between elements.
#[derive(Debug, Default)]
pub struct Framer {}

impl Framer {
    /// A framer at the beginning of a stream.
    pub const fn new() -> Self {
        Self {}
    }

    /// Looks for a stream header: gives `More`, `Space` or `Header`.
    ///
    /// # Errors
    /// See [`XmlError`].
    pub fn header(&mut self, buf: &[u8], limits: &Limits) -> Result<Step, XmlError> {
        todo!()
    }

    /// Looks for an element: gives `More`, `Space`, `Element` or `Close`.
    ///
    /// After `More` the next call must bring the same bytes with more behind them;
    /// those seen are not looked at again. After any other step the caller drops the
    /// bytes named and calls with the rest.
    ///
    /// # Errors
    /// See [`XmlError`]. The stream cannot go on.
    pub fn frame(&mut self, buf: &[u8], scope: &Scope, limits: &Limits) -> Result<Step, XmlError> {
        todo!()
    }
}
