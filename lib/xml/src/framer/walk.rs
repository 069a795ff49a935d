//! The machine that walks through one element.

use smallvec::SmallVec;

use crate::chars::{self, decode, reference};
use crate::{Child, Limits, Namespace, Scope, Shape, Span, XmlError};

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A start tag.
    Header,
    /// A whole element, or the end tag of the header.
    Element,
}

/// What a walk has found; lengths in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Header(usize),
    /// An element, its shape in the walk.
    Element,
    Close(usize),
}

/// What a walk has to keep to.
pub(super) struct Rules<'a> {
    pub(super) purpose: Purpose,
    pub(super) scope: &'a Scope,
    pub(super) limits: &'a Limits,
}

/// Where the next byte stands. `mark` is where the current name or value began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Before the first `<`.
    Before,
    /// Between tags.
    Content,
    /// In the name of a start tag.
    Name,
    /// In a start tag, behind the name or a value.
    Tag,
    AttributeName,
    /// Behind an attribute's name.
    Equals,
    /// Behind the `=`.
    Quote,
    Value,
    /// Behind `<!`.
    Declaration,
    Cdata,
    /// Behind `</`.
    EndName,
    /// Behind the name of an end tag.
    EndTag,
}

/// What a state has reached.
pub(super) enum Reached {
    /// The next state.
    Next,
    /// The end of the bytes.
    Starved,
    /// The end of what was looked for.
    Done,
}

use Reached::{Done, Next, Starved};

pub(super) type Turn = Result<Reached, XmlError>;

/// An attribute of the current start tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attr {
    pub(super) name: Span,
    /// Where the colon stands, 0 if there is none.
    pub(super) colon: u32,
    pub(super) value: Span,
}

/// An element whose end tag is due.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// Name as written.
    name: Span,
    /// Default namespace for its content.
    default: Namespace,
    /// Live prefixes outside of it.
    prefixes: u32,
}

/// A prefix in scope and its namespace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prefix {
    pub(super) name: Span,
    pub(super) uri: Span,
}

/// See the module. About a kilobyte: it lives on the stack for an element that is
/// there in one piece.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) at: usize,
    pub(super) mark: usize,
    /// The colon of the current name, 0 if none yet.
    pub(super) colon: usize,
    state: State,
    pub(super) quote: u8,
    /// White space stands before the next attribute.
    pub(super) spaced: bool,
    /// The current tag has a prefix or a declaration.
    pub(super) namespaced: bool,
    /// One of its attributes has a prefix.
    pub(super) prefixed: bool,
    elements: usize,
    pub(super) name: Span,
    pub(super) name_colon: u32,
    pub(super) attrs: SmallVec<[Attr; 8]>,
    pub(super) prefixes: SmallVec<[Prefix; 4]>,
    open: SmallVec<[Open; 8]>,
    pub(super) shape: Shape,
}

impl Walk {
    pub(super) fn new(at: usize) -> Self {
        Self {
            at,
            mark: 0,
            colon: 0,
            state: State::Before,
            quote: 0,
            spaced: false,
            namespaced: false,
            prefixed: false,
            elements: 0,
            name: Span::default(),
            name_colon: 0,
            attrs: SmallVec::new(),
            prefixes: SmallVec::new(),
            open: SmallVec::new(),
            shape: Shape { plain: true, ..Shape::default() },
        }
    }

