//! Cuts what a connection brings into headers, elements and the end, for TCP and
//! WebSocket alike. Holds no buffer: the caller keeps what is not used up.

use std::borrow::Cow;

use skein_wire::{Address, Coded, Decoded};
use skein_xml::{Element, Framer, Header, Limits, Scope, Shape, Step, XmlError, canonical};
use skein_xmpp::{Jid, StreamError, ns};

use crate::framing::Framing;
use crate::websocket::{self, WebSocket};
use crate::wire::{self, Front};

/// What the client said in its stream header.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opening {
    /// Which domain it wants.
    pub to: Option<String>,
    /// Who it says it is; a hint, never believed.
    pub from: Option<String>,
}

/// One step of input.
#[derive(Debug)]
pub enum Unit<'a> {
    /// Nothing complete yet.
    More,
    /// White space, to show that the client lives.
    Space,
    /// A stream header or `<open/>`.
    Header(Opening),
    /// An element.
    Element(Piece<'a>),
    /// `</stream:stream>` or `<close/>`.
    Close,
    /// The WebSocket was closed and the stream was not: whoever reloads a page wants to
    /// resume (RFC 7395 section 3.6).
    Gone,
}

/// A plain element with its shape.
#[derive(Debug)]
pub struct Piece<'a> {
    text: Cow<'a, str>,
    /// In a box: it is handed on so often that copying it costs more.
    shape: Box<Shape>,
    inherited: &'a str,
    /// Its content as it came in the compact binding.
    coded: Option<Coded>,
}

impl Piece<'_> {
    /// The element.
    pub fn root(&self) -> Element<'_> {
        self.shape.root(&self.text, self.inherited)
    }

    /// Where its parts stand.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Its content as it came, if that was in the compact binding.
    pub const fn coded(&self) -> Option<&Coded> {
        self.coded.as_ref()
    }
}

/// Around a WebSocket message nothing is declared.
static NOTHING: Scope = Scope::none();
/// Bytes beyond the message's own that its XML is given at first.
const ROOM_FOR_XML: usize = 16 * 1024;

/// State between two reads.
#[derive(Debug)]
pub struct Intake {
    framer: Framer,
    scope: Scope,
    expects_header: bool,
    websocket: Option<WebSocket>,
    is_wire: bool,
    /// The client's address, if others are shortened by it.
    own: Option<Box<Address>>,
}

impl Intake {
    /// At the beginning of a connection.
    pub fn new(framing: Framing) -> Self {
        let websocket = match framing {
            Framing::WebSocket | Framing::WireWebSocket => Some(WebSocket::server()),
            Framing::Tcp | Framing::Bosh | Framing::Wire => None,
        };
        Self {
            framer: Framer::new(),
            scope: Scope::none(),
            expects_header: true,
            websocket,
            is_wire: framing.is_wire(),
            own: None,
        }
    }

    /// The client was told its address, and may shorten others by it.
    pub fn set_address(&mut self, jid: &Jid) {
        if self.is_wire {
            self.own = wire::address(jid).map(Box::new);
        }
    }

    /// One WebSocket message may be split into so many frames.
    pub const fn set_fragments(&mut self, most: u8) {
        if let Some(websocket) = &mut self.websocket {
            websocket.set_fragments(most);
        }
    }

    /// Whether the client has not opened the stream yet.
    pub const fn expects_header(&self) -> bool {
        self.expects_header
    }

    /// Whether nothing more may be sent: the WebSocket was closed by a frame of ours.
    pub fn has_closed(&self) -> bool {
        self.websocket.as_ref().is_some_and(WebSocket::has_closed)
    }

    /// The client must open the stream anew (RFC 6120 section 4.3.3).
    pub fn restart(&mut self) {
        self.framer = Framer::new();
        self.scope = Scope::none();
        self.expects_header = true;
    }

