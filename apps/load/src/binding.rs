//! How stanzas lie on a connection: one behind the other (RFC 6120), each in a message of
//! a WebSocket (RFC 7395), or in the [compact binding](crate::compact).

use clap::ValueEnum;
use memchr::memmem;

use crate::frame::{self, Piece, Said};

/// What a scenario asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Binding {
    Tcp,
    #[value(name = "websocket")]
    WebSocket,
    /// Skein's own, on direct TLS
    Compact,
}

/// The most bytes of HTTP that an answer to the upgrade may have.
const ANSWER_BYTES: usize = 8 * 1024;
/// Opcodes of RFC 6455 section 5.2, with the bit of a last fragment.
const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// The request that makes a WebSocket of a connection. The key is any: what the server makes
/// of it is not looked at.
pub(crate) fn upgrade(host: &str, path: &str) -> Vec<u8> {
    let mut request = Vec::new();
    for part in [
        "GET ",
        path,
        " HTTP/1.1\r\nHost: ",
        host,
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n",
    ] {
        request.extend_from_slice(part.as_bytes());
    }
    request
}

/// Looks for the answer to the upgrade at the front of `input`.
pub(crate) fn answer(input: &[u8]) -> Piece {
    match memmem::find(input, b"\r\n\r\n") {
        Some(end) if input.starts_with(b"HTTP/1.1 101") => Piece::Prelude(end + 4),
        None if input.len() < ANSWER_BYTES => Piece::Incomplete,
        _ => Piece::Close,
    }
}

/// Looks at the frame at the front of `input`. What it has to be answered with goes to `reply`.
pub(crate) fn next(input: &[u8], reply: &mut Vec<u8>) -> Piece {
    let (&[kind, short], rest) = match input.split_first_chunk() {
        Some(split) => split,
        None => return Piece::Incomplete,
    };
    let (from, length) = match (short, rest) {
        (126, [a, b, ..]) => (4, usize::from(u16::from_be_bytes([*a, *b]))),
        (127, [a, b, c, d, e, f, g, h, ..]) => {
            (10, u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) as usize)
        }
        (126 | 127, _) => return Piece::Incomplete,
        (length, _) => (2, usize::from(length)),
    };
    let to = from + length;
    let Some(payload) = input.get(from..to) else { return Piece::Incomplete };
    match kind {
        TEXT if payload.starts_with(b"<open") => Piece::Prelude(to),
        TEXT if payload.starts_with(b"<close") => Piece::Close,
        TEXT => Piece::Stanza(from..to),
        PING => {
            head(reply, PONG, length);
            reply.extend_from_slice(payload);
            Piece::Prelude(to)
        }
        PONG => Piece::Prelude(to),
        // The end, or fragments, which no server under test sends.
        _ => Piece::Close,
    }
}

/// Appends to `framed` one message for each of the `stanzas`.
pub(crate) fn seal(stanzas: &[u8], framed: &mut Vec<u8>) {
    for said in frame::said(stanzas) {
        match said {
            Said::Prelude(_) => {}
            Said::Stanza(stanza) => message(stanza, framed),
            Said::Close => {
                let close = b"<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";
                head(framed, TEXT, close.len());
                framed.extend_from_slice(close);
            }
        }
    }
}

fn message(stanza: &[u8], framed: &mut Vec<u8>) {
    let parts = declared(stanza);
    head(framed, TEXT, parts.iter().map(|part| part.len()).sum());
    for part in parts {
        framed.extend_from_slice(part);
    }
}

/// Each message is a document of its own, so a stanza has to say its namespace: what comes
/// before that, the declaration, and the rest.
pub(crate) fn declared(stanza: &[u8]) -> [&[u8]; 3] {
    const CLIENT: &[u8] = b" xmlns='jabber:client'";
    let name = stanza.iter().position(|byte| b" />".contains(byte)).unwrap_or(stanza.len());
    let (name, rest) = stanza.split_at(name);
    let inherits = matches!(name, b"<message" | b"<presence" | b"<iq");
    [name, if inherits { CLIENT } else { b"" }, rest]
}

/// The header of a masked frame. A mask of zeros leaves the payload as it is; the server has
/// to take it off all the same.
fn head(out: &mut Vec<u8>, kind: u8, length: usize) {
    out.push(kind);
    match length {
        0..=125 => out.push(0x80 | length as u8),
        126..=0xffff => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server sends: the same frames without a mask.
    fn unmasked(text: &[u8]) -> Vec<u8> {
        let mut frame = vec![TEXT];
        match text.len() {
            short @ 0..=125 => frame.push(short as u8),
            long => {
                frame.push(126);
                frame.extend_from_slice(&(long as u16).to_be_bytes());
            }
        }
        frame.extend_from_slice(text);
        frame
    }

    #[test]
    fn every_stanza_becomes_a_message_that_says_its_namespace() {
        let mut framed = Vec::new();
        seal(b"<iq id='1'/><r xmlns='urn:xmpp:sm:3'/></stream:stream>", &mut framed);
        let texts: [&[u8]; 3] = [
            b"<iq xmlns='jabber:client' id='1'/>",
            b"<r xmlns='urn:xmpp:sm:3'/>",
            b"<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>",
        ];
        let mut expected = Vec::new();
        for text in texts {
            expected.extend_from_slice(&[TEXT, 0x80 | text.len() as u8, 0, 0, 0, 0]);
            expected.extend_from_slice(text);
        }
        assert_eq!(framed, expected);
    }

    #[test]
    fn frames_are_cut_wherever_the_bytes_end() {
        for text in [&b"<message/>"[..], &[b'x'; 300]] {
            let frame = unmasked(text);
            let mut reply = Vec::new();
            for cut in 0..frame.len() {
                assert_eq!(next(&frame[..cut], &mut reply), Piece::Incomplete, "{cut}");
            }
            let from = frame.len() - text.len();
            assert_eq!(next(&frame, &mut reply), Piece::Stanza(from..frame.len()));
            assert!(reply.is_empty());
        }
    }

    #[test]
    fn a_ping_is_answered_and_an_end_is_an_end() {
        let mut reply = Vec::new();
        assert_eq!(next(&[PING, 1, b'x'], &mut reply), Piece::Prelude(3));
        assert_eq!(reply, [PONG, 0x81, 0, 0, 0, 0, b'x']);
        assert_eq!(next(&[0x88, 0], &mut reply), Piece::Close);
        let close = unmasked(b"<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>");
        assert_eq!(next(&close, &mut reply), Piece::Close);
    }

    #[test]
    fn only_a_change_of_protocol_opens_the_socket() {
        assert_eq!(
            answer(b"HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\nx"),
            Piece::Prelude(42)
        );
        assert_eq!(answer(b"HTTP/1.1 101 Switching"), Piece::Incomplete);
        assert_eq!(answer(b"HTTP/1.1 404 Not Found\r\n\r\n"), Piece::Close);
    }
}
