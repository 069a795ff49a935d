//! What the strict framer would say of the XML that is being written, as far as that is known
//! by construction.
//!
//! Names of the table are well formed, the writer closes what it opened and escapes what it
//! writes; what is left to look at are characters, repeated attributes and bounds. Whatever
//! is out of the ordinary is only *doubted* here: then the framer reads what was written and
//! has the word, so that there is one judge of everything that is refused.

use skein_xml::{Attribute, Child, Limits, Namespace, Shape, Span};
use smallvec::SmallVec;

/// See the module.
pub(crate) struct Outline {
    shape: Shape,
    is_doubted: bool,
    elements: usize,
    /// The symbols of the attributes of the current start tag.
    attributes: SmallVec<[u16; 16]>,
    /// Where the current value began.
    value: usize,
}

/// Bytes of the range.
const fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}

impl Outline {
    pub(crate) fn new() -> Self {
        Self {
            shape: Shape { plain: true, ..Shape::default() },
            is_doubted: false,
            elements: 0,
            attributes: SmallVec::new(),
            value: 0,
        }
    }

    /// The framer has to look.
    pub(crate) const fn doubt(&mut self) {
        self.is_doubted = true;
    }

    /// An element begins at `at` inside of `depth` others; its name has `length` bytes.
    pub(crate) fn start(&mut self, at: usize, length: usize, depth: usize, limits: &Limits) {
        self.elements += 1;
        self.is_doubted |= self.elements > limits.elements || depth >= limits.depth;
        self.attributes.clear();
        let name = span(at + 1, at + 1 + length);
        match depth {
            0 => self.shape.name = name,
            1 => {
                let namespace = self.shape.namespace;
                self.shape.children.push(Child { name, namespace, span: span(at, at) });
            }
            _ => {}
        }
    }

    /// It declares its namespace: the name stands from `start` to `end`, behind ` xmlns='`.
    pub(crate) fn declare(&mut self, start: usize, end: usize, depth: usize) {
        self.attributes.push(DECLARATION);
        let value = span(start, end);
        match depth {
            0 => {
                let name = span(start - "xmlns='".len(), start - "='".len());
                self.shape.attributes.push(Attribute { name, value });
                self.shape.namespace = Namespace::Declared(value);
            }
            1 => {
                if let Some(child) = self.shape.children.last_mut() {
                    child.namespace = Namespace::Declared(value);
                }
            }
            _ => {}
        }
    }

    /// An attribute of the table stands in the start tag at `depth`, its value follows at `at`.
    pub(crate) fn attribute(&mut self, symbol: u16, name: &str, at: usize, depth: usize) {
        // Whose prefix is not bound by XML itself.
        self.is_doubted |= name.starts_with('x') && name.contains(':') && name != "xml:lang";
        self.is_doubted |= self.attributes.contains(&symbol);
        self.attributes.push(symbol);
        self.value = at;
        if depth == 1 {
            let name_end = at - "='".len();
            let name = span(name_end - name.len(), name_end);
            self.shape.attributes.push(Attribute { name, value: span(at, at) });
        }
    }

    /// The value of the attribute ends at `at`.
    pub(crate) fn valued(&mut self, at: usize, depth: usize, limits: &Limits) {
        self.is_doubted |=
            self.attributes.len() > limits.attributes || at - self.value > limits.attribute_bytes;
        if depth == 1
            && let Some(attribute) = self.shape.attributes.last_mut()
        {
            attribute.value.end = at as u32;
        }
    }

    /// An element ended at `at`; so many are still open.
    pub(crate) fn end(&mut self, at: usize, depth: usize) {
        match depth {
            0 => self.shape.len = at,
            1 => {
                if let Some(child) = self.shape.children.last_mut() {
                    child.span.end = at as u32;
                }
            }
            _ => {}
        }
    }

    /// What the framer would say, unless it has to be asked.
    pub(crate) fn known(self) -> Option<Shape> {
        (!self.is_doubted).then_some(self.shape)
    }
}

/// No symbol: stands for the declaration of the default namespace among the attributes.
const DECLARATION: u16 = u16::MAX;
