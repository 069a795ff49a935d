//! The compact binding (docs/wire.md) on TLS, translated from and to what scenarios write
//! and read: stanzas of XML, one behind the other.

use std::io;

use skein_wire::{Address, Decoded};
use skein_xml::Limits;

use crate::binding;
use crate::frame::{self, Said};

/// The binding's name in TLS.
pub(crate) const ALPN: &[u8] = b"skein-wire/1";
/// Bytes that a length has at most.
const LENGTH_BYTES: usize = 4;

/// One connection in the binding.
#[derive(Debug)]
pub(crate) struct Compact {
    domain: String,
    own: Option<Address>,
    /// Bytes of a message that has not all come.
    partial: Vec<u8>,
    /// XML for the scenario, and how much of it was given.
    xml: Vec<u8>,
    given: usize,
    message: Vec<u8>,
}

impl Compact {
    /// For a stream to `domain`.
    pub(crate) fn new(domain: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            own: None,
            partial: Vec::new(),
            xml: Vec::new(),
            given: 0,
            message: Vec::new(),
        }
    }

    /// Appends to `sealed` a message for each of `stanzas`.
    pub(crate) fn seal(&mut self, stanzas: &[u8], sealed: &mut Vec<u8>) {
        const FRAMING: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-framing'";
        for said in frame::said(stanzas) {
            match said {
                Said::Prelude(prelude) if prelude.starts_with(b"<stream:stream") => {
                    let open = ["<open ", FRAMING, " version='1.0' to='", &self.domain, "'/>"];
                    self.element(&open.concat(), sealed);
                }
                Said::Prelude(_) => {}
                Said::Stanza(stanza) => {
                    let stanza = binding::declared(stanza).concat();
                    self.element(&String::from_utf8_lossy(&stanza), sealed);
                }
                Said::Close => self.element(&["<close ", FRAMING, "/>"].concat(), sealed),
            }
        }
    }

    fn element(&mut self, xml: &str, sealed: &mut Vec<u8>) {
        self.message.clear();
        skein_wire::encode_element(xml, self.own.as_ref(), true, &mut self.message);
        let mut length = self.message.len();
        while length >= 0x80 {
            sealed.push(length as u8 | 0x80);
            length >>= 7;
        }
        sealed.push(length as u8);
        sealed.extend_from_slice(&self.message);
    }

    /// Takes what came from the server.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut partial = std::mem::take(&mut self.partial);
        partial.extend_from_slice(bytes);
        let mut at = 0;
        while let Some((head, length)) = length(&partial[at..])
            && let Some(message) = partial.get(at + head..at + head + length)
        {
            self.open(message)?;
            at += head + length;
        }
        partial.drain(..at);
        self.partial = partial;
        Ok(())
    }

    fn open(&mut self, message: &[u8]) -> io::Result<()> {
        if message.is_empty() {
            return Ok(());
        }
        let mut xml = Vec::new();
        match skein_wire::decode(message, self.own.as_ref(), &Limits::kept(), &mut xml) {
            Ok(Decoded::Address(own)) => self.own = Some(own),
            Ok(Decoded::Element(..)) if xml.starts_with(b"<open ") => {}
            Ok(Decoded::Element(..)) if xml.starts_with(b"<close ") => {
                self.xml.extend_from_slice(b"</stream:stream>");
            }
            Ok(Decoded::Element(..)) => self.xml.append(&mut xml),
            Err(error) => return Err(io::Error::other(error)),
        }
        Ok(())
    }

    /// Gives XML, as much as fits; 0 if there is none.
    pub(crate) fn give(&mut self, into: &mut [u8]) -> usize {
        let left = &self.xml[self.given..];
        let count = left.len().min(into.len());
        into[..count].copy_from_slice(&left[..count]);
        self.given += count;
        if self.given == self.xml.len() {
            self.xml.clear();
            self.given = 0;
        }
        count
    }
}

/// A message's length and the bytes that it is written in, if they are there.
fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (at, &byte) in bytes.iter().take(LENGTH_BYTES).enumerate() {
        length |= usize::from(byte & 0x7F) << (7 * at);
        if byte < 0x80 {
            return Some((at + 1, length));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_seals_the_other_opens_wherever_it_is_cut() {
        let mut one = Compact::new("localhost");
        let mut sealed = Vec::new();
        one.seal(
            b"<?xml version='1.0'?><stream:stream to='localhost'><iq id='1'/><r xmlns='urn:xmpp:sm:3'/></stream:stream>",
            &mut sealed,
        );
        let expected =
            "<iq xmlns='jabber:client' id='1'/><r xmlns='urn:xmpp:sm:3'/></stream:stream>";
        for cut in 0..=sealed.len() {
            let mut other = Compact::new("localhost");
            other.take(&sealed[..cut]).unwrap();
            other.take(&sealed[cut..]).unwrap();
            let mut into = [0; 200];
            let count = other.give(&mut into);
            assert_eq!(String::from_utf8_lossy(&into[..count]), expected, "{cut}");
            assert_eq!(other.give(&mut into), 0);
        }
    }
}
