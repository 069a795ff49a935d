//! From a message of the binding to XML that the strict framer accepts.
//!
//! Decoding writes XML: at once where a message of the same codes came before
//! ([`Template`]), else symbol by symbol. Where that cannot be anything but well formed and within the bounds,
//! its shape is known already ([`Outline`]); in all other cases the framer reads it, so
//! nothing gets in by this door that would not get in as XML. That both say the same is
//! tested by damaged messages (`tests/hostile.rs`).

use skein_xml::{Framer, Limits, Scope, Shape, Step};
use smallvec::SmallVec;

use crate::address::Address;
use crate::bytes::Reader;
use crate::coded::Coded;
use crate::kept::{Kept, Open, Room, Text, with_kept};
use crate::outline::Outline;
use crate::table::{NAMES, Name, TABLE, op};
use crate::template::{self, Template, Trace, Written};
use crate::values::Values;
use crate::{WireError, form, shapes};

/// XML is at most so many times as long as its message, and [`RATIO_ROOM`]: no few bytes
/// make the server work as for many.
const RATIO: usize = 48;
/// See [`RATIO`]; an empty stanza of a well-known shape has some hundred bytes.
const RATIO_ROOM: usize = 2_048;

/// Whether every decoder takes XML of so many bytes from a message of so many.
pub const fn is_taken(xml: usize, message: usize) -> bool {
    xml <= message.saturating_mul(RATIO).saturating_add(RATIO_ROOM)
}

/// The namespace of stream headers.
const STREAMS: &str = "http://etherx.jabber.org/streams";

/// Bytes of an end tag but for its name.
const END_TAG: usize = "</>".len();

/// What a message was.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded {
    /// An element, written to `out`; of a message stanza also its content as it came.
    Element(Box<Shape>, Option<Coded>),
    /// From here on this is the client's address. Only a server says so.
    Address(Address),
}

/// Decodes one message; XML is appended to `out`, which is empty, and is what the framer
/// accepts with `limits`. `own` is the address of the stream's client, once known.
///
/// # Errors
/// The stream must end, see [`WireError`].
pub fn decode(
    message: &[u8],
    own: Option<&Address>,
    limits: &Limits,
    out: &mut Vec<u8>,
) -> Result<Decoded, WireError> {
    let mut reader = Reader::new(message);
    let length = reader.varint()?;
    if length == 0 {
        match reader.byte()? {
            form::XML => out.extend_from_slice(&message[2..]),
            form::ADDRESS => {
                let text = std::str::from_utf8(&message[2..]).map_err(|_| WireError::Value)?;
                return Address::new(text).map(Decoded::Address).ok_or(WireError::Value);
            }
            _ => return Err(WireError::Symbol),
        }
    } else {
        let codes = reader.take(length)?;
        let most = message.len().saturating_mul(RATIO).saturating_add(RATIO_ROOM);
        let input =
            Input { codes, values: reader.rest(), own, limits, cap: limits.bytes.min(most) };
        if let Some((shape, coded)) = with_kept(|kept| input.element(kept, out))? {
            return Ok(Decoded::Element(shape, coded));
        }
    }
    match Framer::new().frame(out, &Scope::none(), limits)? {
        Step::Element(shape) if shape.len == out.len() => {
            Ok(Decoded::Element(Box::new(shape), None))
        }
        _ => Err(WireError::Length),
    }
}

/// A coded element.
struct Input<'a> {
    codes: &'a [u8],
    values: &'a [u8],
    own: Option<&'a Address>,
    limits: &'a Limits,
    /// How long its XML may become.
    cap: usize,
}

/// Of an element that was written, with the content of a message.
type Known = (Box<Shape>, Option<Coded>);

impl Input<'_> {
    /// Writes the element; `None` if the framer has to look at it.
    fn element(&self, kept: &mut Kept, out: &mut Vec<u8>) -> Result<Option<Known>, WireError> {
        let Kept { templates, room } = kept;
        if let Some(template) = templates.get(self.codes) {
            let Room { marks, passed, coded, .. } = &mut *room;
            let mut values = Values::new(self.own, Reader::new(self.values), self.cap, marks);
            template::begin(self.values.len(), passed);
            if let Some(shape) = template.fill(&mut values, self.limits, out, passed) {
                let coded = template.coded(self.values, passed, &shape, out, self.own, coded);
                return Ok(Some((shape, coded)));
            }
            out.clear();
        }
        let Some(shape) = self.symbol_by_symbol(room, out)? else { return Ok(None) };
        let Room { trace, passed, coded, .. } = room;
        template::begin(self.values.len(), passed);
        let Some(template) = Template::of(trace, &shape, self.limits, out, passed) else {
            return Ok(Some((shape, None)));
        };
        let coded = template.coded(self.values, passed, &shape, out, self.own, coded);
        if template.is_small() {
            templates.put(self.codes, template);
        }
        Ok(Some((shape, coded)))
    }

    fn symbol_by_symbol(
        &self,
        room: &mut Room,
        out: &mut Vec<u8>,
    ) -> Result<Option<Box<Shape>>, WireError> {
        let Room { marks, trace, .. } = room;
        trace.clear();
        let mut decoder = Decoder {
            values: Values::new(self.own, Reader::new(self.values), self.cap, marks),
            trace,
            is_message: false,
            open: SmallVec::new(),
            in_tag: false,
            has_text: false,
            named: false,
            limits: self.limits,
            outline: Outline::new(),
            out,
        };
        decoder.run(self.codes)?;
        Ok(decoder.outline.known().map(Box::new))
    }
}

