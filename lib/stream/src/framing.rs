//! How elements are put on a connection.

use skein_base::rng::Rng;
use skein_wire::Address;
use skein_xml::Writer;
use skein_xmpp::{Jid, Shared, Stanza, StreamError, ns};

use crate::websocket;
use crate::wire;

/// The binding of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// RFC 6120 section 3: one document; stanzas inherit its default namespace.
    Tcp,
    /// RFC 7395: one message an element, each declaring its namespace.
    WebSocket,
    /// XEP-0206: elements inside HTTP bodies, each declaring its namespace.
    Bosh,
    /// The compact binding over TLS: one message an element, each behind its length.
    Wire,
    /// The compact binding over a WebSocket: one binary message an element.
    WireWebSocket,
}

/// Bytes that a WebSocket frame header has at most on our side.
const FRAME_HEADER: usize = 10;

impl Framing {
    /// Whether it is the compact binding, on whatever connection.
    pub const fn is_wire(self) -> bool {
        matches!(self, Self::Wire | Self::WireWebSocket)
    }

    /// Appends a stanza to a client that has no address yet.
    pub fn write_stanza(self, stanza: &Stanza, out: &mut Vec<u8>) {
        self.write_stanza_for(None, stanza, out);
    }

    /// Appends a stanza that many get to the client of `to`, whose address is `own`.
    pub fn write_stanza_to(
        self,
        own: Option<&Address>,
        stanza: &Shared<'_>,
        to: &Jid,
        out: &mut Vec<u8>,
    ) {
        match self {
            Self::Tcp => stanza.encode_to(to, out, false),
            Self::Bosh => stanza.encode_to(to, out, true),
            Self::WebSocket => framed(TEXT, out, |out| stanza.encode_to(to, out, true)),
            Self::Wire | Self::WireWebSocket => {
                let mut addressed = stanza.stanza().clone();
                addressed.to = Some(to.clone());
                self.write_stanza_for(own, &addressed, out);
            }
        }
    }

    /// Appends a stanza to the client of the address `own`.
    pub fn write_stanza_for(self, own: Option<&Address>, stanza: &Stanza, out: &mut Vec<u8>) {
        match self {
            Self::Tcp => stanza.encode(out, false),
            Self::Bosh => stanza.encode(out, true),
            Self::WebSocket => framed(TEXT, out, |out| stanza.encode(out, true)),
            Self::Wire => wire::with_length(out, |out| wire::write_stanza(stanza, own, out)),
            Self::WireWebSocket => {
                framed(BINARY, out, |out| wire::write_stanza(stanza, own, out));
            }
        }
    }

    /// Tells a client of the compact binding its address, by which others are shortened
    /// from here on.
    pub fn write_address(self, jid: &Jid, out: &mut Vec<u8>) {
        let message = |out: &mut Vec<u8>| skein_wire::encode_address(jid.as_str(), out);
        match self {
            Self::Tcp | Self::WebSocket | Self::Bosh => {}
            Self::Wire => wire::with_length(out, message),
            Self::WireWebSocket => framed(BINARY, out, message),
        }
    }

    /// The address by which others are shortened for the client of `jid`, where they are.
    pub fn address(self, jid: &Jid) -> Option<Address> {
        if self.is_wire() { wire::address(jid) } else { None }
    }

    /// Appends an element that declares its namespace.
    pub fn write_element(self, xml: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Tcp | Self::Bosh => out.extend_from_slice(xml),
            Self::WebSocket => framed(TEXT, out, |out| out.extend_from_slice(xml)),
            Self::Wire => wire::with_length(out, |out| wire::write_element(xml, out)),
            Self::WireWebSocket => framed(BINARY, out, |out| wire::write_element(xml, out)),
        }
    }

    /// Appends our stream header. BOSH has none: its session answers instead.
    pub fn write_header(self, from: &str, to: Option<&Jid>, id: &str, out: &mut Vec<u8>) {
        let mut writer = Writer::new();
        match self {
            Self::Tcp => {
                out.extend_from_slice(b"<?xml version='1.0'?>");
                writer.start("stream:stream", ns::CLIENT);
                // The writer declares nothing for a prefixed name.
                writer.attr("xmlns", ns::CLIENT);
                writer.attr("xmlns:stream", ns::STREAM);
            }
            Self::WebSocket | Self::Wire | Self::WireWebSocket => {
                writer.start("open", ns::FRAMING);
            }
            Self::Bosh => return,
        }
        writer.attr("from", from);
        if let Some(to) = to {
            writer.attr("to", to.as_str());
        }
        writer.attr("id", id);
        writer.attr("version", "1.0");
        writer.attr("xml:lang", "en");
        match self {
            Self::Tcp => {
                // The document stays open as long as the stream does.
                let mut header = writer.finish();
                header.truncate(header.len() - b"/>".len());
                out.append(&mut header);
                out.push(b'>');
            }
            _ => self.write_element(&writer.finish(), out),
        }
    }

    /// Appends an element of the stream namespace: `features` or `error`.
    pub fn write_stream_element(
        self,
        name: &str,
        out: &mut Vec<u8>,
        content: impl FnOnce(&mut Writer),
    ) {
        let mut writer = Writer::new();
        writer.start(&format!("stream:{name}"), ns::CLIENT);
        writer.attr("xmlns:stream", ns::STREAM);
        content(&mut writer);
        writer.end();
        self.write_element(&writer.finish(), out);
    }

    /// Appends the end of the stream, with an error before it if there is one.
    pub fn write_end(self, error: Option<&StreamError>, out: &mut Vec<u8>) {
        if let Some(error) = error {
            self.write_stream_element("error", out, |writer| error.write_conditions(writer));
        }
        match self {
            Self::Tcp => out.extend_from_slice(b"</stream:stream>"),
            Self::Wire => {
                self.write_element(b"<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>", out);
            }
            Self::WebSocket | Self::WireWebSocket => {
                self.write_element(b"<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>", out);
                let code = websocket::close_code::NORMAL.to_be_bytes();
                out.extend_from_slice(&[0x88, 2, code[0], code[1]]);
            }
            Self::Bosh => {}
        }
    }
}

