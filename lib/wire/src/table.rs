//! The published table: names, words, shapes and phrases (docs/wire.md).

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use crate::trie::Trie;

/// The text of version 1, as it is served to those who implement it.
pub const TEXT: &str = include_str!("../table/1.txt");

/// Symbols below this are operations, see [`op`]; the names of the table follow.
pub(crate) const NAMES: u16 = 64;
/// Shapes whose code is one byte.
pub(crate) const SHORT_SHAPES: u16 = 192;
/// Two-byte codes from here on are single symbols, below it shapes.
pub(crate) const SINGLE: u16 = 8192;

/// Symbols that are no names.
pub(crate) mod op {
    pub(crate) const END: u16 = 0;
    pub(crate) const ELEMENT: u16 = 1;
    pub(crate) const CHILD: u16 = 2;
    pub(crate) const ATTRIBUTE: u16 = 3;
    pub(crate) const TEXT: u16 = 4;
    pub(crate) const UUID: u16 = 5;
    pub(crate) const INTEGER: u16 = 6;
    pub(crate) const SECONDS: u16 = 7;
    pub(crate) const MILLIS: u16 = 8;
    pub(crate) const MICROS: u16 = 9;
    pub(crate) const BASE64: u16 = 10;
    pub(crate) const HEX: u16 = 11;
    pub(crate) const BARE: u16 = 12;
    pub(crate) const FULL: u16 = 13;
    pub(crate) const SUB_BARE: u16 = 14;
    pub(crate) const SUB_FULL: u16 = 15;
    pub(crate) const SUB: u16 = 16;
    pub(crate) const OWN_FULL: u16 = 17;
    pub(crate) const OWN_BARE: u16 = 18;
    pub(crate) const OWN_DOMAIN: u16 = 19;
    /// The value number n of this stanza again, n < [`super::AGAIN`].
    pub(crate) const SAME: u16 = 20;
    /// The bare address of the full one that was value number n.
    pub(crate) const BARE_OF: u16 = 36;
    /// Behind the last operation.
    pub(crate) const LAST: u16 = 52;
}

/// How many values of a stanza can be referred to.
pub(crate) const AGAIN: u16 = 16;

