//! From XML that the framer accepted to a message of the binding.

use skein_xml::{Event, Events};
use smallvec::SmallVec;

use crate::address::Address;
use crate::bytes::put_varint;
use crate::coded::Coded;
use crate::scratch::{Scratch, with_scratch};
use crate::table::{AGAIN, CLIENT, HeadSymbols, Name, TABLE, Table, op};
use crate::text::Strings;
use crate::{shapes, value};

/// Values shorter than this are not worth a reference.
const AGAIN_LEAST: usize = 4;

/// A stanza that is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// Local name, in `jabber:client`.
    pub name: &'a str,
    /// `from`; like all of the following left out if it is empty.
    pub from: &'a str,
    /// `to`.
    pub to: &'a str,
    /// `type`.
    pub named_type: &'a str,
    /// `id`.
    pub id: &'a str,
    /// `xml:lang`.
    pub lang: &'a str,
    /// Plain XML that inherits the namespace.
    pub content: &'a str,
    /// The content as it came, if it came in this binding.
    pub coded: Option<&'a Coded>,
    /// More plain XML, behind the content.
    pub added: &'a str,
    /// Whether texts are searched for phrases. That is most of the work, and saves a quarter of
    /// a text: it is worth it where many get the same message.
    pub is_searched: bool,
}

/// Appends the message of a stanza. `own` is the address of the stream's client, once known.
///
/// Gives whether the message is right for every client of the same domain to which the
/// element is addressed: nothing in it but `to` is told by whose stream it is.
pub fn encode(draft: &Draft<'_>, own: Option<&Address>, out: &mut Vec<u8>) -> bool {
    with_scratch(|scratch| {
        let mut encoder = Encoder::new(own, scratch);
        encoder.is_searching = draft.is_searched;
        let id = encoder.head(draft);
        if !draft.coded.is_some_and(|coded| encoder.insert(coded, draft.id, id)) {
            encoder.walk(draft.content);
        }
        encoder.walk(draft.added);
        encoder.scratch.symbols.push(op::END);
        let is_addressed = own.is_some_and(|own| own.full() == draft.to);
        let is_for_all = is_addressed && encoder.owns == 1;
        encoder.finish(out);
        is_for_all
    })
}

/// Appends the message of one plain element that inherits nothing; `is_searched` as in [`Draft`].
pub fn encode_element(xml: &str, own: Option<&Address>, is_searched: bool, out: &mut Vec<u8>) {
    with_scratch(|scratch| {
        let mut encoder = Encoder::new(own, scratch);
        encoder.is_searching = is_searched;
        encoder.walk(xml);
        encoder.finish(out);
    });
}

/// The symbols of one plain element: what shapes are made of.
pub fn symbols(xml: &str, own: Option<&Address>) -> Vec<u16> {
    with_scratch(|scratch| {
        let mut encoder = Encoder::new(own, scratch);
        encoder.walk(xml);
        encoder.scratch.symbols.clone()
    })
}

/// A namespace in scope.
#[derive(Debug, Clone, Copy)]
enum Scope<'a> {
    Known(u16),
    Other(&'a str),
}

struct Encoder<'a, 's> {
    table: &'static Table,
    own: Option<&'s Address>,
    /// How often the own full or bare address was told as such.
    owns: u32,
    is_searching: bool,
    scratch: &'s mut Scratch,
    open: SmallVec<[Scope<'a>; 12]>,
}

impl<'s> Encoder<'_, 's> {
    fn new(own: Option<&'s Address>, scratch: &'s mut Scratch) -> Self {
        Self { table: &TABLE, own, owns: 0, is_searching: true, scratch, open: SmallVec::new() }
    }
}

