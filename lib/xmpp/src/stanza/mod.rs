//! A stanza: its head beside its immutable content.
//!
//! Cloning counts references. Routing rewrites the start tag from the head and
//! copies the content; `added` holds what the server puts behind the content,
//! such as the id of XEP-0359.

mod kind;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use skein_xml::{Child, Element, Shape, Writer};
use smallvec::SmallVec;

pub use kind::{IqType, Kind, MessageType, PresenceType};

use crate::error::{Condition, StanzaError, StreamError};
use crate::{Jid, ns};

/// Bytes of an `id` that are kept; RFC 6120 sets no bound, and an echo chamber needs one.
const ID_BYTES: usize = 1024;
/// Bytes of an `xml:lang` that are kept: BCP 47 tags are far shorter.
const LANG_BYTES: usize = 64;

/// See the module.
#[derive(Debug, Clone)]
pub struct Stanza {
    /// Which kind and type.
    pub kind: Kind,
    /// The addressee.
    pub to: Option<Jid>,
    /// The sender; set by the server, never believed from a client.
    pub from: Option<Jid>,
    /// The sender's id.
    pub id: Option<Arc<str>>,
    /// Language of human-readable content.
    pub lang: Option<Arc<str>>,
    content: Arc<Content>,
    added: Option<Arc<str>>,
}

/// What stands between start tag and end tag; plain XML in `jabber:client`.
#[derive(Debug, Default)]
struct Content {
    xml: Box<str>,
    /// Where the child elements begin and end.
    children: SmallVec<[(u32, u32); 4]>,
}

impl Content {
    fn index(xml: Box<str>) -> Self {
        let base = xml.as_ptr() as usize;
        let children = Element::siblings(&xml, ns::CLIENT)
            .map(|child| {
                let start = child.raw().as_ptr() as usize - base;
                (start as u32, (start + child.raw().len()) as u32)
            })
            .collect();
        Self { xml, children }
    }
}

/// Why an element is not a stanza that we take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAStanza {
    /// The stream must end.
    Stream(StreamError),
    /// The sender gets an error; the stream goes on. The stanza is given without
    /// the address that could not be read.
    Stanza(Box<(Stanza, StanzaError)>),
}

impl PartialEq for Stanza {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.to, &self.from, &self.id, &self.lang)
            == (other.kind, &other.to, &other.from, &other.id, &other.lang)
            && self.content.xml == other.content.xml
            && self.added == other.added
    }
}

impl Eq for Stanza {}