struct Decoder<'a> {
    values: Values<'a, 'a>,
    trace: &'a mut Trace,
    /// The root is a message stanza.
    is_message: bool,
    open: SmallVec<[Open; 12]>,
    /// The innermost start tag still lacks its `>`.
    in_tag: bool,
    /// A value stands in the innermost element, be it an empty one.
    has_text: bool,
    /// An attribute's value is due.
    named: bool,
    limits: &'a Limits,
    outline: Outline,
    out: &'a mut Vec<u8>,
}

impl Decoder<'_> {
    fn run(&mut self, codes: &[u8]) -> Result<(), WireError> {
        let mut codes = Reader::new(codes);
        let mut started = false;
        while !codes.is_empty() {
            let mut single = [0];
            for &symbol in shapes::read(&TABLE, &mut codes, &mut single)? {
                if started && self.open.is_empty() {
                    return Err(WireError::Length);
                }
                self.symbol(symbol)?;
                if self.trace.content.is_some() {
                    self.trace.symbols.push(symbol);
                }
                started = true;
                if self.out.len() > self.values.cap {
                    return Err(WireError::TooLong);
                }
            }
        }
        let is_whole = self.open.is_empty() && self.values.left() == 0;
        if is_whole { Ok(()) } else { Err(WireError::Length) }
    }

    fn symbol(&mut self, symbol: u16) -> Result<(), WireError> {
        if self.named {
            self.named = false;
            self.value(symbol, true)?;
            self.outline.valued(self.out.len(), self.open.len(), self.limits);
            self.out.push(b'\'');
            return Ok(());
        }
        match (symbol, TABLE.name(symbol)) {
            (_, Some(Name::Element(namespace, name))) => {
                let namespace = TABLE.namespaces[usize::from(namespace)];
                self.start(symbol, name, namespace);
                Ok(())
            }
            (op::ELEMENT | op::CHILD, _) => self.unknown(symbol),
            (_, Some(Name::Attribute(name))) => {
                self.begin_attribute()?;
                self.out.extend_from_slice(TABLE.markup(symbol).as_bytes());
                self.outline.attribute(symbol, name, self.out.len(), self.open.len());
                Ok(())
            }
            (op::ATTRIBUTE, _) => {
                self.outline.doubt();
                self.begin_attribute()?;
                self.out.push(b' ');
                let name = self.name()?;
                if self.written(name) == b"xmlns" {
                    return Err(WireError::Value);
                }
                self.out.extend_from_slice(b"='");
                Ok(())
            }
            (op::END, _) => self.end(),
            _ => {
                if self.open.is_empty() {
                    return Err(WireError::Symbol);
                }
                self.text(symbol)
            }
        }
    }

    /// A value in the content. One that is empty leaves an element as it is: without content.
    fn text(&mut self, symbol: u16) -> Result<(), WireError> {
        let was_in_tag = self.in_tag;
        self.close_tag();
        if self.open.len() == 1 {
            self.begin_content();
        }
        let before = self.out.len();
        self.value(symbol, false)?;
        if was_in_tag && self.out.len() == before {
            self.out.pop();
            self.in_tag = true;
        }
        self.has_text = true;
        Ok(())
    }

    fn begin_content(&mut self) {
        if self.is_message && self.trace.content.is_none() {
            self.trace.content = Some(self.trace.written.len());
        }
    }

    fn begin_attribute(&mut self) -> Result<(), WireError> {
        if !self.in_tag || self.has_text {
            return Err(WireError::Symbol);
        }
        self.named = true;
        Ok(())
    }

    /// Reads a name and writes it: nothing in it may end a name, the framer sees the rest.
    fn name(&mut self) -> Result<Text, WireError> {
        let start = self.out.len();
        self.values.string(self.out)?;
        let ends = |byte: &u8| *byte <= b' ' || b"<>&='\"/".contains(byte);
        if self.out.len() == start || self.out[start..].iter().any(ends) {
            return Err(WireError::Value);
        }
        Ok(Text::Written(start as u32, self.out.len() as u32))
    }

    fn written(&self, text: Text) -> &[u8] {
        match text {
            Text::Known(text) => text.as_bytes(),
            Text::Written(start, end) => &self.out[start as usize..end as usize],
        }
    }

    fn start(&mut self, symbol: u16, name: &'static str, namespace: &'static str) {
        self.close_tag();
        let depth = self.open.len();
        match depth {
            0 => self.is_message = name == "message",
            1 => self.begin_content(),
            _ => {}
        }
        let at = self.out.len();
        self.outline.start(at, name.len(), depth, self.limits);
        let is_inherited = match self.open.last().map(|open| open.namespace) {
            Some(Text::Known(around)) => std::ptr::eq(around, namespace) || around == namespace,
            Some(around) => self.written(around) == namespace.as_bytes(),
            None => namespace.is_empty(),
        };
        let markup = TABLE.markup(symbol);
        let (tag, end) = markup.split_at(markup.len() - END_TAG - name.len());
        if is_inherited {
            self.out.extend_from_slice(&tag.as_bytes()[..1 + name.len()]);
        } else {
            self.out.extend_from_slice(tag.as_bytes());
            let quote = self.out.len() - 1;
            self.outline.declare(quote - namespace.len(), quote, depth);
        }
        // A stream header is no element.
        if depth == 0 && namespace == STREAMS {
            self.outline.doubt();
        }
        self.opened(Text::Known(end), Text::Known(namespace));
    }

    fn opened(&mut self, end: Text, namespace: Text) {
        self.open.push(Open { end, namespace });
        self.in_tag = true;
        self.has_text = false;
    }

    fn unknown(&mut self, symbol: u16) -> Result<(), WireError> {
        self.outline.doubt();
        self.close_tag();
        self.out.push(b'<');
        let name = self.name()?;
        if self.written(name).contains(&b':') {
            return Err(WireError::Value);
        }
        let around = self.open.last().map(|open| open.namespace);
        let namespace = match (symbol, around) {
            (op::CHILD, Some(around)) => around,
            (op::CHILD, None) => return Err(WireError::Symbol),
            _ => self.namespace(around)?,
        };
        self.opened(name, namespace);
        Ok(())
    }

    /// Reads a namespace and declares it, unless it is the one around.
    fn namespace(&mut self, around: Option<Text>) -> Result<Text, WireError> {
        let mut namespace = Vec::new();
        self.values.string(&mut namespace)?;
        // The framer refuses these in a namespace, and so nothing has to be escaped.
        if namespace.iter().any(|byte| *byte <= b' ' || b"<>&\"".contains(byte)) {
            return Err(WireError::Value);
        }
        let is_inherited = match around {
            None => namespace.is_empty(),
            Some(around) => self.written(around) == namespace,
        };
        if is_inherited {
            return Ok(around.unwrap_or(Text::Known("")));
        }
        let quote = if namespace.contains(&b'\'') { b'"' } else { b'\'' };
        self.out.extend_from_slice(b" xmlns=");
        self.out.push(quote);
        let at = self.out.len() as u32;
        self.out.extend_from_slice(&namespace);
        let end = self.out.len() as u32;
        self.out.push(quote);
        Ok(Text::Written(at, end))
    }

    fn value(&mut self, symbol: u16, in_attribute: bool) -> Result<(), WireError> {
        let start = self.out.len();
        if !self.values.write(symbol, in_attribute, self.out)? {
            self.outline.doubt();
        }
        if symbol < NAMES {
            let (end, left) = (self.out.len(), self.values.left());
            self.trace.written.push(Written { start, end, symbol, in_attribute, left });
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), WireError> {
        let open = self.open.pop().ok_or(WireError::Symbol)?;
        if std::mem::take(&mut self.in_tag) {
            self.out.extend_from_slice(b"/>");
        } else {
            match open.end {
                Text::Known(end) => self.out.extend_from_slice(end.as_bytes()),
                Text::Written(start, end) => {
                    self.out.extend_from_slice(b"</");
                    self.out.extend_from_within(start as usize..end as usize);
                    self.out.push(b'>');
                }
            }
        }
        self.outline.end(self.out.len(), self.open.len());
        Ok(())
    }

    fn close_tag(&mut self) {
        if std::mem::take(&mut self.in_tag) {
            self.out.push(b'>');
        }
    }
}