    /// Walks on to the end of what is looked for, or of `bytes`, then `None`.
    ///
    /// A state that knows the next one calls it instead of coming back here, as long
    /// as no circle comes of it.
    pub(super) fn run(&mut self, bytes: &[u8], rules: &Rules<'_>) -> Result<Option<End>, XmlError> {
        if bytes.len() < self.at {
            // Bytes seen before are missing: a fault of the caller, harmless here.
            return Ok(None);
        }
        loop {
            let reached = match self.state {
                State::Before => self.before(bytes),
                State::Content => self.content(bytes, rules),
                State::Name => self.tag_name(bytes, rules),
                State::Tag => self.tag(bytes, rules),
                State::AttributeName => self.attribute_name(bytes, rules),
                State::Equals => self.equals(bytes),
                State::Quote => self.opening_quote(bytes),
                State::Value => self.value(bytes, rules),
                State::Declaration => self.declaration(bytes),
                State::Cdata => self.cdata(bytes),
                State::EndName => self.end_name(bytes, rules.scope),
                State::EndTag => self.end_tag(bytes),
            };
            match reached? {
                Next => {}
                Starved => return Ok(None),
                Done => break,
            }
        }
        Ok(Some(if rules.purpose == Purpose::Header {
            End::Header(self.at)
        } else if self.elements == 0 {
            End::Close(self.at)
        } else {
            self.shape.len = self.at;
            End::Element
        }))
    }

    fn before(&mut self, bytes: &[u8]) -> Turn {
        self.at += chars::space(&bytes[self.at..]);
        match bytes.get(self.at) {
            None => Ok(Starved),
            Some(b'<') => Ok(self.go(State::Content, self.at)),
            Some(_) => Err(XmlError::NotWellFormed),
        }
    }

    fn content(&mut self, bytes: &[u8], rules: &Rules<'_>) -> Turn {
        loop {
            self.at = chars::plain(bytes, self.at, [b'<', b'&', b']']);
            let rest = &bytes[self.at..];
            let Some(&byte) = rest.first() else { return Ok(Starved) };
            let len = match byte {
                b'<' => return self.markup(bytes, rules),
                b'&' => reference(rest)?.map(|(_, len)| len),
                b']' => bracket(rest)
                    .map(|end| if end { Err(XmlError::NotWellFormed) } else { Ok(1) })
                    .transpose()?,
                b'\t' | b'\n' | b'\r' => Some(1),
                0x80.. => match chars::letters(rest, 0) {
                    0 => decode(rest)?.map(|(_, len)| len),
                    len => Some(len),
                },
                _ => return Err(XmlError::Encoding),
            };
            let Some(len) = len else { return Ok(Starved) };
            self.at += len;
        }
    }

    /// At a `<`.
    fn markup(&mut self, bytes: &[u8], rules: &Rules<'_>) -> Turn {
        match bytes.get(self.at + 1) {
            None => Ok(Starved),
            Some(b'/') => {
                self.go(State::EndName, self.at + 2);
                self.end_name(bytes, rules.scope)
            }
            Some(b'!') => Ok(self.go(State::Declaration, self.at + 2)),
            Some(b'?') => Err(XmlError::Restricted),
            Some(_) => {
                self.elements += 1;
                if self.elements > rules.limits.elements {
                    return Err(XmlError::TooManyElements);
                }
                if self.open.len() >= rules.limits.depth {
                    return Err(XmlError::TooDeep);
                }
                self.go(State::Name, self.at + 1);
                self.tag_name(bytes, rules)
            }
        }
    }

    fn declaration(&mut self, bytes: &[u8]) -> Turn {
        const OPEN: &[u8] = b"[CDATA[";
        let rest = &bytes[self.at..];
        match rest.first() {
            None => Ok(Starved),
            Some(b'-' | b'A'..=b'Z') => Err(XmlError::Restricted),
            Some(_) if self.open.is_empty() => Err(XmlError::NotWellFormed),
            Some(_) if rest.starts_with(OPEN) => Ok(self.go(State::Cdata, self.at + OPEN.len())),
            Some(_) if OPEN.starts_with(rest) => Ok(Starved),
            Some(_) => Err(XmlError::NotWellFormed),
        }
    }

