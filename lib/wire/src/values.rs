//! Values of a message on their way into XML, and what later symbols say of them again.

use smallvec::SmallVec;

use crate::WireError;
use crate::address::Address;
use crate::bytes::Reader;
use crate::escape::{escape, has_markup, is_sound};
use crate::table::{AGAIN, Name, TABLE, op};
use crate::value;

/// Where the values are that can be referred to. Nothing of it outlives a call but capacity.
#[derive(Default)]
pub(crate) struct Marks {
    marks: SmallVec<[Mark; AGAIN as usize]>,
    /// Those that are written otherwise than they are.
    aside: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Mark {
    start: u32,
    end: u32,
    is_aside: bool,
}

impl Marks {
    pub(crate) fn clear(&mut self) {
        self.marks.clear();
        self.aside.clear();
    }

    pub(crate) fn capacity(&self) -> usize {
        self.aside.capacity()
    }
}

/// See the module.
pub(crate) struct Values<'a, 'm> {
    own: Option<&'a Address>,
    reader: Reader<'a>,
    marks: &'m mut Marks,
    /// How long the output may become.
    pub(crate) cap: usize,
}

impl<'a, 'm> Values<'a, 'm> {
    pub(crate) fn new(
        own: Option<&'a Address>,
        reader: Reader<'a>,
        cap: usize,
        marks: &'m mut Marks,
    ) -> Self {
        marks.clear();
        Self { own, reader, marks, cap }
    }

    /// Bytes that were not read.
    pub(crate) const fn left(&self) -> usize {
        self.reader.len()
    }

    /// Appends a string that is no value: a name.
    pub(crate) fn string(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        crate::text::read_string(&TABLE, &mut self.reader, self.cap, out)
    }

    /// Writes a value and gives whether all its characters may stand in XML.
    pub(crate) fn write(
        &mut self,
        symbol: u16,
        in_attribute: bool,
        out: &mut Vec<u8>,
    ) -> Result<bool, WireError> {
        let own = || self.own.ok_or(WireError::NoAddress);
        Ok(match symbol {
            op::TEXT..=op::SUB => return self.read(symbol, in_attribute, out),
            op::OWN_FULL => escape(own()?.full().as_bytes(), in_attribute, out),
            op::OWN_BARE => escape(own()?.bare().as_bytes(), in_attribute, out),
            op::OWN_DOMAIN => escape(own()?.domain().as_bytes(), in_attribute, out),
            op::SAME..op::LAST => return self.again(symbol, in_attribute, out),
            _ => match TABLE.name(symbol) {
                Some(Name::Word(word)) => escape(word.as_bytes(), in_attribute, out),
                _ => return Err(WireError::Symbol),
            },
        })
    }

    fn read(
        &mut self,
        kind: u16,
        in_attribute: bool,
        out: &mut Vec<u8>,
    ) -> Result<bool, WireError> {
        let start = out.len();
        value::read(&TABLE, self.own, kind, &mut self.reader, self.cap, out)?;
        let text = &out[start..];
        let is_ordinary = skein_xml::is_ordinary(text);
        if is_ordinary || !has_markup(text, in_attribute) {
            let is_sound = is_ordinary || is_sound(text);
            self.mark(start, out.len(), false);
            return Ok(is_sound);
        }
        let Marks { marks, aside } = &mut *self.marks;
        let from = aside.len();
        aside.extend_from_slice(text);
        out.truncate(start);
        let is_sound = escape(&aside[from..], in_attribute, out);
        if marks.len() < usize::from(AGAIN) {
            self.mark(from, self.marks.aside.len(), true);
        } else {
            aside.truncate(from);
        }
        Ok(is_sound)
    }

    fn mark(&mut self, start: usize, end: usize, is_aside: bool) {
        let marks = &mut self.marks.marks;
        if marks.len() < usize::from(AGAIN) {
            marks.push(Mark { start: start as u32, end: end as u32, is_aside });
        }
    }

    fn again(
        &mut self,
        symbol: u16,
        in_attribute: bool,
        out: &mut Vec<u8>,
    ) -> Result<bool, WireError> {
        let Marks { marks, aside } = &mut *self.marks;
        let number = usize::from((symbol - op::SAME) % AGAIN);
        let mark = marks.get(number).ok_or(WireError::Reference)?;
        let (start, mut end) = (mark.start as usize, mark.end as usize);
        let text = if mark.is_aside { &aside[start..end] } else { &out[start..end] };
        if symbol >= op::BARE_OF {
            end = start + memchr::memchr(b'/', text).ok_or(WireError::Reference)?;
        }
        if mark.is_aside {
            return Ok(escape(&aside[start..end], in_attribute, out));
        }
        if skein_xml::is_ordinary(&out[start..end]) {
            out.extend_from_within(start..end);
            return Ok(true);
        }
        // It may be escaped here where it was not.
        let from = aside.len();
        aside.extend_from_slice(&out[start..end]);
        let is_sound = escape(&aside[from..], in_attribute, out);
        aside.truncate(from);
        Ok(is_sound)
    }
}
