//! The states of the walk within a start tag.

use super::walk::Reached::Starved;
use super::walk::{Attr, Rules, State, Turn, Walk};
use crate::chars::{self, NAME, NAME_START, SPACE, decode, is, reference};
use crate::limits::NAME_BYTES;
use crate::{Span, XmlError};

impl Walk {
    pub(super) fn tag_name(&mut self, bytes: &[u8], rules: &Rules<'_>) -> Turn {
        if !self.whole_name(bytes)? {
            return Ok(Starved);
        }
        self.name = Span::new(self.mark, self.at);
        self.name_colon = self.colon as u32;
        self.namespaced = self.colon != 0;
        self.prefixed = false;
        self.attrs.clear();
        self.spaced = false;
        self.go(State::Tag, self.at);
        self.tag(bytes, rules)
    }

    pub(super) fn tag(&mut self, bytes: &[u8], rules: &Rules<'_>) -> Turn {
        loop {
            match bytes.get(self.at) {
                None => return Ok(Starved),
                Some(b'>') => {
                    self.at += 1;
                    return self.start(bytes, rules, false);
                }
                Some(b'/') => match bytes.get(self.at + 1) {
                    None => return Ok(Starved),
                    Some(b'>') => {
                        self.at += 2;
                        return self.start(bytes, rules, true);
                    }
                    Some(_) => return Err(XmlError::NotWellFormed),
                },
                Some(&byte) if is(byte, SPACE) => {
                    self.spaced = true;
                    self.at += 1;
                }
                Some(_) if !self.spaced => return Err(XmlError::NotWellFormed),
                Some(_) if self.attrs.len() >= rules.limits.attributes => {
                    return Err(XmlError::TooManyAttributes);
                }
                Some(_) => return Ok(self.go(State::AttributeName, self.at)),
            }
        }
    }

    pub(super) fn attribute_name(&mut self, bytes: &[u8], rules: &Rules<'_>) -> Turn {
        if !self.whole_name(bytes)? {
            return Ok(Starved);
        }
        let name = Span::new(self.mark, self.at);
        let text = name.bytes(bytes);
        self.prefixed |= self.colon != 0;
        self.namespaced |= self.colon != 0 || text == b"xmlns";
        if self.attrs.iter().any(|attr| attr.name.bytes(bytes) == text) {
            return Err(XmlError::NotWellFormed);
        }
        self.attrs.push(Attr { name, colon: self.colon as u32, value: Span::default() });
        if let Some(&[b'=', quote @ (b'\'' | b'"')]) = bytes.get(self.at..self.at + 2) {
            self.quote = quote;
            self.go(State::Value, self.at + 2);
            return self.value(bytes, rules);
        }
        Ok(self.go(State::Equals, self.at))
    }

    pub(super) fn equals(&mut self, bytes: &[u8]) -> Turn {
        self.at += chars::space(&bytes[self.at..]);
        match bytes.get(self.at) {
            None => Ok(Starved),
            Some(b'=') => Ok(self.go(State::Quote, self.at + 1)),
            Some(_) => Err(XmlError::NotWellFormed),
        }
    }

    pub(super) fn opening_quote(&mut self, bytes: &[u8]) -> Turn {
        self.at += chars::space(&bytes[self.at..]);
        match bytes.get(self.at) {
            None => Ok(Starved),
            Some(&quote @ (b'\'' | b'"')) => {
                self.quote = quote;
                Ok(self.go(State::Value, self.at + 1))
            }
            Some(_) => Err(XmlError::NotWellFormed),
        }
    }

    pub(super) fn value(&mut self, all: &[u8], rules: &Rules<'_>) -> Turn {
        // One byte more than allowed, for the quote.
        let cap = self.mark.saturating_add(rules.limits.attribute_bytes).saturating_add(1);
        let bytes = &all[..all.len().min(cap)];
        loop {
            self.at = chars::plain(bytes, self.at, [self.quote, b'<', b'&']);
            let rest = &bytes[self.at..];
            let len = match rest.first() {
                None => None,
                Some(&byte) if byte == self.quote => break,
                Some(b'\t' | b'\n') => Some(1),
                Some(b'&') => reference(rest)?.map(|(_, len)| len),
                // A lone carriage return is where parsers disagree; see the crate.
                Some(b'\r') => match rest.get(1) {
                    None => None,
                    Some(b'\n') => Some(2),
                    Some(_) => return Err(XmlError::NotWellFormed),
                },
                Some(b'<') => return Err(XmlError::NotWellFormed),
                Some(0x80..) => match chars::letters(rest, 0) {
                    0 => decode(rest)?.map(|(_, len)| len),
                    len => Some(len),
                },
                Some(_) => return Err(XmlError::Encoding),
            };
            match len {
                Some(len) => self.at += len,
                None if bytes.len() == cap => return Err(XmlError::AttributeTooLong),
                None => return Ok(Starved),
            }
        }
        if let Some(attr) = self.attrs.last_mut() {
            attr.value = Span::new(self.mark, self.at);
        }
        self.spaced = false;
        self.go(State::Tag, self.at + 1);
        self.tag(all, rules)
    }

    /// Walks to the end of the name that began at `mark`; `false` if bytes are missing.
    fn whole_name(&mut self, bytes: &[u8]) -> Result<bool, XmlError> {
        let cap = self.mark + NAME_BYTES + 1;
        let bytes = &bytes[..bytes.len().min(cap)];
        let starved = || if bytes.len() == cap { Err(XmlError::TooLong) } else { Ok(false) };
        let mut at = self.at;
        loop {
            while let Some(&byte) = bytes.get(at)
                && is(byte, NAME)
            {
                at += 1;
            }
            self.at = at;
            match bytes.get(at) {
                None => return starved(),
                Some(b':') if self.colon != 0 => return Err(XmlError::NotWellFormed),
                Some(b':') => {
                    self.colon = at;
                    at += 1;
                }
                Some(0x80..) => match decode(&bytes[at..])? {
                    None => return starved(),
                    Some((code, len)) if chars::is_letter(code) => at += len,
                    Some(_) => return Err(XmlError::NotWellFormed),
                },
                Some(_) => break,
            }
        }
        let starts = |at: usize| at < self.at && (is(bytes[at], NAME_START) || bytes[at] >= 0x80);
        if starts(self.mark) && (self.colon == 0 || starts(self.colon + 1)) {
            Ok(true)
        } else {
            Err(XmlError::NotWellFormed)
        }
    }
}
