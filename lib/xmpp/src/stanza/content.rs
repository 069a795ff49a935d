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
    pub(super) xml: Box<str>,
    pub(super) children: SmallVec<[Part; 4]>,
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
        (!xml.is_empty()).then(|| Arc::new(Self { xml, children, coded: None }))
    }

    /// Of an element that is all there is.
    pub(super) fn alone(xml: Box<str>) -> Option<Arc<Self>> {
        let part = Part::of(Element::new(&xml, ns::CLIENT), &xml);
        Some(Arc::new(Self { xml, children: SmallVec::from_slice(&[part]), coded: None }))
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
        Some(Arc::new(Self { xml: inner.into(), children, coded: None }))
    }

    /// The elements of a namespace. Most questions are about children that are not there: those
    /// of other namespaces are passed by without a look at their text.
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
        let text = |(start, end): (u32, u32)| &self.xml[start as usize..end as usize];
        Element::known(text((part.start, part.end)), part.namespace.map_or(ns::CLIENT, text))
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

impl Part {
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
