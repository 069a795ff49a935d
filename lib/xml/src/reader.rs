//! Reading an element that the framer accepted and that is plain.

use std::borrow::Cow;

use crate::Writer;

/// An element: its text and its namespace. Copying it costs nothing; every
/// question walks the text. Damaged text yields nothing, never a panic.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    raw: &'a str,
    ns: &'a str,
}

/// The child elements of an element, in their order.
#[derive(Debug, Clone)]
pub struct Children<'a> {
    rest: &'a str,
    ns: &'a str,
}

impl<'a> Element<'a> {
    /// The element that `raw` is, from `<` to `>`; `inherited` is the default namespace around it.
    pub fn new(raw: &'a str, inherited: &'a str) -> Self {
        todo!()
    }

    pub(crate) const fn known(raw: &'a str, ns: &'a str) -> Self {
        Self { raw, ns }
    }

    /// The elements that stand side by side in `text`, as inside of a parent.
    pub const fn siblings(text: &'a str, inherited: &'a str) -> Children<'a> {
        Children { rest: text, ns: inherited }
    }

    /// Local name.
    pub fn name(&self) -> &'a str {
        todo!()
    }

    /// Namespace, empty if none.
    pub const fn ns(&self) -> &'a str {
        self.ns
    }

    /// Whether it has that name and namespace.
    pub fn is(&self, name: &str, ns: &str) -> bool {
        self.ns == ns && self.name() == name
    }

    /// The value of an attribute without a prefix, or with `xml:`.
    pub fn attr(&self, name: &str) -> Option<Cow<'a, str>> {
        todo!()
    }

    /// The value of an attribute in a namespace.
    pub fn attr_ns(&self, name: &str, ns: &str) -> Option<Cow<'a, str>> {
        todo!()
    }

    /// The text between its tags, that of child elements left out.
    pub fn text(&self) -> Cow<'a, str> {
        todo!()
    }

    /// The child elements.
    pub fn children(&self) -> Children<'a> {
        todo!()
    }

    /// The first child of that name and namespace.
    pub fn child(&self, name: &str, ns: &str) -> Option<Element<'a>> {
        self.children().find(|child| child.is(name, ns))
    }

    /// The text of the first child of that name and namespace.
    pub fn child_text(&self, name: &str, ns: &str) -> Option<Cow<'a, str>> {
        self.child(name, ns).map(|child| child.text())
    }

    /// From `<` to `>`, as it stands; an inherited namespace is not in it.
    pub const fn raw(&self) -> &'a str {
        self.raw
    }

    /// What stands between its tags; the default namespace there is [`ns`](Self::ns).
    pub fn inner(&self) -> &'a str {
        todo!()
    }

    /// Copies it, with `xmlns` where the surroundings differ.
    pub fn write_into(&self, writer: &mut Writer) {
        writer.element(*self);
    }
}

impl<'a> Iterator for Children<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        todo!()
    }
}