impl<'a> Encoder<'a, '_> {
    /// Encodes elements side by side inside of what is open.
    fn walk(&mut self, xml: &'a str) {
        let mut events = Events::new(xml);
        while let Some(event) = events.next() {
            match event {
                Event::Start { name, namespace } => {
                    self.start(name, namespace);
                    for (name, value) in events.attributes() {
                        self.attribute(name, &value);
                    }
                }
                Event::Text(text) => self.text(&text),
                Event::End => {
                    self.scratch.symbols.push(op::END);
                    self.open.pop();
                }
            }
        }
    }

    /// Gives the symbol by which the `id` is referred to.
    fn head(&mut self, draft: &Draft<'a>) -> Option<u16> {
        let HeadSymbols { client, from, to, named_type, id, lang, .. } = self.table.head;
        match self.table.head.stanza(draft.name) {
            Some(symbol) => {
                self.scratch.symbols.push(symbol);
                self.open.push(Scope::Known(client));
            }
            None => self.start(draft.name, Some(CLIENT)),
        }
        // Addresses and ids are no words.
        for (symbol, value) in [(from, draft.from), (to, draft.to)] {
            if !value.is_empty() {
                self.scratch.symbols.push(symbol);
                self.unworded(value);
            }
        }
        if !draft.named_type.is_empty() {
            self.scratch.symbols.push(named_type);
            self.value(draft.named_type);
        }
        let before = self.scratch.marks.len();
        if !draft.id.is_empty() {
            self.scratch.symbols.push(id);
            self.id(draft);
        }
        let id = match self.scratch.symbols.last() {
            _ if self.scratch.marks.len() > before => Some(op::SAME + before as u16),
            Some(&again @ op::SAME..op::BARE_OF) => Some(again),
            _ => None,
        };
        if !draft.lang.is_empty() {
            self.scratch.symbols.push(lang);
            self.value(draft.lang);
        }
        id
    }

    /// The `id`: as it came, if it did.
    fn id(&mut self, draft: &Draft<'a>) {
        let Some((kind, value)) = draft.coded.and_then(|coded| coded.id(draft.id)) else {
            return self.unworded(draft.id);
        };
        let Scratch { symbols, values, marks, .. } = &mut *self.scratch;
        symbols.push(kind);
        values.extend_from_slice(value);
        // Nothing but content that came with it refers to it.
        marks.push((0, 0));
    }

    /// Puts content as it came; gives whether it means here what it meant there.
    fn insert(&mut self, coded: &Coded, id: &str, id_symbol: Option<u16>) -> bool {
        let before = self.scratch.marks.len() as u16;
        let is_told = id_symbol.is_some() || !coded.has_id();
        if !is_told || !coded.fits(self.own, id, before) {
            return false;
        }
        let Scratch { symbols, values, marks, .. } = &mut *self.scratch;
        symbols.extend(coded.symbols(before, id_symbol.unwrap_or_default()));
        values.extend_from_slice(coded.values());
        // Their texts are not known here, so nothing refers to them.
        let counted = (before + coded.count()).min(AGAIN);
        marks.resize(usize::from(counted), (0, 0));
        true
    }

    fn start(&mut self, name: &str, declared: Option<&'a str>) {
        let around = self.open.last().copied();
        let scope = match (declared, around) {
            (Some(namespace), _) => match self.table.namespace(namespace) {
                Some(number) => Scope::Known(number),
                None => Scope::Other(namespace),
            },
            (None, Some(around)) => around,
            (None, None) => Scope::Other(""),
        };
        let known = match scope {
            Scope::Known(number) => self.table.element_symbol(number, name),
            Scope::Other(_) => None,
        };
        match known {
            Some(symbol) => self.scratch.symbols.push(symbol),
            None => self.unknown(name, scope, around),
        }
        self.open.push(scope);
    }

    fn unknown(&mut self, name: &str, scope: Scope<'a>, around: Option<Scope<'a>>) {
        let namespace = self.text_of(scope);
        let is_child = around.is_some_and(|around| self.text_of(around) == namespace);
        self.scratch.symbols.push(if is_child { op::CHILD } else { op::ELEMENT });
        self.string(name);
        if !is_child {
            self.string(namespace);
        }
    }

    fn text_of(&self, scope: Scope<'a>) -> &'a str {
        match scope {
            Scope::Known(number) => self.table.namespaces[usize::from(number)],
            Scope::Other(namespace) => namespace,
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        match self.table.attribute_symbol(name) {
            Some(symbol) => self.scratch.symbols.push(symbol),
            None => {
                self.scratch.symbols.push(op::ATTRIBUTE);
                self.string(name);
            }
        }
        self.value(value);
    }

    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            match self.is_in_body() {
                true => {
                    self.mark(text);
                    self.scratch.symbols.push(op::TEXT);
                    self.string(text);
                }
                false => self.value(text),
            }
        }
    }

    /// What people write is text, even if it looks like something else, so that the shape
    /// of a message does not depend on it.
    fn is_in_body(&self) -> bool {
        let last = self.scratch.symbols.last();
        matches!(last.and_then(|symbol| self.table.name(*symbol)), Some(Name::Element(0, "body")))
    }

    fn value(&mut self, text: &str) {
        if text.len() <= LONGEST_WORD
            && let Some(word) = self.table.word_symbol(text)
        {
            return self.scratch.symbols.push(word);
        }
        self.unworded(text);
    }

    /// A value that is no word of the table.
    fn unworded(&mut self, text: &str) {
        if let Some(own) = self.own_symbol(text).or_else(|| self.again(text)) {
            self.owns += u32::from(matches!(own, op::OWN_FULL | op::OWN_BARE));
            return self.scratch.symbols.push(own);
        }
        self.mark(text);
        let Scratch { symbols, values, tried, .. } = &mut *self.scratch;
        let strings = Strings { table: self.table, is_searching: self.is_searching };
        symbols.push(value::put(strings, self.own, text, tried, values));
    }

    fn own_symbol(&self, text: &str) -> Option<u16> {
        let own = self.own?;
        match text.len() {
            length if length == own.full().len() && text == own.full() => Some(op::OWN_FULL),
            length if length == own.bare().len() && text == own.bare() => Some(op::OWN_BARE),
            length if length == own.domain().len() && text == own.domain() => Some(op::OWN_DOMAIN),
            _ => None,
        }
    }

    /// The symbol for a value that stood before.
    fn again(&self, text: &str) -> Option<u16> {
        if text.len() < AGAIN_LEAST {
            return None;
        }
        let (text, texts) = (text.as_bytes(), self.scratch.texts.as_bytes());
        self.scratch.marks.iter().zip(0..AGAIN).find_map(|(&(start, end), number)| {
            // What is shorter or goes on otherwise need not be compared.
            let before = texts.get(start as usize..end as usize)?;
            let symbol = match before.get(text.len()..)? {
                [] => op::SAME + number,
                [b'/', ..] => op::BARE_OF + number,
                _ => return None,
            };
            // The first slash ends the bare address.
            let is_it = before.starts_with(text)
                && (symbol < op::BARE_OF || memchr::memchr(b'/', text).is_none());
            is_it.then_some(symbol)
        })
    }

    fn mark(&mut self, text: &str) {
        let Scratch { texts, marks, .. } = &mut *self.scratch;
        if marks.len() < usize::from(AGAIN) {
            let start = texts.len() as u32;
            texts.push_str(text);
            marks.push((start, texts.len() as u32));
        }
    }

    fn string(&mut self, text: &str) {
        let Scratch { values, tried, .. } = &mut *self.scratch;
        let strings = Strings { table: self.table, is_searching: self.is_searching };
        strings.put(text, tried, values);
    }

    fn finish(self, out: &mut Vec<u8>) {
        let Scratch { symbols, values, tried, codes, .. } = self.scratch;
        let codes = match codes.get(symbols) {
            Some(known) => known,
            None => {
                tried.clear();
                shapes::put(self.table, symbols, tried);
                if symbols.len() <= MOST_SYMBOLS {
                    codes.put(symbols, tried.as_slice().into());
                }
                tried.as_slice()
            }
        };
        put_varint(codes.len(), out);
        out.extend_from_slice(codes);
        out.extend_from_slice(values);
    }
}

/// Symbols of a message whose codes are kept, at most.
const MOST_SYMBOLS: usize = 256;

/// Bytes of the longest word of a table.
const LONGEST_WORD: usize = 64;

/// Appends the message that tells a client its address.
pub fn encode_address(full: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0, crate::form::ADDRESS]);
    out.extend_from_slice(full.as_bytes());
}

/// Appends the message of an element as it is written, for encoders that know no better.
pub fn encode_plainly(xml: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0, crate::form::XML]);
    out.extend_from_slice(xml.as_bytes());
}
