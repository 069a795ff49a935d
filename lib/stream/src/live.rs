//! A stream after negotiation: stanzas, and the elements of stream management
//! (XEP-0198) and client state (XEP-0352).

use skein_xml::Element;
use skein_xmpp::stanza::NotAStanza;
use skein_xmpp::{Stanza, StanzaError, StreamError, ns};

use crate::intake::Piece;

/// What a client on a bound stream said.
#[derive(Debug)]
pub enum Heard {
    /// A stanza.
    Stanza(Stanza),
    /// Something like a stanza; it counts as one, and its sender gets the error.
    Refused(Box<(Stanza, StanzaError)>),
    /// `<enable/>`: begin to count.
    Enable(Enable),
    /// `<a/>`: so many of ours were handled.
    Acknowledged(u32),
    /// `<r/>`: how many were handled here?
    AckRequest,
    /// `<resume/>` on a stream that is bound.
    Resume,
    /// `<active/>` or `<inactive/>`.
    Active(bool),
}

/// A request to begin stream management.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Enable {
    /// The session shall survive its connection.
    pub resume: bool,
    /// For how long, in seconds, if the client has a wish.
    pub max: Option<u32>,
}

impl Enable {
    /// Reads `<enable/>`.
    pub fn read(element: Element<'_>) -> Self {
        let resume = matches!(element.attr("resume").as_deref(), Some("true" | "1"));
        let max = element.attr("max").and_then(|max| max.parse().ok());
        Self { resume, max }
    }
}

/// Understands one element of a TCP or WebSocket stream.
///
/// # Errors
/// The stream must end with this error.
pub fn hear(piece: &Piece<'_>) -> Result<Heard, StreamError> {
    understand(piece.root(), || {
        let stanza = Stanza::read_shaped(piece.root(), piece.shape())?;
        Ok(stanza.with_coded(piece.coded()))
    })
}

/// Understands one element of which no shape is known: what BOSH brings.
///
/// # Errors
/// The stream must end with this error.
pub fn hear_element(element: Element<'_>) -> Result<Heard, StreamError> {
    understand(element, || Stanza::read(element))
}

fn understand(
    element: Element<'_>,
    read: impl FnOnce() -> Result<Stanza, NotAStanza>,
) -> Result<Heard, StreamError> {
    match element.ns() {
        ns::SM => return management(element),
        ns::CSI if element.name() == "active" => return Ok(Heard::Active(true)),
        ns::CSI if element.name() == "inactive" => return Ok(Heard::Active(false)),
        _ => {}
    }
    match read() {
        Ok(stanza) => Ok(Heard::Stanza(stanza)),
        Err(NotAStanza::Stanza(refused)) => Ok(Heard::Refused(refused)),
        // Elements that could stand there in another state, and names nobody knows.
        Err(NotAStanza::Stream(_)) if element.ns() != ns::CLIENT && !element.ns().is_empty() => {
            Err(StreamError::new(known(element.ns())))
        }
        Err(NotAStanza::Stream(error)) => Err(error),
    }
}

fn known(namespace: &str) -> &'static str {
    match namespace {
        ns::TLS | ns::SASL | ns::SASL2 | ns::BIND => "policy-violation",
        ns::STREAM => "invalid-xml",
        ns::SERVER => "invalid-namespace",
        _ => "unsupported-stanza-type",
    }
}

fn management(element: Element<'_>) -> Result<Heard, StreamError> {
    let h = || element.attr("h").and_then(|h| h.parse().ok());
    match element.name() {
        "r" => Ok(Heard::AckRequest),
        "a" => match h() {
            Some(h) => Ok(Heard::Acknowledged(h)),
            None => Err(StreamError::new("bad-format").text("an acknowledgement needs a number")),
        },
        "enable" => Ok(Heard::Enable(Enable::read(element))),
        "resume" => Ok(Heard::Resume),
        _ => Err(StreamError::new("unsupported-stanza-type")),
    }
}