/// What a symbol from [`NAMES`] on stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Name {
    /// An element: its namespace's number and its name.
    Element(u16, &'static str),
    /// An attribute.
    Attribute(&'static str),
    /// A whole value.
    Word(&'static str),
}

/// A phrase of a few bytes is copied as one word of a fixed size: most are so short that the
/// call of a copy would cost more than the copy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) bytes: [u8; LONGEST_SHORT],
    /// Of a longer phrase [`LONG`]; where that is, stands in the bytes.
    pub(crate) length: u8,
}

/// Bytes of a phrase that is a piece by itself, at most.
pub(crate) const LONGEST_SHORT: usize = 16;
/// See [`Piece::length`].
pub(crate) const LONG: u8 = u8::MAX;

impl Piece {
    /// Of a phrase; a long one is put behind the `long` ones.
    pub(crate) fn new(phrase: &str, long: &mut Vec<Box<str>>) -> Self {
        let mut bytes = [0; LONGEST_SHORT];
        if let Some(room) = bytes.get_mut(..phrase.len()) {
            room.copy_from_slice(phrase.as_bytes());
            return Self { bytes, length: phrase.len() as u8 };
        }
        bytes[..2].copy_from_slice(&(long.len() as u16).to_le_bytes());
        long.push(phrase.into());
        Self { bytes, length: LONG }
    }

    /// All of a long phrase.
    pub(crate) fn long(self, table: &Table) -> &str {
        let number = u16::from_le_bytes([self.bytes[0], self.bytes[1]]);
        table.long.get(usize::from(number)).map_or("", |phrase| phrase)
    }
}

/// The symbols of stanzas and of the attributes that their heads have.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HeadSymbols {
    /// The number of the namespace.
    pub(crate) client: u16,
    stanzas: [(&'static str, u16); 3],
    pub(crate) from: u16,
    pub(crate) to: u16,
    pub(crate) named_type: u16,
    pub(crate) id: u16,
    pub(crate) lang: u16,
}

impl HeadSymbols {
    /// Of a stanza by its name.
    pub(crate) fn stanza(&self, name: &str) -> Option<u16> {
        self.stanzas.iter().find(|(known, _)| *known == name).map(|&(_, symbol)| symbol)
    }
}

/// The namespace of stanzas.
pub(crate) const CLIENT: &str = "jabber:client";

type Map<K> = HashMap<K, u16, BuildHasherDefault<Fx>>;

/// See the module.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) namespaces: Vec<&'static str>,
    pub(crate) names: Vec<Name>,
    /// How each is written: an element as a start tag that declares its namespace, without
    /// its end, and an end tag; an attribute behind a space and up to its value.
    markup: Vec<Box<str>>,
    /// For each shape its symbols.
    pub(crate) shapes: Vec<Box<[u16]>>,
    /// Pieces of text: what a byte stands for, itself or a phrase; then the phrases.
    pub(crate) pieces: Vec<Piece>,
    long: Vec<Box<str>>,
    pub(crate) head: HeadSymbols,
    namespace_numbers: Map<&'static str>,
    elements: Map<(u16, &'static str)>,
    attributes: Map<&'static str>,
    words: Map<&'static str>,
    pub(crate) shape_trie: Trie,
    pub(crate) phrase_trie: Trie,
}

/// Version 1.
pub(crate) static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(TEXT));

impl Table {
    /// Reads a table that is known to be right: a test says so of ours.
    pub(crate) fn read(text: &'static str) -> Self {
        let mut table = Self {
            namespaces: Vec::new(),
            names: Vec::new(),
            markup: Vec::new(),
            shapes: Vec::new(),
            pieces: Vec::new(),
            long: Vec::new(),
            head: HeadSymbols::default(),
            namespace_numbers: Map::default(),
            elements: Map::default(),
            attributes: Map::default(),
            words: Map::default(),
            shape_trie: Trie::default(),
            phrase_trie: Trie::default(),
        };
        let mut section = "";
        let (mut pairs, mut phrases) = (Vec::new(), Vec::new());
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                section = line;
                continue;
            }
            match section {
                "[elements]" => table.element_line(line),
                "[attributes]" => line.split(' ').for_each(|name| table.attribute(name)),
                "[words]" => line.split(' ').for_each(|word| table.word(word)),
                "[shapes]" => pairs.extend(line.split(' ').filter_map(pair)),
                "[phrases]" => {
                    phrases.extend(line.split(' ').map(|phrase| phrase.replace('_', " ")));
                }
                _ => {}
            }
        }
        table.shapes = (0..pairs.len() as u16)
            .map(|at| {
                let mut symbols = Vec::new();
                expand(&pairs, SINGLE + at, 0, &mut symbols);
                symbols.into()
            })
            .collect();
        let attribute = |name| table.attribute_symbol(name).unwrap_or_default();
        let client = table.namespace(CLIENT).unwrap_or_default();
        let stanza = |name| (name, table.element_symbol(client, name).unwrap_or_default());
        table.head = HeadSymbols {
            client,
            stanzas: ["message", "presence", "iq"].map(stanza),
            from: attribute("from"),
            to: attribute("to"),
            named_type: attribute("type"),
            id: attribute("id"),
            lang: attribute("xml:lang"),
        };
        table.shape_trie = Trie::new(table.shapes.iter());
        table.pieces = crate::text::pieces(&phrases, &mut table.long);
        let units = |phrase: &String| phrase.bytes().map(u16::from).collect::<Vec<u16>>();
        table.phrase_trie = Trie::new(phrases.iter().map(units));
        table
    }

    fn element_line(&mut self, line: &'static str) {
        if let Some(namespace) = line.strip_prefix('=') {
            self.namespace_numbers.insert(namespace, self.namespaces.len() as u16);
            self.namespaces.push(namespace);
            return;
        }
        let namespace = self.namespaces.len().saturating_sub(1) as u16;
        for name in line.split(' ') {
            self.elements.insert((namespace, name), self.next());
            self.names.push(Name::Element(namespace, name));
            let declared = self.namespaces.last().copied().unwrap_or_default();
            self.markup.push(["<", name, " xmlns='", declared, "'</", name, ">"].concat().into());
        }
    }

    fn attribute(&mut self, name: &'static str) {
        self.attributes.insert(name, self.next());
        self.names.push(Name::Attribute(name));
        self.markup.push([" ", name, "='"].concat().into());
    }

    fn word(&mut self, word: &'static str) {
        self.words.insert(word, self.next());
        self.names.push(Name::Word(word));
    }

    fn next(&self) -> u16 {
        NAMES + self.names.len() as u16
    }

    pub(crate) fn name(&self, symbol: u16) -> Option<Name> {
        self.names.get(usize::from(symbol.checked_sub(NAMES)?)).copied()
    }

    /// The start tag of an element without its end, with or without its namespace, and how
    /// long its end tag is; the name of an attribute up to its value.
    pub(crate) fn markup(&self, symbol: u16) -> &str {
        self.markup.get(usize::from(symbol.wrapping_sub(NAMES))).map_or("", |markup| markup)
    }

    pub(crate) fn namespace(&self, namespace: &str) -> Option<u16> {
        self.namespace_numbers.get(namespace).copied()
    }

    pub(crate) fn element_symbol(&self, namespace: u16, name: &str) -> Option<u16> {
        self.elements.get(&(namespace, name)).copied()
    }

    pub(crate) fn attribute_symbol(&self, name: &str) -> Option<u16> {
        self.attributes.get(name).copied()
    }

    pub(crate) fn word_symbol(&self, word: &str) -> Option<u16> {
        self.words.get(word).copied()
    }
}

