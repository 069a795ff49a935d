//! What stands between a stanza's start tag and its end tag.

use std::sync::Arc;

use skein_wire::Coded;
use skein_xml::{Child, Element, Namespace, Shape};
use smallvec::SmallVec;

use super::Stanza;
use crate::ns;

/// Plain XML in `jabber:client`, never empty, and where the child elements stand.
#[derive(Debug)]
pub(super) struct Content {
    xml: Box<str>,
    children: SmallVec<[Part; 4]>,
    /// The marks of the children's namespaces.
    marks: u64,
    /// There is a `<body/>`: no question is asked more often.
    pub(super) has_body: bool,
    /// The same as it came in the compact binding.
    pub(super) coded: Option<Coded>,
}

/// Where a child element stands, and its namespace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where the name of its namespace stands; `None` is that of the stanza.
    namespace: Option<(u32, u32)>,
}

impl Content {
    /// Looks for the elements in `xml`.
    pub(super) fn index(xml: Box<str>) -> Option<Arc<Self>> {
        let parts = Element::siblings(&xml, ns::CLIENT).map(|child| Part::of(child, &xml));
        let children = parts.collect();
        (!xml.is_empty()).then(|| Self::new(xml, children))
    }

    /// Of an element that is all there is.
    pub(super) fn alone(xml: Box<str>) -> Option<Arc<Self>> {
        let part = Part::of(Element::new(&xml, ns::CLIENT), &xml);
        Some(Self::new(xml, SmallVec::from_slice(&[part])))
    }

    /// Of an element whose shape is known.
    pub(super) fn shaped(element: Element<'_>, shape: &Shape) -> Option<Arc<Self>> {
        let inner = shape.inner(element.raw());
        if inner.is_empty() {
            return None;
        }
        let before = (inner.as_ptr() as usize).wrapping_sub(element.raw().as_ptr() as usize) as u32;
        let place = |child: &Child| Part {
            start: child.span.start - before,
            end: child.span.end - before,
            namespace: match child.namespace {
                // If the stanza declared it, it is the stanza's own.
                Namespace::Declared(span) if span.start >= before => {
                    Some((span.start - before, span.end - before))
                }
                _ => None,
            },
        };
        let children = shape.children.iter().map(place).collect();
        Some(Self::new(inner.into(), children))
    }

    fn new(xml: Box<str>, children: SmallVec<[Part; 4]>) -> Arc<Self> {
        let marks = children.iter().fold(0, |marks, part| marks | mark(part.namespace(&xml)));
        let mut content = Self { xml, children, marks, has_body: false, coded: None };
        content.has_body = content.first("body", ns::CLIENT).is_some();
        Arc::new(content)
    }

    /// Whether there may be a child in that namespace. Most questions are about children that
    /// are not there.
    #[inline]
    pub(super) const fn may_have(&self, namespace: &str) -> bool {
        self.marks & mark(namespace) != 0
    }

    /// What stands between the tags.
    pub(super) fn xml(&self) -> &str {
        &self.xml
    }

    /// Where the child elements stand.
    pub(super) fn parts(&self) -> &[Part] {
        &self.children
    }

    /// The first child of that name and namespace.
    pub(super) fn first(&self, name: &str, namespace: &str) -> Option<Element<'_>> {
        self.in_namespace(namespace).find(|child| child.name() == name)
    }

    /// The elements of a namespace: those of others are passed by without a look at their text.
    pub(super) fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = Element<'_>> {
        let is_own = namespace == ns::CLIENT;
        let is_in = move |part: &&Part| match part.namespace {
            None => is_own,
            Some((start, end)) => {
                self.xml.as_bytes().get(start as usize..end as usize) == Some(namespace.as_bytes())
            }
        };
        self.children.iter().filter(is_in).map(|part| self.element(*part))
    }

    /// The element of a part.
    pub(super) fn element(&self, part: Part) -> Element<'_> {
        let text = &self.xml[part.start as usize..part.end as usize];
        Element::known(text, part.namespace(&self.xml))
    }
}

impl Stanza {
    /// The content as it came in the compact binding, if it did.
    pub fn coded(&self) -> Option<&Coded> {
        self.content.as_ref()?.coded.as_ref()
    }

    /// The same stanza, whose content came as `coded`, so that it can leave so.
    #[must_use]
    pub fn with_coded(mut self, coded: Option<&Coded>) -> Self {
        if let (Some(content), Some(coded)) = (self.content.as_mut().and_then(Arc::get_mut), coded)
        {
            content.coded = Some(coded.clone());
        }
        self
    }
}

/// One of 64 bits for a namespace, so that most others have another. For a constant it is one,
/// too.
#[inline]
const fn mark(namespace: &str) -> u64 {
    let bytes = namespace.as_bytes();
    let last = if bytes.is_empty() { 0 } else { bytes[bytes.len() - 1] as usize };
    let near_the_end = if bytes.len() < 4 { 0 } else { bytes[bytes.len() - 4] as usize };
    1 << ((bytes.len() + 19 * last + 9 * near_the_end) % 64)
}

impl Part {
    /// The name of its namespace.
    fn namespace(self, xml: &str) -> &str {
        self.namespace.map_or(ns::CLIENT, |(start, end)| &xml[start as usize..end as usize])
    }

    /// Of an element that is part of `xml`.
    fn of(child: Element<'_>, xml: &str) -> Self {
        let base = xml.as_ptr() as usize;
        let place = |text: &str| {
            let start = (text.as_ptr() as usize).checked_sub(base)?;
            (start + text.len() <= xml.len()).then_some((start as u32, (start + text.len()) as u32))
        };
        let (start, end) = place(child.raw()).unwrap_or_default();
        // What is inherited does not stand in the text.
        Self { start, end, namespace: place(child.ns()) }
    }
}