/// A fresh stream id (RFC 6120 section 4.7.3).
pub fn stream_id(rng: &dyn Rng) -> String {
    let mut bytes = [0; 16];
    rng.fill(&mut bytes);
    skein_base::rng::to_hex(&bytes)
}

/// First byte of a whole text message (RFC 6455 section 5.2).
const TEXT: u8 = 0x81;
/// First byte of a whole binary message.
const BINARY: u8 = 0x82;

/// Writes one unmasked frame: the payload first, behind room for the longest header, then
/// the header that fits.
fn framed(first: u8, out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; FRAME_HEADER]);
    payload(out);
    let length = out.len() - at - FRAME_HEADER;
    let mut header = [0; FRAME_HEADER];
    header[0] = first;
    let used = match length {
        0..=125 => {
            header[1] = length as u8;
            2
        }
        126..=65_535 => {
            header[1] = 126;
            header[2..4].copy_from_slice(&(length as u16).to_be_bytes());
            4
        }
        _ => {
            header[1] = 127;
            header[2..10].copy_from_slice(&(length as u64).to_be_bytes());
            10
        }
    };
    out[at..at + used].copy_from_slice(&header[..used]);
    out.copy_within(at + FRAME_HEADER.., at + used);
    out.truncate(at + used + length);
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xmpp::{Kind, MessageType};

    #[test]
    fn a_stanza_for_another_addressee_is_as_if_it_had_been_addressed() {
        let to = Jid::parse("ann@example.org/Ann's balcony").unwrap();
        let said = Stanza::new(Kind::Message(MessageType::Groupchat))
            .with_content(|writer| writer.leaf("body", ns::CLIENT, "hello, all of you"));
        for framing in [Framing::Tcp, Framing::WebSocket, Framing::Wire, Framing::WireWebSocket] {
            let own = framing.address(&to);
            let mut addressed = said.clone();
            addressed.to = Some(to.clone());
            let mut expected = Vec::new();
            framing.write_stanza_for(own.as_ref(), &addressed, &mut expected);
            let shared = Shared::new(&said);
            for nth in 1..4 {
                let mut written = Vec::new();
                framing.write_stanza_to(own.as_ref(), &shared, &to, &mut written);
                assert_eq!(written, expected, "{framing:?}, receiver {nth}");
            }
        }
    }

    #[test]
    fn websocket_frames_have_the_shortest_header() {
        for (length, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let mut out = b"before".to_vec();
            Framing::WebSocket.write_element(&vec![b'x'; length], &mut out);
            assert_eq!(out.len(), 6 + header + length);
            assert!(out[6 + header..].iter().all(|byte| *byte == b'x'));
        }
    }

    #[test]
    fn a_stanza_declares_its_namespace_where_the_framing_needs_it() {
        let stanza = Stanza::new(Kind::Message(MessageType::Chat));
        let written = |framing: Framing| {
            let mut out = Vec::new();
            framing.write_stanza(&stanza, &mut out);
            String::from_utf8_lossy(&out).into_owned()
        };
        assert_eq!(written(Framing::Tcp), "<message type='chat'/>");
        assert!(
            written(Framing::WebSocket).ends_with("<message xmlns='jabber:client' type='chat'/>")
        );
        assert_eq!(written(Framing::Bosh), "<message xmlns='jabber:client' type='chat'/>");
    }
}
