//! The one strict pass.
//!
//! A walk looks at each byte once: it is a machine of a dozen states whose
//! memory is offsets into the buffer. When the bytes end before the element does,
//! the walk is put aside and goes on at the same byte next time. That the verdict
//! never depends on how the bytes were cut is a rule for every state: it decides by
//! bytes and positions only, and never by how much of the buffer is there.

mod namespaces;
mod tags;
mod walk;

use walk::{End, Purpose, Rules, Walk};

use crate::{Limits, Scope, Shape, XmlError, chars, header};

/// What stands at the beginning of the buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
// An element is what nearly every step is; a box would be its only allocation.
#[allow(clippy::large_enum_variant)]
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
pub struct Framer {
    /// The walk through an element that is not complete yet.
    unfinished: Option<Box<Walk>>,
}

impl Framer {
    /// A framer at the beginning of a stream.
    pub const fn new() -> Self {
        Self { unfinished: None }
    }

    /// Looks for a stream header: gives `More`, `Space` or `Header`.
    ///
    /// The start tag may be any; who asked compares [`Header::name`](crate::Header::name)
    /// and [`Header::ns`](crate::Header::ns).
    ///
    /// # Errors
    /// See [`XmlError`]. The stream cannot go on.
    pub fn header(&mut self, buf: &[u8], limits: &Limits) -> Result<Step, XmlError> {
        let mut start = 0;
        if self.unfinished.is_none() {
            match chars::space(buf) {
                0 => {}
                space => return Ok(Step::Space(space)),
            }
            match header::declaration(buf)? {
                Some(len) => start = len,
                None => return Ok(Step::More),
            }
        }
        self.walk(buf, start, Purpose::Header, &Scope::none(), limits)
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
        if self.unfinished.is_none() {
            match chars::space(buf) {
                0 => {}
                space => return Ok(Step::Space(space)),
            }
        }
        self.walk(buf, 0, Purpose::Element, scope, limits)
    }

    fn walk(
        &mut self,
        buf: &[u8],
        start: usize,
        purpose: Purpose,
        scope: &Scope,
        limits: &Limits,
    ) -> Result<Step, XmlError> {
        // Spans are 32 bits wide.
        let cap = limits.bytes.min(u32::MAX as usize);
        let window = &buf[..buf.len().min(cap)];
        let rules = Rules { purpose, scope, limits };
        if let Some(mut walk) = self.unfinished.take() {
            let end = walk.run(window, &rules)?;
            return Ok(match end {
                Some(end) => step(end, walk.shape),
                None => self.wait(walk, window.len() == cap)?,
            });
        }
        if window.len() == start && start < cap {
            return Ok(Step::More);
        }
        let mut walk = Walk::new(start);
        match walk.run(window, &rules)? {
            Some(end) => Ok(step(end, walk.shape)),
            None => self.wait(Box::new(walk), window.len() == cap),
        }
    }

    /// Puts the walk aside, unless no byte more is allowed.
    fn wait(&mut self, walk: Box<Walk>, full: bool) -> Result<Step, XmlError> {
        if full {
            return Err(XmlError::TooLong);
        }
        self.unfinished = Some(walk);
        Ok(Step::More)
    }
}

fn step(end: End, shape: Shape) -> Step {
    match end {
        End::Header(len) => Step::Header(len),
        End::Close(len) => Step::Close(len),
        End::Element => Step::Element(shape),
    }
}

#[cfg(test)]
mod tests;
