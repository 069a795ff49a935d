//! From a connection to a bound session: a state machine that works with any server.

use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use rustls::ClientConfig;

use crate::binding::Binding;
use crate::frame;
use crate::link::Link;
use crate::sasl2::{Entry, Ticket};
use crate::scram::{Salted, Scram, ScramError};
use crate::target::{Sasl, Target, Tls};
use crate::xml;

/// How far a session is.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The features of an unencrypted stream that shall be encrypted.
    Plaintext,
    /// `<starttls/>` is sent.
    Upgrading,
    /// The features before login.
    Greeting,
    /// The answer to `<auth/>`.
    Proving(Option<Box<Scram>>),
    /// What follows `<authenticate/>`.
    Authenticating(Option<Box<Scram>>),
    /// The features after login.
    Proven,
    /// The answer to the bind request.
    Binding,
    /// The answer to a ping after presence: only then is the server known to have
    /// taken the presence, without which messages would be kept as for one away.
    Settling,
    /// Bound, and present.
    Ready,
}

/// The id of the ping that ends a login. A server that knows no pings answers too, with an error.
const SETTLED: &str = "settled";

/// Whether `element` ends a login that is settling.
pub(crate) fn settles(element: &[u8]) -> bool {
    frame::head(element).id == SETTLED.as_bytes()
}

/// Why a login failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("the server does not offer {0}")]
    NotOffered(&'static str),
    #[error("the server answered {0}")]
    Refused(String),
    #[error(transparent)]
    Scram(#[from] ScramError),
    #[error("TLS: {0}")]
    Tls(std::io::Error),
}

/// What a login needs to know.
pub(crate) struct Login<'a> {
    pub(crate) target: &'a Target,
    pub(crate) tls: &'a Arc<ClientConfig>,
    pub(crate) salted: &'a Salted,
    pub(crate) user: u32,
    /// Tells the sessions of one account apart.
    pub(crate) slot: usize,
    /// What the account came away with from its last login in one go.
    pub(crate) ticket: Option<&'a Ticket>,
}

impl Login<'_> {
    /// Sends the first bytes.
    pub(crate) fn start(&self, link: &mut Link) -> Result<Stage, LoginError> {
        if self.target.tls == Tls::Direct {
            link.start_tls(self.tls, self.target.domain()).map_err(LoginError::Tls)?;
        }
        self.open_stream(link);
        let starttls = self.target.tls == Tls::Starttls;
        Ok(if starttls { Stage::Plaintext } else { Stage::Greeting })
    }

    /// Takes the next element and says how far the session is then.
    pub(crate) fn step(
        &self,
        link: &mut Link,
        stage: Stage,
        element: &[u8],
    ) -> Result<Stage, LoginError> {
        match stage {
            Stage::Plaintext if is_features(element) => {
                if !frame::holds(element, "urn:ietf:params:xml:ns:xmpp-tls") {
                    return Err(LoginError::NotOffered("STARTTLS"));
                }
                let request = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
                link.out().extend_from_slice(request.as_bytes());
                Ok(Stage::Upgrading)
            }
            Stage::Upgrading if is(element, "proceed") => {
                link.start_tls(self.tls, self.target.domain()).map_err(LoginError::Tls)?;
                self.open_stream(link);
                Ok(Stage::Greeting)
            }
            Stage::Greeting if is_features(element) && self.target.sasl2 => {
                self.authenticate(link, element, self.ticket)
            }
            Stage::Greeting if is_features(element) => self.prove(link, element),
            Stage::Authenticating(Some(scram)) if is(element, "challenge") => {
                self.respond(link, scram, element)
            }
            Stage::Proving(Some(mut scram)) if is(element, "challenge") => {
                let answer = scram.answer(&content(element), &self.target.password, self.salted)?;
                let answer = BASE64_STANDARD.encode(answer);
                let open = "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>";
                xml::write(link.out(), [open, &answer, "</response>"]);
                Ok(Stage::Proving(Some(scram)))
            }
            Stage::Proving(scram) if is(element, "success") => {
                if let Some(scram) = scram {
                    scram.check(&content(element))?;
                }
                self.open_stream(link);
                Ok(Stage::Proven)
            }
            Stage::Proven if is_features(element) => {
                self.bind(link);
                Ok(Stage::Binding)
            }
            Stage::Binding if is_result(element) => {
                link.out().extend_from_slice(b"<presence/>");
                Ok(self.settle(link))
            }
            _ => Err(LoginError::Refused(String::from_utf8_lossy(element).into_owned())),
        }
    }

    /// Goes on from a login in one go: who is resumed is present already.
    pub(crate) fn enter(&self, link: &mut Link, entry: Entry) -> Stage {
        if entry == Entry::Bound {
            link.out().extend_from_slice(b"<presence/>");
        }
        self.settle(link)
    }

    /// Asks for an answer that comes behind everything else of the login.
    fn settle(&self, link: &mut Link) -> Stage {
        xml::ping(link.out(), self.target.domain(), SETTLED);
        Stage::Settling
    }

    fn open_stream(&self, link: &mut Link) {
        if self.target.binding == Binding::WebSocket {
            let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' version='1.0' to='";
            return xml::write(link.out(), [open, self.target.domain(), "'/>"]);
        }
        let open = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
            xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='";
        xml::write(link.out(), [open, self.target.domain(), "'>"]);
    }

    fn prove(&self, link: &mut Link, features: &[u8]) -> Result<Stage, LoginError> {
        let Target { sasl, password, .. } = self.target;
        if !frame::holds(features, &format!(">{}<", sasl.name())) {
            return Err(LoginError::NotOffered(sasl.name()));
        }
        let name = self.target.name(self.user);
        let (scram, first) = match sasl {
            Sasl::Plain => (None, format!("\0{name}\0{password}")),
            _ => {
                let (scram, first) = Scram::start(*sasl, &name);
                (Some(Box::new(scram)), first)
            }
        };
        let open = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='";
        let first = BASE64_STANDARD.encode(first);
        xml::write(link.out(), [open, sasl.name(), "'>", &first, "</auth>"]);
        Ok(Stage::Proving(scram))
    }

    fn bind(&self, link: &mut Link) {
        let open =
            "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>";
        let resource = format!("load{}", self.slot);
        xml::write(link.out(), [open, &resource, "</resource></bind></iq>"]);
    }
}

pub(crate) fn is(element: &[u8], name: &str) -> bool {
    let rest = element.strip_prefix(b"<").and_then(|rest| rest.strip_prefix(name.as_bytes()));
    matches!(rest, Some([b' ' | b'>' | b'/' | b'\n', ..]))
}

/// With the prefix of a stream, or without one, as some servers send it over a WebSocket.
fn is_features(element: &[u8]) -> bool {
    is(element, "stream:features") || is(element, "features")
}

fn is_result(element: &[u8]) -> bool {
    let head = frame::head(element);
    head.kind == frame::Kind::Iq && head.type_ == b"result"
}

/// The base64 text inside `element`, decoded.
pub(crate) fn content(element: &[u8]) -> String {
    let text = element.split(|byte| *byte == b'>').nth(1).unwrap_or_default();
    let text = text.split(|byte| *byte == b'<').next().unwrap_or_default();
    let bytes = BASE64_STANDARD.decode(text.trim_ascii()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
