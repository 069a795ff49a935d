//! Reading an element that the framer accepted and that is plain.

use std::borrow::Cow;

use memchr::{memchr, memrchr};

use crate::Writer;
use crate::tag::{self, Tag};

/// An element: its text and its namespace. Copying it costs nothing; every
/// question walks the text. Damaged text yields nothing, never a panic.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    raw: &'a str,
    ns: &'a str,
}

impl<'a> Element<'a> {
    /// The element that `raw` is, from `<` to `>`; `inherited` is the default namespace around it.
    pub fn new(raw: &'a str, inherited: &'a str) -> Self {
        let declared = Tag::read(raw).and_then(|tag| tag.raw("xmlns"));
        Self { raw, ns: declared.unwrap_or(inherited) }
    }

    /// The element that `raw` is, whose namespace is known to be `ns`.
    pub const fn known(raw: &'a str, ns: &'a str) -> Self {
        Self { raw, ns }
    }

    /// The elements that stand side by side in `text`, as inside of a parent
    /// whose default namespace is `inherited`.
    pub const fn siblings(text: &'a str, inherited: &'a str) -> Children<'a> {
        Children { rest: text, ns: inherited }
    }

    /// Local name.
    pub fn name(&self) -> &'a str {
        self.tag().map_or("", |tag| tag.name)
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
        self.tag()?.raw(name).map(tag::value)
    }

    /// All attributes and declarations, named as written.
    pub fn attrs(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        let attributes = self.tag().into_iter().flat_map(|tag| tag.attributes());
        attributes.map(|(name, raw)| (name, tag::value(raw)))
    }

    /// The value of an attribute in the namespace `ns`.
    pub fn attr_ns(&self, name: &str, ns: &str) -> Option<Cow<'a, str>> {
        let tag = self.tag()?;
        let mut prefixed =
            tag.attributes().filter_map(|(name, value)| Some((name.split_once(':')?, value)));
        prefixed
            .find(|&((prefix, local), _)| {
                let mut declared = tag.attributes();
                local == name
                    && declared
                        .any(|(name, uri)| name.strip_prefix("xmlns:") == Some(prefix) && uri == ns)
            })
            .map(|(_, value)| tag::value(value))
    }

    /// The text between its tags, that of child elements left out.
    pub fn text(&self) -> Cow<'a, str> {
        let mut rest = self.inner();
        let mut text = Cow::Borrowed("");
        while !rest.is_empty() {
            let markup = memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
            join(&mut text, tag::text(&rest[..markup]));
            rest = &rest[markup..];
            let skipped = match tag::cdata(rest) {
                Some(content) => {
                    join(&mut text, tag::lines(content));
                    Some(tag::CDATA.len() + content.len() + 3)
                }
                None => tag::element_len(rest),
            };
            rest = skipped.and_then(|len| rest.get(len..)).unwrap_or_default();
        }
        text
    }

    /// The child elements.
    pub fn children(&self) -> Children<'a> {
        Children { rest: self.inner(), ns: self.ns }
    }

    /// The first child of that name and namespace.
    pub fn child(&self, name: &str, ns: &str) -> Option<Element<'a>> {
        self.children().find(|child| child.is(name, ns))
    }

    /// From `<` to `>`, as it stands; an inherited namespace is not in it.
    pub const fn raw(&self) -> &'a str {
        self.raw
    }

    /// What stands between its tags; the default namespace there is [`ns`](Self::ns).
    pub fn inner(&self) -> &'a str {
        let Some((tag_end, _)) = self.tag().and_then(|tag| tag.end()) else { return "" };
        // The last `<` is that of the end tag: none stands in an end tag or behind it.
        let end = memrchr(b'<', self.raw.as_bytes()).unwrap_or_default();
        self.raw.get(tag_end..end).unwrap_or_default()
    }

    /// Copies it, with `xmlns` where the surroundings differ.
    pub fn write_into(&self, writer: &mut Writer) {
        writer.element(*self);
    }

    pub(crate) fn tag(&self) -> Option<Tag<'a>> {
        Tag::read(self.raw)
    }
}

/// Adds a piece without copying if it is the only one.
fn join<'a>(text: &mut Cow<'a, str>, piece: Cow<'a, str>) {
    if text.is_empty() {
        *text = piece;
    } else if !piece.is_empty() {
        text.to_mut().push_str(&piece);
    }
}

/// The child elements of an element, in their order.
#[derive(Debug, Clone)]
pub struct Children<'a> {
    rest: &'a str,
    ns: &'a str,
}

impl<'a> Iterator for Children<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        loop {
            let markup = memchr(b'<', self.rest.as_bytes())?;
            let text = std::mem::take(&mut self.rest).get(markup..)?;
            if let Some(content) = tag::cdata(text) {
                self.rest = &text[tag::CDATA.len() + content.len() + 3..];
                continue;
            }
            let len = tag::element_len(text)?;
            self.rest = text.get(len..)?;
            return Some(Element::new(&text[..len], self.ns));
        }
    }
}

#[cfg(test)]
mod tests;