impl Stanza {
    /// An empty stanza.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            to: None,
            from: None,
            id: None,
            lang: None,
            content: Arc::default(),
            added: None,
        }
    }

    /// Reads an element that the framer accepted and that is plain.
    ///
    /// # Errors
    /// `invalid-namespace` or `unsupported-stanza-type` end the stream; a bad
    /// address or type is answered with a stanza error.
    pub fn read(element: Element<'_>) -> Result<Self, NotAStanza> {
        Self::read_head(element, || Content::index(element.inner().into()))
    }

    /// As [`Stanza::read`], for an element whose `shape` is known: its children need not
    /// be looked for again.
    ///
    /// # Errors
    /// As [`Stanza::read`].
    pub fn read_shaped(element: Element<'_>, shape: &Shape) -> Result<Self, NotAStanza> {
        Self::read_head(element, || {
            let inner = element.inner();
            let before =
                (inner.as_ptr() as usize).wrapping_sub(element.raw().as_ptr() as usize) as u32;
            let place = |child: &Child| (child.span.start - before, child.span.end - before);
            let is_empty = inner.is_empty();
            let children = shape.children.iter().filter(|_| !is_empty).map(place).collect();
            Content { xml: inner.into(), children }
        })
    }

    fn read_head(
        element: Element<'_>,
        content: impl FnOnce() -> Content,
    ) -> Result<Self, NotAStanza> {
        if element.ns() != ns::CLIENT {
            return Err(NotAStanza::Stream(StreamError::new("invalid-namespace")));
        }
        let named_type = element.attr("type");
        let kind = match Kind::read(element.name(), named_type.as_deref()) {
            Some(kind) => kind,
            None if !matches!(element.name(), "presence" | "iq") => {
                return Err(NotAStanza::Stream(StreamError::new("unsupported-stanza-type")));
            }
            None => return Err(Self::refuse(element, Condition::BadRequest)),
        };
        let address = |name| match element.attr(name) {
            None => Ok(None),
            Some(text) => Jid::parse(&text).map(Some),
        };
        let (Ok(to), Ok(from)) = (address("to"), address("from")) else {
            return Err(Self::refuse(element, Condition::JidMalformed));
        };
        let id = short(element.attr("id"), ID_BYTES);
        let lang = short(element.attr("xml:lang"), LANG_BYTES);
        let content = Arc::new(content());
        let stanza = Self { kind, to, from, id, lang, content, added: None };
        if let Kind::Iq(kind) = kind {
            let children = stanza.content.children.len();
            if stanza.id.is_none() || (kind.is_request() && children != 1) {
                return Err(NotAStanza::Stanza(Box::new((stanza, Condition::BadRequest.into()))));
            }
        }
        Ok(stanza)
    }

    fn refuse(element: Element<'_>, condition: Condition) -> NotAStanza {
        let kind = match element.name() {
            "message" => Kind::Message(MessageType::Normal),
            "presence" => Kind::Presence(PresenceType::Available),
            _ => Kind::Iq(IqType::Get),
        };
        // An error is never answered with an error (RFC 6120 section 8.3.1).
        let is_error = element.attr("type").as_deref() == Some("error");
        let kind = if is_error { Kind::Message(MessageType::Error) } else { kind };
        let mut stanza = Self::new(kind);
        stanza.id = short(element.attr("id"), ID_BYTES);
        NotAStanza::Stanza(Box::new((stanza, condition.into())))
    }

    /// The same head with new content.
    #[must_use]
    pub fn with_content(mut self, write: impl FnOnce(&mut Writer)) -> Self {
        let mut writer = Writer::within(ns::CLIENT);
        write(&mut writer);
        self.content = Arc::new(Content::index(writer.finish_text().into()));
        self.added = None;
        self
    }

    /// The same head with `element` as its content: one complete element as a
    /// [`Writer`] within `jabber:client` makes it. Spares the walk through what an
    /// answer quotes.
    #[must_use]
    pub fn with_element(mut self, element: Box<str>) -> Self {
        let children = SmallVec::from_slice(&[(0, element.len() as u32)]);
        self.content = Arc::new(Content { xml: element, children });
        self.added = None;
        self
    }

    /// The same stanza with `xml` behind its content: complete elements that
    /// declare their namespaces.
    #[must_use]
    pub fn with_added(&self, write: impl FnOnce(&mut Writer)) -> Self {
        let mut writer = Writer::within(ns::CLIENT);
        write(&mut writer);
        let mut added = self.added.as_deref().unwrap_or_default().to_owned();
        added.push_str(&writer.finish_text());
        Self { added: Some(added.into()), ..self.clone() }
    }

    /// The same stanza without the child elements that `unwanted` picks.
    pub fn strip(&mut self, unwanted: impl Fn(Element<'_>) -> bool) {
        if !self.children().any(&unwanted) {
            return;
        }
        let mut xml = String::with_capacity(self.content.xml.len());
        let mut copied = 0;
        for &(start, end) in &self.content.children {
            if unwanted(Element::new(&self.content.xml[start as usize..end as usize], ns::CLIENT)) {
                xml.push_str(&self.content.xml[copied..start as usize]);
                copied = end as usize;
            }
        }
        xml.push_str(&self.content.xml[copied..]);
        self.content = Arc::new(Content::index(xml.into()));
    }

    /// The child elements, without those that were added.
    pub fn children(&self) -> impl Iterator<Item = Element<'_>> {
        let xml = &self.content.xml;
        let ranges = self.content.children.iter();
        ranges
            .map(move |&(start, end)| Element::new(&xml[start as usize..end as usize], ns::CLIENT))
    }

    /// The first child of that name and namespace.
    pub fn child(&self, name: &str, namespace: &str) -> Option<Element<'_>> {
        self.children().find(|child| child.name() == name && child.ns() == namespace)
    }

    /// Whether there is a child of that name and namespace.
    pub fn has(&self, name: &str, namespace: &str) -> bool {
        self.child(name, namespace).is_some()
    }

    /// Whether there is any child in that namespace.
    pub fn has_any(&self, namespace: &str) -> bool {
        self.children().any(|child| child.ns() == namespace)
    }

    /// Whether there is a `<body/>` (RFC 6121 section 5.2.3).
    pub fn has_body(&self) -> bool {
        self.has("body", ns::CLIENT)
    }

    /// Whether it is the same but for the addressee, told without a look at the content.
    pub fn is_copy_of(&self, other: &Self) -> bool {
        let same_added = match (&self.added, &other.added) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        Arc::ptr_eq(&self.content, &other.content)
            && same_added
            && (self.kind, &self.from, &self.id, &self.lang)
                == (other.kind, &other.from, &other.id, &other.lang)
    }

    /// The content as it stands between the tags; children inherit `jabber:client`.
    pub fn content(&self) -> &str {
        &self.content.xml
    }

    /// What the server added behind the content.
    pub fn added(&self) -> &str {
        self.added.as_deref().unwrap_or_default()
    }

    /// An answer of `kind`: addresses exchanged, same id, no content.
    #[must_use]
    pub fn answer(&self, kind: Kind) -> Self {
        let mut answer = Self::new(kind);
        answer.to = self.from.clone();
        answer.from = self.to.clone();
        answer.id = self.id.clone();
        answer
    }

    /// The error answer, with the content sent back as RFC 6120 section 8.3.1
    /// suggests; `None` for stanzas that must not be answered with an error.
    pub fn error(&self, error: &StanzaError) -> Option<Self> {
        let kind = match self.kind {
            _ if self.kind.is_error() => return None,
            Kind::Message(_) => Kind::Message(MessageType::Error),
            Kind::Presence(_) => Kind::Presence(PresenceType::Error),
            Kind::Iq(IqType::Result) => return None,
            Kind::Iq(_) => Kind::Iq(IqType::Error),
        };
        Some(self.answer(kind).with_content(|writer| {
            for child in self.children() {
                writer.element(child);
            }
            error.write(writer);
        }))
    }

    /// Appends the stanza to `out`. With `declared` the start tag declares
    /// `jabber:client`, as WebSocket and BOSH need; without, it inherits it.
    pub fn encode(&self, out: &mut Vec<u8>, declared: bool) {
        self.start_tag(out, declared);
        if self.content.xml.is_empty() && self.added.is_none() {
            out.extend_from_slice(b"/>");
            return;
        }
        out.push(b'>');
        out.extend_from_slice(self.content.xml.as_bytes());
        out.extend_from_slice(self.added().as_bytes());
        out.extend_from_slice(b"</");
        out.extend_from_slice(self.kind.element().as_bytes());
        out.push(b'>');
    }

    fn start_tag(&self, out: &mut Vec<u8>, declared: bool) {
        out.push(b'<');
        out.extend_from_slice(self.kind.element().as_bytes());
        if declared {
            out.extend_from_slice(b" xmlns='jabber:client'");
        }
        attribute(out, "from", self.from.as_ref().map_or("", Jid::as_str));
        attribute(out, "to", self.to.as_ref().map_or("", Jid::as_str));
        attribute(out, "type", self.kind.type_name());
        attribute(out, "id", self.id.as_deref().unwrap_or_default());
        attribute(out, "xml:lang", self.lang.as_deref().unwrap_or_default());
    }

    /// Writes the stanza as an element of a larger one.
    pub fn write(&self, writer: &mut Writer) {
        writer.start(self.kind.element(), ns::CLIENT);
        let attributes = [
            ("from", self.from.as_ref().map_or("", Jid::as_str)),
            ("to", self.to.as_ref().map_or("", Jid::as_str)),
            ("type", self.kind.type_name()),
            ("id", self.id.as_deref().unwrap_or_default()),
            ("xml:lang", self.lang.as_deref().unwrap_or_default()),
        ];
        for (name, value) in attributes.into_iter().filter(|(_, value)| !value.is_empty()) {
            writer.attr(name, value);
        }
        writer.raw(&self.content.xml);
        writer.raw(self.added());
        writer.end();
    }

    /// The whole stanza as text, `jabber:client` declared: how it is stored.
    pub fn to_xml(&self) -> String {
        let mut out = Vec::with_capacity(self.content.xml.len() + 200);
        self.encode(&mut out, true);
        String::from_utf8(out).unwrap_or_default()
    }
}

fn short(value: Option<Cow<'_, str>>, bytes: usize) -> Option<Arc<str>> {
    value
        .filter(|value| value.len() <= bytes && !value.is_empty())
        .map(|value| value.as_ref().into())
}

/// Appends an attribute unless its value is empty.
fn attribute(out: &mut Vec<u8>, name: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    out.push(b' ');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"='");
    skein_xml::escape_attribute(value, out);
    out.push(b'\'');
}
