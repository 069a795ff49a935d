//! Writing elements.

use smallvec::SmallVec;

use crate::Element;

/// Builds XML at the end of a byte vector. `xmlns` is written where the namespace
/// differs from the parent's, elements without content close themselves, text is
/// escaped, and characters that XML forbids become U+FFFD.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    open: SmallVec<[Open; 8]>,
}

#[derive(Debug)]
struct Open;

impl Writer {
    /// For text that stands alone.
    pub fn new() -> Self {
        Self::append(Vec::new(), "")
    }

    /// For elements that will stand inside an element of namespace `ns`.
    pub fn within(ns: &'static str) -> Self {
        Self::append(Vec::new(), ns)
    }

    /// As [`within`](Self::within), behind what `out` holds.
    pub fn append(out: Vec<u8>, ns: &'static str) -> Self {
        todo!()
    }

    /// Begins an element. A `name` with a prefix gets no declaration: write it by `attr`.
    pub fn start(&mut self, name: &str, ns: &str) {
        todo!()
    }

    /// Adds an attribute to the element just begun.
    pub fn attr(&mut self, name: &str, value: &str) {
        todo!()
    }

    /// Adds text.
    pub fn text(&mut self, text: &str) {
        todo!()
    }

    /// Copies an element.
    pub fn element(&mut self, element: Element<'_>) {
        todo!()
    }

    /// Copies plain content that was accepted in the namespace of the open element.
    pub fn raw(&mut self, xml: &str) {
        todo!()
    }

    /// Ends the innermost open element.
    pub fn end(&mut self) {
        todo!()
    }

    /// Writes an element that holds text only.
    pub fn leaf(&mut self, name: &str, ns: &str, text: &str) {
        self.start(name, ns);
        self.text(text);
        self.end();
    }

    /// Ends what is open and gives the bytes.
    pub fn finish(self) -> Vec<u8> {
        todo!()
    }

    /// As [`finish`](Self::finish), as text.
    pub fn finish_text(self) -> String {
        todo!()
    }
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

/// Appends `value` as it may stand between quotes of either kind.
pub fn escape_attribute(value: &str, out: &mut Vec<u8>) {
    todo!()
}
