//! The compact binding (docs/wire.md) on a connection: messages that tell their length
//! on TLS, one binary message each on a WebSocket.

use std::cell::RefCell;

pub use skein_wire::TEXT as TABLE;
use skein_wire::{Address, Draft};
use skein_xml::{Framer, Limits, Scope, Step, canonical};
use skein_xmpp::{Jid, Kind, MessageType, Stanza, StreamError};

/// The protocol's name in TLS (RFC 7301).
pub const ALPN: &[u8] = b"skein-wire/1";

/// Bytes that the length of a message takes at most: stanzas stay far below 2^28.
const LENGTH_BYTES: usize = 4;

/// The address of a stream's client, as far as it has one.
pub(crate) fn address(jid: &Jid) -> Option<Address> {
    Address::new(jid.as_str())
}

/// The message of the last stanza that went to many.
struct Copied {
    stanza: Stanza,
    domain: Box<str>,
    message: Vec<u8>,
}

thread_local! {
    static LAST: RefCell<Option<Copied>> = const { RefCell::new(None) };
}

/// Whether there will be more of it: what rooms say to each of their occupants.
const fn goes_to_many(kind: Kind) -> bool {
    matches!(kind, Kind::Message(MessageType::Groupchat) | Kind::Presence(_))
}

/// Appends the message of a stanza. Copies of one stanza for clients of one domain are
/// encoded once: each is told by the same symbol that it is for itself.
pub(crate) fn write_stanza(stanza: &Stanza, own: Option<&Address>, out: &mut Vec<u8>) {
    let own_copy = own.filter(|own| {
        goes_to_many(stanza.kind) && stanza.to.as_ref().is_some_and(|to| to.as_str() == own.full())
    });
    let Some(own) = own_copy else {
        encode(stanza, own, out);
        return;
    };
    LAST.with_borrow_mut(|last| {
        if let Some(last) = last
            && last.stanza.is_copy_of(stanza)
            && *last.domain == *own.domain()
        {
            return out.extend_from_slice(&last.message);
        }
        let at = out.len();
        let is_for_all = encode(stanza, Some(own), out);
        *last = (is_for_all && out.len() - at <= COPIED_BYTES).then(|| Copied {
            stanza: stanza.clone(),
            domain: own.domain().into(),
            message: out[at..].to_vec(),
        });
    });
}

/// Bytes of a message that a thread keeps for the next client.
const COPIED_BYTES: usize = 16 * 1024;

fn encode(stanza: &Stanza, own: Option<&Address>, out: &mut Vec<u8>) -> bool {
    let draft = Draft {
        name: stanza.kind.element(),
        from: stanza.from.as_ref().map_or("", Jid::as_str),
        to: stanza.to.as_ref().map_or("", Jid::as_str),
        named_type: stanza.kind.type_name(),
        id: stanza.id.as_deref().unwrap_or_default(),
        lang: stanza.lang.as_deref().unwrap_or_default(),
        content: stanza.content(),
        coded: stanza.coded(),
        added: stanza.added(),
        is_searched: goes_to_many(stanza.kind),
    };
    let at = out.len();
    let is_for_all = skein_wire::encode(&draft, own, out);
    let content = stanza.content().len() + stanza.added().len();
    if skein_wire::is_taken(content + ROOM_FOR_HEAD, out.len() - at) {
        return is_for_all;
    }
    // Whoever wrote this would have the reader's stream ended.
    out.truncate(at);
    skein_wire::encode_plainly(&stanza.to_xml(), out);
    false
}

/// Bytes of a head's XML that are not in the message too: names, and the domain twice.
const ROOM_FOR_HEAD: usize = 1024;

/// Appends the message of an element of ours that declares its namespaces, plain or not.
pub(crate) fn write_element(xml: &[u8], out: &mut Vec<u8>) {
    let (none, limits) = (Scope::none(), Limits::kept());
    let Ok(Step::Element(shape)) = Framer::new().frame(xml, &none, &limits) else { return };
    let mut rewritten = Vec::new();
    let plain = match shape.plain {
        true => xml,
        false if canonical(xml, &shape, &none, &limits, &mut rewritten).is_ok() => &rewritten,
        false => return,
    };
    if let Ok(text) = std::str::from_utf8(plain) {
        skein_wire::encode_element(text, None, false, out);
    }
}

/// Appends a message behind its length in groups of seven bits.
pub(crate) fn with_length(out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; LENGTH_BYTES]);
    payload(out);
    let mut length = out.len() - at - LENGTH_BYTES;
    let mut used = 0;
    loop {
        out[at + used] = (length & 0x7F) as u8;
        length >>= 7;
        if length == 0 || used + 1 == LENGTH_BYTES {
            break;
        }
        out[at + used] |= 0x80;
        used += 1;
    }
    out.copy_within(at + LENGTH_BYTES.., at + used + 1);
    out.truncate(out.len() - (LENGTH_BYTES - used - 1));
}

