//! What goes back over HTTP: a status and one `<body/>`.

use std::sync::Arc;
use std::time::Duration;

use skein_xml::Writer;

use super::{HTTPBIND, POLLING, XBOSH};

/// Namespace of `features` and `error`, whose usual prefix old clients insist on.
const STREAMS: &str = "http://etherx.jabber.org/streams";
/// The version of XEP-0124 spoken here.
const VERSION: (u32, u32) = (1, 11);

/// Terminal binding conditions (XEP-0124 section 17.2), those that this server uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The body is not what section 5 demands.
    BadRequest,
    /// `to` names a domain that is not served here.
    HostUnknown,
    /// The first request has no `to`.
    ImproperAddressing,
    /// A fault of this server.
    InternalServerError,
    /// Unknown `sid`, `rid` outside the window, or an answer no longer kept.
    ItemNotFound,
    /// Another request ended the session.
    OtherRequest,
    /// Too many requests, or too often.
    PolicyViolation,
    /// The stream ended with an error, which is in the body.
    RemoteStreamError,
    /// The server goes down.
    SystemShutdown,
}

impl Condition {
    /// The value of the `condition` attribute.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::HostUnknown => "host-unknown",
            Self::ImproperAddressing => "improper-addressing",
            Self::InternalServerError => "internal-server-error",
            Self::ItemNotFound => "item-not-found",
            Self::OtherRequest => "other-request",
            Self::PolicyViolation => "policy-violation",
            Self::RemoteStreamError => "remote-stream-error",
            Self::SystemShutdown => "system-shutdown",
        }
    }

    /// Clients that named no version, and strangers, get an HTTP status besides
    /// the body (section 17.1).
    const fn status(self, versioned: bool) -> u16 {
        match self {
            _ if versioned => 200,
            Self::BadRequest => 400,
            Self::PolicyViolation => 403,
            Self::ItemNotFound => 404,
            _ => 200,
        }
    }
}

/// One HTTP answer; its type is [`super::CONTENT_TYPE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The `<body/>`, shared with the copy kept for repetitions.
    pub body: Arc<[u8]>,
}

impl Answer {
    /// Refuses a request for good. `versioned` says whether the client named a
    /// `ver` in its first request; not known (`false`) where there is no session.
    pub fn refusal(condition: Condition, versioned: bool) -> Self {
        let ending = Some(Ending { condition: Some(condition) });
        Body { ending, ..Body::default() }.answer(versioned)
    }

    /// Tells the owner of a connection that its request came again elsewhere.
    pub(super) fn repeat_requests() -> Self {
        let mut writer = Writer::new();
        writer.start("body", HTTPBIND);
        writer.attr("type", "error");
        writer.end();
        Self { status: 200, body: writer.finish().into() }
    }
}

/// How a session ends; without a condition in good order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    pub(super) condition: Option<Condition>,
}

/// What the first answer tells (section 7.2).
#[derive(Debug)]
pub(super) struct Created {
    pub(super) sid: String,
    pub(super) from: String,
    pub(super) wait: Duration,
    pub(super) hold: u8,
    pub(super) inactivity: Duration,
    pub(super) pause: Duration,
    pub(super) rid: u64,
    pub(super) version: Option<(u32, u32)>,
}

impl Created {
    fn write(&self, writer: &mut Writer) {
        let mut number = |name: &str, value: u64| writer.attr(name, &value.to_string());
        number("wait", self.wait.as_secs());
        number("hold", self.hold.into());
        number("requests", u64::from(self.hold) + 1);
        number("inactivity", self.inactivity.as_secs());
        number("polling", POLLING.as_secs());
        number("maxpause", self.pause.as_secs());
        number("ack", self.rid);
        let (major, minor) = self.version.unwrap_or(VERSION).min(VERSION);
        writer.attr("ver", &format!("{major}.{minor}"));
        writer.attr("sid", &self.sid);
        writer.attr("from", &self.from);
        writer.attr("xmlns:xmpp", XBOSH);
        writer.attr("xmpp:version", "1.0");
        writer.attr("xmpp:restartlogic", "true");
    }
}

/// A `<body/>` about to be written.
#[derive(Debug, Default)]
pub(super) struct Body<'a> {
    pub(super) created: Option<&'a Created>,
    pub(super) ack: Option<u64>,
    /// Complete elements, each with its own namespace declaration.
    pub(super) payload: &'a [u8],
    pub(super) ending: Option<Ending>,
}

impl Body<'_> {
    pub(super) fn answer(&self, versioned: bool) -> Answer {
        let mut writer = Writer::new();
        writer.start("body", HTTPBIND);
        if let Some(created) = self.created {
            created.write(&mut writer);
        }
        if let Some(ack) = self.ack {
            writer.attr("ack", &ack.to_string());
        }
        // XEP-0206 section 2 wants it around features and errors; elsewhere it is harmless.
        if !self.payload.is_empty() {
            writer.attr("xmlns:stream", STREAMS);
        }
        let condition = self.ending.and_then(|ending| ending.condition);
        if self.ending.is_some() {
            writer.attr("type", "terminate");
        }
        if let Some(condition) = condition {
            writer.attr("condition", condition.name());
        }
        // Finished XML, each element with its own namespace: it goes in as it is.
        writer.raw(std::str::from_utf8(self.payload).unwrap_or_default());
        writer.end();
        let status = condition.map_or(200, |condition| condition.status(versioned));
        Answer { status, body: writer.finish().into() }
    }
}