fn pair(item: &str) -> Option<(u16, u16)> {
    let (left, right) = item.split_once('+')?;
    Some((left.parse().ok()?, right.parse().ok()?))
}

/// Appends what `half` of a shape stands for: a symbol, or from [`SINGLE`] on another shape.
/// Deeper than any table of ours it gives up, so that halves in a circle end.
fn expand(pairs: &[(u16, u16)], half: u16, depth: u8, symbols: &mut Vec<u16>) {
    let Some(shape) = half.checked_sub(SINGLE) else { return symbols.push(half) };
    if let Some(&(first, second)) = pairs.get(usize::from(shape))
        && depth < DEPTH
    {
        expand(pairs, first, depth + 1, symbols);
        expand(pairs, second, depth + 1, symbols);
    }
}

const DEPTH: u8 = 100;

/// The hash of the Rust compiler's tables: keys are short, and all of them are ours.
#[derive(Default)]
pub(crate) struct Fx(u64);

impl Hasher for Fx {
    fn write(&mut self, bytes: &[u8]) {
        let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        let half = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
        // The last word overlaps the one before it, so that nothing is copied to fill it up.
        if let Some(last) = bytes.last_chunk::<8>() {
            let (words, _) = bytes.as_chunks::<8>();
            words.iter().for_each(|chunk| self.mix(word(chunk)));
            self.mix(word(last));
        } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk()) {
            self.mix(half(first) << 32 | half(last));
        } else {
            self.mix(bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
        self.mix(bytes.len() as u64);
    }

    fn write_u8(&mut self, _: u8) {}

    fn write_u16(&mut self, number: u16) {
        self.mix(u64::from(number));
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

impl Fx {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let table = &*TABLE;
        assert!(table.names.len() < usize::from(SINGLE - NAMES));
        assert!(table.shapes.len() < usize::from(SHORT_SHAPES + SINGLE));
        for (at, shape) in table.shapes.iter().enumerate() {
            assert!((2..=96).contains(&shape.len()), "shape {at} has {} symbols", shape.len());
            let known = |symbol: &u16| *symbol < 52 || table.name(*symbol).is_some();
            assert!(shape.iter().all(known), "shape {at}");
        }
        let names: std::collections::HashSet<_> =
            table.names.iter().map(|name| format!("{name:?}")).collect();
        assert_eq!(names.len(), table.names.len(), "a name stands twice");
        let phrases = &table.pieces[crate::text::OF_BYTES..];
        let all = |piece: &Piece| match piece.length {
            LONG => piece.long(table).as_bytes().to_vec(),
            length => piece.bytes[..usize::from(length)].to_vec(),
        };
        let different: std::collections::HashSet<_> = phrases.iter().map(all).collect();
        assert_eq!(different.len(), phrases.len(), "a phrase stands twice");
    }
}