/// What stands at the front of the bytes of a TLS connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// Nothing whole.
    More,
    /// A message of so many bytes behind so many of its length.
    Message {
        /// Bytes of the length.
        head: usize,
        /// Bytes of the message.
        length: usize,
    },
}

/// Finds the first message.
///
/// # Errors
/// It is longer than an element may be, or its length is not written in its shortest form.
pub(crate) fn front(buf: &[u8], limits: &Limits) -> Result<Front, StreamError> {
    let mut length = 0;
    for (at, &byte) in buf.iter().take(LENGTH_BYTES).enumerate() {
        length |= usize::from(byte & 0x7F) << (7 * at);
        if length > limits.bytes {
            return Err(StreamError::new("policy-violation").text("a message that is too long"));
        }
        if byte < 0x80 {
            if byte == 0 && at > 0 {
                break;
            }
            let head = at + 1;
            let is_whole = buf.len() - head >= length;
            return Ok(if is_whole { Front::Message { head, length } } else { Front::More });
        }
    }
    if buf.len() < LENGTH_BYTES && buf.last().is_none_or(|byte| *byte >= 0x80) {
        return Ok(Front::More);
    }
    Err(StreamError::new("bad-format").text("a length that is not in its shortest form"))
}

#[cfg(test)]
mod tests {
    use skein_xmpp::ns;

    use super::*;

    #[test]
    fn lengths_are_written_and_read_in_their_shortest_form() {
        let limits = Limits::after_login();
        for length in [0, 1, 127, 128, 16_383, 16_384, 200_000] {
            let mut out = b"before".to_vec();
            with_length(&mut out, |out| out.resize(out.len() + length, b'x'));
            let Ok(Front::Message { head, length: found }) = front(&out[6..], &limits) else {
                panic!("{length}");
            };
            assert_eq!((found, out.len()), (length, 6 + head + length));
            assert!(out[6 + head..].iter().all(|byte| *byte == b'x'));
            for cut in 0..head {
                assert_eq!(front(&out[6..6 + cut], &limits), Ok(Front::More));
            }
        }
    }

    #[test]
    fn copies_of_a_stanza_are_each_for_their_own_client() {
        let jid = |text: &str| Jid::parse(text).unwrap();
        let said = Stanza::new(Kind::Message(MessageType::Groupchat)).with_content(|writer| {
            writer.leaf("body", ns::CLIENT, "ann@example.org/a is mentioned");
            writer.start("stanza-id", ns::STANZA_ID);
            writer.attr("by", "room@rooms.example.org");
            writer.end();
        });
        let read = |to: &str, stanza: &Stanza| {
            let own = address(&jid(to)).unwrap();
            let mut stanza = stanza.clone();
            stanza.to = Some(jid(to));
            let mut message = Vec::new();
            write_stanza(&stanza, Some(&own), &mut message);
            let mut xml = Vec::new();
            let limits = Limits::after_login();
            skein_wire::decode(&message, Some(&own), &limits, &mut xml).unwrap();
            assert_eq!(String::from_utf8_lossy(&xml), stanza.to_xml());
        };
        let own_name = said.with_added(|writer| {
            writer.start("x", "urn:x");
            writer.attr("jid", "ann@example.org");
            writer.end();
        });
        for stanza in [&said, &own_name, &said] {
            for to in
                ["ann@example.org/a", "bob@example.org/b", "ann@example.net/a", "bob@example.org/c"]
            {
                read(to, stanza);
            }
        }
    }

    #[test]
    fn nobody_makes_a_message_that_its_reader_must_refuse() {
        // All of it is one code of two bytes.
        let dense = "<bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:sm:3'/>\
            <feature var='urn:xmpp:carbons:2'/><feature var='urn:xmpp:csi:0'/></inline></bind>"
            .repeat(100);
        let own = address(&Jid::parse("ann@example.org/a").unwrap()).unwrap();
        let stanza = Stanza::new(Kind::Message(MessageType::Chat)).with_element(dense.into());
        let (mut message, mut xml) = (Vec::new(), Vec::new());
        write_stanza(&stanza, Some(&own), &mut message);
        let limits = Limits::after_login();
        skein_wire::decode(&message, Some(&own), &limits, &mut xml).unwrap();
        assert_eq!(String::from_utf8_lossy(&xml), stanza.to_xml());
        assert_eq!(message[0], 0, "the test is no test any more");
    }

    #[test]
    fn lengths_beyond_the_limit_or_in_a_long_form_are_refused() {
        let limits = Limits::after_login();
        for bytes in [&[0xFF, 0xFF, 0xFF][..], &[0x80, 0], &[0x80; 4], &[0x81, 0x80, 0]] {
            assert!(front(bytes, &limits).is_err(), "{bytes:?}");
        }
    }
}
