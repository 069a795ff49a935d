//! A stanza: its head beside its immutable content.
//!
//! Cloning counts references. Routing rewrites the start tag from the head and
//! copies the content; `added` holds what the server puts behind the content,
//! such as the id of XEP-0359.

mod content;
mod kind;
mod shared;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use skein_xml::{Element, Shape, Writer};

pub use kind::{IqType, Kind, MessageType, PresenceType};
pub use shared::Shared;

use content::{Content, Part};

use crate::error::{Condition, StanzaError, StreamError};
use crate::{Jid, ns};

/// Bytes of an `id` that are kept; RFC 6120 sets no bound, and an echo chamber needs one.
const ID_BYTES: usize = 1024;
/// Bytes that the server mostly adds at most: an id and when the stanza came.
const ADDED_BYTES: usize = 192;
/// Bytes of a stanza's tags at most, but for the values of its attributes and what is escaped.
const TAG_BYTES: usize = 112;
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
    /// `None` if it is empty, as presence and answers often are.
    content: Option<Arc<Content>>,
    added: Option<Arc<str>>,
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
            && self.content() == other.content()
            && self.added == other.added
    }
}

impl Eq for Stanza {}

impl Stanza {
    /// An empty stanza.
    pub fn new(kind: Kind) -> Self {
        Self { kind, to: None, from: None, id: None, lang: None, content: None, added: None }
    }

    /// Reads an element that the framer accepted and that is plain.
    ///
    /// # Errors
    /// `invalid-namespace` or `unsupported-stanza-type` end the stream; a bad
    /// address or type is answered with a stanza error.
    pub fn read(element: Element<'_>) -> Result<Self, NotAStanza> {
        Self::read_head(element, element.attrs(), || Content::index(element.inner().into()))
    }

    /// As [`Stanza::read`], for an element whose `shape` is known: its children need not
    /// be looked for again.
    ///
    /// # Errors
    /// As [`Stanza::read`].
    pub fn read_shaped(element: Element<'_>, shape: &Shape) -> Result<Self, NotAStanza> {
        Self::read_head(element, shape.attrs(element.raw()), || Content::shaped(element, shape))
    }