    /// Takes the next unit from the front of `buf`; so many bytes are used up. Answers
    /// of the WebSocket itself are appended to `out`.
    ///
    /// # Errors
    /// The stream must end with this error.
    pub fn next<'a>(
        &'a mut self,
        buf: &'a mut [u8],
        limits: &Limits,
        out: &mut Vec<u8>,
    ) -> Result<(usize, Unit<'a>), StreamError> {
        if self.websocket.is_some() {
            self.message(buf, limits, out)
        } else if self.is_wire {
            match wire::front(buf, limits)? {
                Front::More => Ok((0, Unit::More)),
                Front::Message { head, length } => {
                    let used = head + length;
                    self.compact(&buf[head..used], limits).map(|unit| (used, unit))
                }
            }
        } else {
            self.bytes(buf, limits)
        }
    }

    fn bytes<'a>(
        &'a mut self,
        buf: &'a [u8],
        limits: &Limits,
    ) -> Result<(usize, Unit<'a>), StreamError> {
        let step = if self.expects_header {
            self.framer.header(buf, limits)?
        } else {
            self.framer.frame(buf, &self.scope, limits)?
        };
        Ok(match step {
            Step::More => (0, Unit::More),
            Step::Space(used) => (used, Unit::Space),
            Step::Close(used) => (used, Unit::Close),
            Step::Header(used) => {
                let header = Header::new(&buf[..used]);
                self.scope = header.scope();
                self.expects_header = false;
                (used, Unit::Header(opening(&header, &self.scope)?))
            }
            Step::Element(shape) => {
                let used = shape.len;
                let piece = plain(&buf[..used], shape, &self.scope, limits)?;
                (used, Unit::Element(piece))
            }
        })
    }

    fn message<'a>(
        &'a mut self,
        buf: &'a mut [u8],
        limits: &Limits,
        out: &mut Vec<u8>,
    ) -> Result<(usize, Unit<'a>), StreamError> {
        let Some(websocket) = &mut self.websocket else { return Ok((0, Unit::More)) };
        let step = match self.is_wire {
            true => websocket.decode_binary(buf, limits.bytes, out),
            false => websocket.decode(buf, limits.bytes, out),
        };
        let (text, used) = match step {
            Err(violation) => {
                websocket.close(violation.code(), out);
                return Err(
                    StreamError::new("bad-format").text("a WebSocket frame breaks RFC 6455")
                );
            }
            Ok(websocket::Step::More { used }) => return Ok((used, Unit::More)),
            Ok(websocket::Step::Closed { .. }) => return Ok((buf.len(), Unit::Gone)),
            Ok(websocket::Step::Message { text, used }) => (text, used),
        };
        let bytes = &buf[text];
        if self.is_wire {
            return self.compact(bytes, limits).map(|unit| (used, unit));
        }
        let whole = Framer::new().frame(bytes, &Scope::none(), limits)?;
        // RFC 7395 section 3.3.3: exactly one complete element a message.
        let Step::Element(shape) = whole else { return Err(XmlError::NotWellFormed.into()) };
        if shape.len != bytes.len() {
            return Err(XmlError::NotWellFormed.into());
        }
        let piece = plain(bytes, shape, &NOTHING, limits)?;
        self.framed(piece).map(|unit| (used, unit))
    }

    /// A message of the compact binding: what it stands for is read as if it had come as XML.
    fn compact<'a>(&mut self, message: &[u8], limits: &Limits) -> Result<Unit<'a>, StreamError> {
        if message.is_empty() {
            return Ok(Unit::Space);
        }
        // Mostly as long as it will be, and not much longer if the message is all text.
        let more = (message.len() * 5 + 64).min(ROOM_FOR_XML);
        let mut xml = Vec::with_capacity(message.len() + more);
        let decoded = skein_wire::decode(message, self.own.as_deref(), limits, &mut xml);
        let (shape, coded) = match decoded {
            Ok(Decoded::Element(shape, coded)) => (shape, coded),
            // Only we give addresses.
            Ok(Decoded::Address(_)) => return Err(StreamError::new("bad-format")),
            Err(error) => return Err(StreamError::new(error.condition())),
        };
        if !shape.plain {
            let mut rewritten = Vec::with_capacity(xml.len() + 64);
            let shape = canonical(&xml, &shape, &NOTHING, limits, &mut rewritten)?;
            return self.framed(owned(rewritten, Box::new(shape))?);
        }
        self.framed(Piece { coded, ..owned(xml, shape)? })
    }

    /// What an element is that came as a message of its own (RFC 7395 section 3.3).
    fn framed<'a>(&mut self, piece: Piece<'a>) -> Result<Unit<'a>, StreamError> {
        let root = piece.root();
        match (root.name(), root.ns()) {
            ("open", ns::FRAMING) if self.expects_header => {
                let attr = |name| root.attr(name).map(Cow::into_owned);
                let opening = Opening { to: attr("to"), from: attr("from") };
                self.expects_header = false;
                Ok(Unit::Header(opening))
            }
            ("close", ns::FRAMING) => Ok(Unit::Close),
            _ if self.expects_header => {
                Err(StreamError::new("bad-format").text("<open/> is due first"))
            }
            (_, ns::FRAMING) => Err(StreamError::new("invalid-xml")),
            _ => Ok(Unit::Element(piece)),
        }
    }
}

fn opening(header: &Header<'_>, scope: &Scope) -> Result<Opening, StreamError> {
    if header.name() != "stream" {
        return Err(StreamError::new("bad-format"));
    }
    if header.ns() != ns::STREAM || scope.namespace() != ns::CLIENT {
        return Err(StreamError::new("invalid-namespace"));
    }
    let version = header.attr("version");
    if !version.is_some_and(|version| version.starts_with("1.")) {
        return Err(StreamError::new("unsupported-version"));
    }
    let attr = |name| header.attr(name).map(Cow::into_owned);
    Ok(Opening { to: attr("to"), from: attr("from") })
}

/// An element that inherits nothing, and its bytes.
fn owned<'a>(bytes: Vec<u8>, shape: Box<Shape>) -> Result<Piece<'a>, StreamError> {
    let text = String::from_utf8(bytes).map_err(|_| StreamError::from(XmlError::Encoding))?;
    Ok(Piece { text: text.into(), shape, inherited: "", coded: None })
}

/// An element as it is if it is plain, rewritten if it is not.
pub(crate) fn plain<'a>(
    bytes: &'a [u8],
    shape: Shape,
    scope: &'a Scope,
    limits: &Limits,
) -> Result<Piece<'a>, StreamError> {
    let utf8 = |_| StreamError::from(XmlError::Encoding);
    let mut shape = Box::new(shape);
    let text = if shape.plain {
        std::str::from_utf8(bytes).map_err(utf8)?.into()
    } else {
        let mut rewritten = Vec::with_capacity(bytes.len() + 64);
        *shape = canonical(bytes, &shape, scope, limits, &mut rewritten)?;
        String::from_utf8(rewritten).map_err(|error| utf8(error.utf8_error()))?.into()
    };
    Ok(Piece { text, shape, inherited: scope.namespace(), coded: None })
}
