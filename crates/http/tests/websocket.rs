//! RFC 7395 through the web server.

#![allow(clippy::unwrap_used)] // helpers of tests

mod world;

use std::num::NonZeroU32;

use skein_stream::websocket::{Step, WebSocket};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use world::{PLAIN, World, within, world};

const HANDSHAKE: &str = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const PROTOCOL: &str = "Sec-WebSocket-Protocol: xmpp\r\n";
const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";

struct Client {
    tcp: TcpStream,
    end: WebSocket,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects; `first` goes out in one piece with the handshake.
    async fn connect(world: &World, first: &str) -> Self {
        let mut end = WebSocket::client(NonZeroU32::MIN);
        let mut out = format!("GET /ws HTTP/1.1\r\nHost: localhost\r\n{HANDSHAKE}{PROTOCOL}\r\n")
            .into_bytes();
        end.text(first.as_bytes(), &mut out);
        let mut tcp = world.connect().await;
        tcp.write_all(&out).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(within(tcp.read_u8()).await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert!(head.contains("sec-websocket-protocol: xmpp"));
        Self { tcp, end, buffer: Vec::new() }
    }

    async fn send(&mut self, xml: &str) {
        let mut out = Vec::new();
        self.end.text(xml.as_bytes(), &mut out);
        self.tcp.write_all(&out).await.unwrap();
    }

    /// The next message; `None` once the server has closed.
    async fn next(&mut self) -> Option<String> {
        loop {
            let mut out = Vec::new();
            let step = self.end.decode(&mut self.buffer, 100_000, &mut out).unwrap();
            let (found, used) = match step {
                Step::Message { text, used } => (Some(self.buffer[text].to_vec()), used),
                Step::More { used } => (None, used),
                Step::Closed { .. } => return None,
            };
            self.buffer.drain(..used);
            if let Some(text) = found {
                return Some(String::from_utf8(text).unwrap());
            }
            if within(self.tcp.read_buf(&mut self.buffer)).await.unwrap() == 0 {
                return None;
            }
        }
    }

    async fn until(&mut self, word: &str) -> String {
        loop {
            let message = self.next().await.unwrap_or_else(|| panic!("closed without {word}"));
            if message.contains(word) {
                return message;
            }
        }
    }

    async fn log_in(&mut self) {
        self.until("features").await;
        self.send(&format!(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{PLAIN}</auth>"
        ))
        .await;
        self.until("success").await;
        self.send(OPEN).await;
        self.until("features").await;
        let bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind>";
        self.send(&format!("<iq xmlns='jabber:client' type='set' id='b'>{bind}</iq>")).await;
        self.until("alice@localhost/r").await;
    }
}

#[tokio::test]
async fn a_client_logs_in_by_plain_on_this_machine_and_its_pass_is_given_back() {
    let world = world().await;
    let mut client = Client::connect(&world, OPEN).await;
    client.log_in().await;
    assert_eq!(world.service.ctx().sessions.count(), (1, 1));
    // An answer shows that the conversation has begun, and then the pass is gone.
    client.send("<iq xmlns='jabber:client' type='get' id='q'><x xmlns='urn:x'/></iq>").await;
    client.until("id='q'").await;
    assert_eq!(world.service.gate.strangers(), 0);
    client.send("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>").await;
    while client.next().await.is_some() {}
}

#[tokio::test]
async fn w02_two_elements_in_one_message_end_the_stream() {
    let world = world().await;
    let mut client = Client::connect(&world, OPEN).await;
    client.log_in().await;
    let iq = "<iq xmlns='jabber:client' type='get' id='q'><x xmlns='urn:x'/></iq>";
    client.send(&format!("{iq}{iq}")).await;
    let mut heard = String::new();
    while let Some(message) = client.next().await {
        heard += &message;
    }
    assert!(heard.contains("not-well-formed") && !heard.contains("id='q'"), "{heard}");
}

#[tokio::test]
async fn w01_pages_of_other_sites_are_refused() {
    let world = world().await;
    for (origin, status) in [
        ("https://evil.example", 403),
        ("null", 403),
        ("https://localhost.evil.example", 403),
        ("https://localhost@evil.example", 403),
        ("file://", 403),
    ] {
        let headers = format!("{HANDSHAKE}{PROTOCOL}Origin: {origin}\r\n");
        assert_eq!(world.get("/ws", &headers).await.status, status, "{origin}");
    }
    assert_eq!(world.get("/ws", HANDSHAKE).await.status, 403);
    let old = HANDSHAKE.replace("13", "8");
    let answer = world.get("/ws", &format!("{old}{PROTOCOL}")).await;
    assert!(
        answer.status == 426 && answer.head.contains("sec-websocket-version: 13"),
        "{answer:?}"
    );
    assert_eq!(world.get("/ws", "").await.status, 400);
}