    fn read_head<'a>(
        element: Element<'a>,
        attributes: impl Iterator<Item = (&'a str, Cow<'a, str>)>,
        content: impl FnOnce() -> Option<Arc<Content>>,
    ) -> Result<Self, NotAStanza> {
        if element.ns() != ns::CLIENT {
            return Err(NotAStanza::Stream(StreamError::new("invalid-namespace")));
        }
        let [mut named_type, mut to, mut from, mut id, mut lang] = [const { None }; 5];
        for (name, value) in attributes {
            match name {
                "type" => named_type = Some(value),
                "to" => to = Some(value),
                "from" => from = Some(value),
                "id" => id = Some(value),
                "xml:lang" => lang = Some(value),
                _ => {}
            }
        }
        let kind = match Kind::read(element.name(), named_type.as_deref()) {
            Some(kind) => kind,
            None if !matches!(element.name(), "presence" | "iq") => {
                return Err(NotAStanza::Stream(StreamError::new("unsupported-stanza-type")));
            }
            None => return Err(Self::refuse(element, Condition::BadRequest)),
        };
        let address = |text: Option<Cow<'_, str>>| text.map(|text| Jid::parse(&text)).transpose();
        let (Ok(to), Ok(from)) = (address(to), address(from)) else {
            return Err(Self::refuse(element, Condition::JidMalformed));
        };
        let id = short(id, ID_BYTES);
        let lang = short(lang, LANG_BYTES);
        let content = content();
        let stanza = Self { kind, to, from, id, lang, content, added: None };
        if let Kind::Iq(kind) = kind {
            let children = stanza.parts().len();
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
        self.content = Content::index(writer.finish_text().into());
        self.added = None;
        self
    }

    /// The same head with `element` as its content: one complete element as a
    /// [`Writer`] within `jabber:client` makes it. Spares the walk through what an
    /// answer quotes.
    #[must_use]
    pub fn with_element(mut self, element: Box<str>) -> Self {
        self.content = Content::alone(element);
        self.added = None;
        self
    }

    /// The same stanza with `xml` behind its content: complete elements that
    /// declare their namespaces.
    #[must_use]
    pub fn with_added(&self, write: impl FnOnce(&mut Writer)) -> Self {
        let mut added = Vec::with_capacity(ADDED_BYTES);
        added.extend_from_slice(self.added().as_bytes());
        let mut writer = Writer::append(added, ns::CLIENT);
        write(&mut writer);
        Self { added: Some(writer.finish_text().into()), ..self.clone() }
    }

    /// The same stanza without the child elements that `unwanted` picks.
    pub fn strip(&mut self, unwanted: impl Fn(Element<'_>) -> bool) {
        if !self.children().any(&unwanted) {
            return;
        }
        let Some(content) = &self.content else { return };
        let mut xml = String::with_capacity(content.xml().len());
        let mut copied = 0;
        for part in content.parts() {
            if unwanted(content.element(*part)) {
                xml.push_str(&content.xml()[copied..part.start as usize]);
                copied = part.end as usize;
            }
        }
        xml.push_str(&content.xml()[copied..]);
        self.content = Content::index(xml.into());
    }

    /// The child elements, without those that were added.
    pub fn children(&self) -> impl Iterator<Item = Element<'_>> {
        let content = self.content.iter();
        content.flat_map(|content| content.parts().iter().map(|part| content.element(*part)))
    }

    fn parts(&self) -> &[Part] {
        self.content.as_ref().map_or(&[], |content| content.parts())
    }

    /// The first child of that name and namespace.
    #[inline]
    pub fn child(&self, name: &str, namespace: &str) -> Option<Element<'_>> {
        let content = self.content.as_deref().filter(|content| content.may_have(namespace))?;
        content.first(name, namespace)
    }

    /// Whether there is a child of that name and namespace.
    #[inline]
    pub fn has(&self, name: &str, namespace: &str) -> bool {
        self.child(name, namespace).is_some()
    }

    /// Whether there is any child in that namespace.
    #[inline]
    pub fn has_any(&self, namespace: &str) -> bool {
        let content = self.content.as_deref().filter(|content| content.may_have(namespace));
        content.is_some_and(|content| content.in_namespace(namespace).next().is_some())
    }

    /// Whether there is a `<body/>` (RFC 6121 section 5.2.3).
    pub fn has_body(&self) -> bool {
        self.content.as_ref().is_some_and(|content| content.has_body)
    }

    /// Whether it is the same but for the addressee, told without a look at the content.
    pub fn is_copy_of(&self, other: &Self) -> bool {
        let same_added = match (&self.added, &other.added) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        let same_content = match (&self.content, &other.content) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        same_content
            && same_added
            && (self.kind, &self.from, &self.id, &self.lang)
                == (other.kind, &other.from, &other.id, &other.lang)
    }

    /// The content as it stands between the tags; children inherit `jabber:client`.
    pub fn content(&self) -> &str {
        self.content.as_ref().map_or("", |content| content.xml())
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
        self.encode_to(self.to.as_ref(), out, declared);
    }

    fn encode_to(&self, to: Option<&Jid>, out: &mut Vec<u8>, declared: bool) {
        // All of it at once: growing step by step copies what is written several times.
        let length = |text: Option<&str>| text.map_or(0, str::len);
        let addresses = length(to.map(Jid::as_str)) + length(self.from.as_ref().map(Jid::as_str));
        let head = addresses + length(self.id.as_deref()) + length(self.lang.as_deref());
        out.reserve(TAG_BYTES + head + self.content().len() + self.added().len());
        self.start(out, declared);
        address(out, b" to='", to);
        self.finish(out);
    }

    /// What stands before the addressee.
    fn start(&self, out: &mut Vec<u8>, declared: bool) {
        out.push(b'<');
        out.extend_from_slice(self.kind.element().as_bytes());
        if declared {
            out.extend_from_slice(b" xmlns='jabber:client'");
        }
        address(out, b" from='", self.from.as_ref());
    }

    /// What stands behind the addressee.
    fn finish(&self, out: &mut Vec<u8>) {
        let named_type = self.kind.type_name();
        if !named_type.is_empty() {
            out.extend_from_slice(b" type='");
            out.extend_from_slice(named_type.as_bytes());
            out.push(b'\'');
        }
        attribute(out, "id", self.id.as_deref().unwrap_or_default());
        attribute(out, "xml:lang", self.lang.as_deref().unwrap_or_default());
        if self.content.is_none() && self.added.is_none() {
            out.extend_from_slice(b"/>");
            return;
        }
        out.push(b'>');
        out.extend_from_slice(self.content().as_bytes());
        out.extend_from_slice(self.added().as_bytes());
        out.extend_from_slice(b"</");
        out.extend_from_slice(self.kind.element().as_bytes());
        out.push(b'>');
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
        writer.raw(self.content());
        writer.raw(self.added());
        writer.end();
    }

    /// The whole stanza as text, `jabber:client` declared: how it is stored.
    pub fn to_xml(&self) -> String {
        let mut out = Vec::with_capacity(self.content().len() + self.added().len() + 200);
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

/// Appends an address, if there is one, behind `before`. Only in its resourcepart may stand
/// what has to be escaped (RFC 7622 section 3.3.1).
fn address(out: &mut Vec<u8>, before: &[u8], address: Option<&Jid>) {
    let Some(address) = address else { return };
    out.extend_from_slice(before);
    out.extend_from_slice(address.bare_str().as_bytes());
    if let Some(resource) = address.resource() {
        out.push(b'/');
        skein_xml::escape_attribute(resource, out);
    }
    out.push(b'\'');
}
