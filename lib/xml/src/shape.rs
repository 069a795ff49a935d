//! Where the parts of an element stand.

use std::borrow::Cow;

use memchr::{memchr, memrchr};
use smallvec::SmallVec;

use crate::{Element, tag};

/// A range of bytes, relative to the element's first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Behind the last byte.
    pub end: u32,
}

impl Span {
    pub(crate) const fn new(start: usize, end: usize) -> Self {
        // The framer never looks at more than u32::MAX bytes, see `Framer::frame`.
        Self { start: start as u32, end: end as u32 }
    }

    /// The bytes of the range; empty if `element` is not what the span was made for.
    pub fn bytes(self, element: &[u8]) -> &[u8] {
        element.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// The text of the range; empty if `element` is not what the span was made for.
    pub fn text(self, element: &str) -> &str {
        element.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A namespace: declared within the element, or inherited from around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Namespace {
    /// The default namespace of the [`Scope`](crate::Scope).
    #[default]
    Inherited,
    /// The name stands here; an empty range is no namespace (`xmlns=''`).
    Declared(Span),
}

impl Namespace {
    /// The name, where `inherited` is the scope's default namespace.
    pub fn text<'a>(self, element: &'a str, inherited: &'a str) -> &'a str {
        match self {
            Self::Inherited => inherited,
            Self::Declared(span) => span.text(element),
        }
    }
}

/// An attribute of the root, namespace declarations among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// Name as written.
    pub name: Span,
    /// Value as written, without the quotes.
    pub value: Span,
}

/// A child element of the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// Local name.
    pub name: Span,
    /// Namespace, if the shape is plain; otherwise only its default namespace.
    pub namespace: Namespace,
    /// From `<` to `>`, all within.
    pub span: Span,
}

/// A complete element, checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// Bytes of the element.
    pub len: usize,
    /// Whether it may be read as it is; if not, see [`canonical`](crate::canonical()).
    pub plain: bool,
    /// The root's local name.
    pub name: Span,
    /// The root's namespace, if the shape is plain; otherwise only its default namespace.
    pub namespace: Namespace,
    /// The root's attributes and declarations in their order.
    pub attributes: SmallVec<[Attribute; 6]>,
    /// The root's child elements in their order.
    pub children: SmallVec<[Child; 6]>,
}

impl Shape {
    /// The root, ready to be read. `text` begins where the element does;
    /// `inherited` is the scope's default namespace.
    pub fn root<'a>(&self, text: &'a str, inherited: &'a str) -> Element<'a> {
        let raw = text.get(..self.len).unwrap_or_default();
        Element::known(raw, self.namespace.text(raw, inherited))
    }

    /// The attributes and declarations of the root, named as written, without a scan of the text.
    pub fn attrs<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        let attributes = self.attributes.iter();
        attributes.map(move |attr| (attr.name.text(text), tag::value(attr.value.text(text))))
    }

    /// What stands between the tags of the root; empty if it is one tag.
    pub fn inner<'a>(&self, text: &'a str) -> &'a str {
        let known = self.attributes.last().map_or(self.name.end, |attr| attr.value.end + 1);
        // White space and the end of the tag are all that follows.
        let bytes = text.as_bytes();
        let tag = known as usize
            + bytes.get(known as usize..).and_then(|rest| memchr(b'>', rest)).unwrap_or_default();
        // The last `<` is that of the end tag: none stands in an end tag or behind it.
        let end = memrchr(b'<', bytes).unwrap_or_default();
        text.get(tag + 1..end).unwrap_or_default()
    }

    /// The children of the root, without a scan of the text.
    pub fn children<'a>(
        &'a self,
        text: &'a str,
        inherited: &'a str,
    ) -> impl DoubleEndedIterator<Item = Element<'a>> + ExactSizeIterator {
        self.children.iter().map(move |child| {
            Element::known(child.span.text(text), child.namespace.text(text, inherited))
        })
    }
}
