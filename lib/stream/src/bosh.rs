//! XMPP over HTTP: BOSH (XEP-0124) and its XMPP profile (XEP-0206).
//!
//! [`Session`] is the connection manager's side of one session and does no I/O:
//! requests and elements go in, answers to waiting requests and events for the
//! stream machine come out, and the time is an argument. The web server keeps the
//! table of sessions by `sid`.
//!
//! Not offered: several streams in one session, key sequences (TLS does better),
//! and the `content` attribute, since a client that may choose the type of our
//! answers can have a browser run them as a page. Only POST is BOSH here.

mod answer;
mod request;
mod session;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::Duration;

use skein_base::limits;

pub use answer::{Answer, Condition};
pub use request::{REQUEST_BYTES, Request, Stream};
pub use session::Session;

/// Namespace of `<body/>` (XEP-0124).
pub const HTTPBIND: &str = "http://jabber.org/protocol/httpbind";
/// Namespace of `version`, `restart` and `restartlogic` (XEP-0206).
pub const XBOSH: &str = "urn:xmpp:xbosh";
/// `Content-Type` of every answer.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// Longest time one request is held. Proxies commonly cut at 60 to 120 seconds.
pub const WAIT: Duration = limits::BOSH_WAIT;
/// Requests held at a time: one long poll is all a client needs (section 7.1).
pub const HOLD: u8 = 1;
/// Shortest time between two empty requests that nothing called for.
pub const POLLING: Duration = Duration::from_secs(2);
/// How long a session lives with no request held: a slow round trip, with room
/// for a few lost packets.
pub const INACTIVITY: Duration = limits::BOSH_INACTIVITY;
/// The same for clients that poll, which leave long gaps by design.
pub const INACTIVITY_POLLING: Duration = Duration::from_secs(75);
/// Longest pause a client may ask for, such as while a page reloads.
pub const PAUSE: Duration = limits::BOSH_PAUSE;
/// Times one request may be repeated before that counts as a way around [`POLLING`].
pub const REPEATS: u8 = 10;

/// The times that an operator may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// See [`WAIT`].
    pub wait: Duration,
    /// See [`INACTIVITY`].
    pub inactivity: Duration,
    /// See [`PAUSE`].
    pub pause: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { wait: WAIT, inactivity: INACTIVITY, pause: PAUSE }
    }
}

impl Times {
    /// For clients that hold a request, or for those that poll.
    fn inactivity(&self, polls: bool) -> Duration {
        if polls { self.inactivity.max(INACTIVITY_POLLING) } else { self.inactivity }
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Via {
    /// The client's address.
    pub address: IpAddr,
    /// Whether it came over https.
    pub secure: bool,
}

/// What the session wants of the stream machine's driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A new stream, or the old one anew after SASL: to be answered with features.
    Open(Stream),
    /// One element, self-contained and plain (see skein-xml), as over WebSocket.
    Payload(Vec<u8>),
    /// The client ended the session in good order.
    Closed,
    /// The session is over because the client went away or broke a rule. The
    /// stream may still be resumed.
    Lost,
}

/// What a call gives back: answers to requests that wait, and events in order.
#[derive(Debug)]
pub struct Output<W> {
    /// To be sent now.
    pub answers: Vec<(W, Answer)>,
    /// To be handed to the stream machine now.
    pub events: Vec<Event>,
}

impl<W> Default for Output<W> {
    fn default() -> Self {
        Self { answers: Vec::new(), events: Vec::new() }
    }
}