    fn cdata(&mut self, bytes: &[u8]) -> Turn {
        loop {
            self.at = chars::plain(bytes, self.at, [b'<', b'&', b']']);
            let rest = &bytes[self.at..];
            let Some(&byte) = rest.first() else { return Ok(Starved) };
            let len = match byte {
                b'<' | b'&' => Some(1),
                b']' => match bracket(rest) {
                    Some(true) => return Ok(self.go(State::Content, self.at + 3)),
                    other => other.map(|_| 1),
                },
                b'\t' | b'\n' | b'\r' => Some(1),
                0x80.. => match chars::letters(rest, 0) {
                    0 => decode(rest)?.map(|(_, len)| len),
                    len => Some(len),
                },
                _ => return Err(XmlError::Encoding),
            };
            let Some(len) = len else { return Ok(Starved) };
            self.at += len;
        }
    }

    fn end_name(&mut self, bytes: &[u8], scope: &Scope) -> Turn {
        let due = match self.open.last() {
            Some(open) => open.name.bytes(bytes),
            None => scope.tag().as_bytes(),
        };
        let rest = &bytes[self.at..];
        if !due.is_empty() && rest.starts_with(due) {
            self.go(State::EndTag, self.at + due.len());
            self.end_tag(bytes)
        } else if due.starts_with(rest) && rest.len() < due.len() {
            Ok(Starved)
        } else {
            Err(XmlError::NotWellFormed)
        }
    }

    fn end_tag(&mut self, bytes: &[u8]) -> Turn {
        self.at += chars::space(&bytes[self.at..]);
        match bytes.get(self.at) {
            None => Ok(Starved),
            Some(b'>') => {
                self.at += 1;
                Ok(self.close())
            }
            Some(_) => Err(XmlError::NotWellFormed),
        }
    }

    /// Behind the `>` of a start tag.
    pub(super) fn start(&mut self, bytes: &[u8], rules: &Rules<'_>, empty: bool) -> Turn {
        let prefixes = self.prefixes.len() as u32;
        let mut default = self.open.last().map_or(Namespace::Inherited, |open| open.default);
        if self.namespaced {
            self.resolve(bytes, rules.scope, prefixes as usize, &mut default)?;
        }
        if rules.purpose == Purpose::Header {
            return if empty { Err(XmlError::NotWellFormed) } else { Ok(Done) };
        }
        let local_start = if self.name_colon == 0 { self.name.start } else { self.name_colon + 1 };
        let local = Span { start: local_start, end: self.name.end };
        match self.open.len() {
            0 => {
                self.refuse_header(bytes, rules.scope, local, default)?;
                let attributes = self.attrs.iter();
                self.shape.attributes = attributes
                    .map(|attr| crate::Attribute { name: attr.name, value: attr.value })
                    .collect();
                self.shape.name = local;
                self.shape.namespace = default;
            }
            1 => {
                let span = Span { start: self.name.start - 1, end: 0 };
                self.shape.children.push(Child { name: local, namespace: default, span });
            }
            _ => {}
        }
        self.open.push(Open { name: self.name, default, prefixes });
        self.state = State::Content;
        Ok(if empty { self.close() } else { Next })
    }

    /// Behind an end tag.
    fn close(&mut self) -> Reached {
        let Some(open) = self.open.pop() else { return Done };
        self.prefixes.truncate(open.prefixes as usize);
        self.state = State::Content;
        match self.open.len() {
            0 => return Done,
            1 => {
                if let Some(child) = self.shape.children.last_mut() {
                    child.span.end = self.at as u32;
                }
            }
            _ => {}
        }
        Next
    }

    pub(super) fn go(&mut self, state: State, at: usize) -> Reached {
        self.state = state;
        self.at = at;
        self.mark = at;
        self.colon = 0;
        Next
    }
}

/// Whether `]]>` begins here; `None` if bytes are missing. Asked at a `]`.
fn bracket(rest: &[u8]) -> Option<bool> {
    match rest {
        [_, b']', b'>', ..] => Some(true),
        [_] | [_, b']'] => None,
        _ => Some(false),
    }
}
