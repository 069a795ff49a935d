//! What comes in over HTTP: one `<body/>`, read and checked.

use std::time::Duration;

use skein_base::limits;
use skein_xml::{Element, Framer, Limits, Scope, Shape, Step, Writer, canonical};

use super::answer::Condition;
use super::{HTTPBIND, WAIT, XBOSH};

/// Bytes of one HTTP request: a full stanza with company. A session before login is
/// held to its smaller limits by the stream machine, element by element.
pub const REQUEST_BYTES: usize = 2 * limits::STANZA_BYTES;
/// Largest `rid`, so that clients which know only doubles can count (section 14.1).
const RID_MAX: u64 = (1 << 53) - 1;

/// What a client says of the stream it wants (XEP-0206 sections 3 and 5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stream {
    /// The domain.
    pub to: Option<String>,
    /// Whom the client says it is.
    pub from: Option<String>,
    /// `xml:lang`.
    pub lang: Option<String>,
    /// `xmpp:version`.
    pub version: Option<String>,
}

/// A `<body/>` of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The session; `None` asks for a new one.
    pub sid: Option<String>,
    /// The stream wanted, in a first request and in a restart.
    pub stream: Stream,
    pub(super) rid: u64,
    pub(super) wait: Duration,
    pub(super) hold: u8,
    pub(super) version: Option<(u32, u32)>,
    pub(super) ack: Option<u64>,
    pub(super) pause: Option<Duration>,
    pub(super) terminate: bool,
    pub(super) restart: bool,
    pub(super) payloads: Vec<Vec<u8>>,
}

impl Request {
    /// Reads a request (XEP-0124 section 5). `body` has [`REQUEST_BYTES`] at most.
    ///
    /// # Errors
    /// [`Condition::BadRequest`] for all that is not one well-formed `<body/>` with a
    /// `rid`, numbers where they belong and nothing but elements in it.
    pub fn parse(body: &[u8]) -> Result<Self, Condition> {
        let body = body.trim_ascii();
        let scope = Scope::none();
        let limits = request_limits();
        let shape = whole(body, &scope, &limits)?;
        let mut rewritten = Vec::new();
        let (body, shape) = if shape.plain {
            (body, shape)
        } else {
            let shape = canonical(body, &shape, &scope, &limits, &mut rewritten)
                .map_err(|_| Condition::BadRequest)?;
            (rewritten.as_slice(), shape)
        };
        let text = std::str::from_utf8(body).map_err(|_| Condition::BadRequest)?;
        let root = shape.root(text, "");
        if !root.is("body", HTTPBIND) || !root.text().trim_ascii().is_empty() {
            return Err(Condition::BadRequest);
        }
        let payloads = shape.children(text, "").map(payload).collect();
        Self::from_attributes(root, payloads)
    }

    fn from_attributes(root: Element<'_>, payloads: Vec<Vec<u8>>) -> Result<Self, Condition> {
        let owned = |name: &str| root.attr(name).map(std::borrow::Cow::into_owned);
        let rid = number(root, "rid")?.filter(|rid| (1..=RID_MAX).contains(rid));
        let is_true = |value: &str| matches!(value, "true" | "1");
        Ok(Self {
            sid: owned("sid"),
            stream: Stream {
                to: owned("to"),
                from: owned("from"),
                lang: owned("xml:lang"),
                version: root.attr_ns("version", XBOSH).map(std::borrow::Cow::into_owned),
            },
            rid: rid.ok_or(Condition::BadRequest)?,
            wait: number(root, "wait")?.map_or(WAIT, Duration::from_secs),
            hold: number(root, "hold")?.map_or(1, |hold| u8::try_from(hold).unwrap_or(u8::MAX)),
            version: root.attr("ver").and_then(|ver| version(&ver)),
            ack: number(root, "ack")?,
            pause: number(root, "pause")?.map(Duration::from_secs),
            terminate: root.attr("type").is_some_and(|kind| kind == "terminate"),
            restart: root.attr_ns("restart", XBOSH).is_some_and(|value| is_true(&value)),
            payloads,
        })
    }

    /// Whether it only waits for something to come.
    pub(super) fn is_empty(&self) -> bool {
        self.payloads.is_empty() && self.pause.is_none() && !self.terminate && !self.restart
    }
}

/// As after login, with the size of the request and the depth of `<body/>` on top.
const fn request_limits() -> Limits {
    let stanza = Limits::after_login();
    Limits { bytes: REQUEST_BYTES, depth: stanza.depth + 1, ..stanza }
}

fn whole(body: &[u8], scope: &Scope, limits: &Limits) -> Result<Shape, Condition> {
    match Framer::new().frame(body, scope, limits) {
        Ok(Step::Element(shape)) if shape.len == body.len() => Ok(shape),
        _ => Err(Condition::BadRequest),
    }
}

/// A child of `<body/>` as an element of its own. Many clients leave out the
/// namespace of stanzas and mean `jabber:client` (XEP-0206 section 2).
fn payload(child: Element<'_>) -> Vec<u8> {
    let child =
        if child.ns() == HTTPBIND { Element::new(child.raw(), "jabber:client") } else { child };
    let mut writer = Writer::new();
    writer.element(child);
    writer.finish()
}

fn number(root: Element<'_>, name: &str) -> Result<Option<u64>, Condition> {
    let Some(value) = root.attr(name) else { return Ok(None) };
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    // Whatever does not fit is beyond every bound it will be held against.
    if digits { Ok(Some(value.parse().unwrap_or(u64::MAX))) } else { Err(Condition::BadRequest) }
}

fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
