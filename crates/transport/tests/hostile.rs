//! Peers that do what clients do not: rows N02 and X17 of the trust table.

#![allow(clippy::unwrap_used)] // helpers of tests

mod world;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::version;
use skein_transport::{Socket, StartTlsError};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use world::{World, echo_server, listener, name, noise, round_trip, world};

#[tokio::test]
async fn n02_plaintext_behind_starttls_is_refused() {
    let world = world();
    let (listener, address) = listener();
    let _client = TcpStream::connect(address).await.unwrap();
    let (tcp, peer) = listener.accept().await;
    let mut socket = Socket::plain(tcp, peer);
    let config = Arc::clone(&world.configs.starttls);
    let refused = socket.start_tls(config, b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    assert_eq!(refused, Err(StartTlsError::Injected));
    assert!(!socket.is_tls());
}

/// Plaintext that is still in the kernel at `<proceed/>` reaches the TLS engine.
#[tokio::test]
async fn n02_plaintext_that_comes_after_proceed_fails_the_handshake() {
    let world = world();
    let (address, server) = echo_server(Some(Arc::clone(&world.configs.starttls)));
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>").await.unwrap();
    let error = server.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let mut alert = Vec::new();
    let _ = tcp.read_to_end(&mut alert).await;
    assert_eq!(alert.first(), Some(&21), "a TLS alert and nothing else: {alert:?}");
}

/// X17: the socket must neither spin nor hang on these.
#[tokio::test]
async fn x17_odd_openings_end_the_connection() {
    let world = world();
    let hello = client_hello(&world);
    let close_notify = [21, 3, 3, 0, 2, 1, 0];
    let mut with_close = hello.clone();
    with_close.extend(close_notify);
    let one_byte_records: Vec<u8> =
        hello[5..].iter().flat_map(|byte| [22, 3, 1, 0, 1, *byte]).collect();
    for opening in [with_close, close_notify.to_vec(), vec![0; 100], vec![22; 70_000]] {
        let (address, server) = echo_server(Some(Arc::clone(&world.configs.direct)));
        let mut tcp = TcpStream::connect(address).await.unwrap();
        let _ = tcp.write_all(&opening).await;
        let _ = tcp.shutdown().await;
        let mut answer = Vec::new();
        let _ = tcp.read_to_end(&mut answer).await;
        let ended = tokio::time::timeout(Duration::from_secs(10), server).await;
        assert!(ended.is_ok(), "the socket did not end");
    }
    let (address, _server) = echo_server(Some(Arc::clone(&world.configs.direct)));
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(&one_byte_records).await.unwrap();
    let mut answer = [0];
    tcp.read_exact(&mut answer).await.unwrap();
    assert!([21, 22].contains(&answer[0]), "a handshake record or an alert");
}

fn client_hello(world: &World) -> Vec<u8> {
    let connector = world.connector(&[&version::TLS13]);
    let mut client = rustls::ClientConnection::new(Arc::clone(connector.config()), name()).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    hello
}

/// Splits what the client sends into TCP segments of one byte.
struct ByteByByte(TcpStream);

impl AsyncRead for ByteByByte {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::pin::Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for ByteByByte {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &[u8],
    ) -> std::task::Poll<io::Result<usize>> {
        std::pin::Pin::new(&mut self.0).poll_write(cx, &buf[..buf.len().min(1)])
    }
    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::pin::Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::pin::Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn one_byte_segments_are_put_together() {
    let world = world();
    for version in [&version::TLS13, &version::TLS12] {
        let (address, server) = echo_server(Some(Arc::clone(&world.configs.direct)));
        let tcp = TcpStream::connect(address).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        let connector = world.connector(&[version]);
        let client = connector.connect(name(), ByteByByte(tcp)).await.unwrap();
        let data = noise(2_000);
        assert_eq!(round_trip(client, &data, 1).await, data);
        server.await.unwrap().unwrap();
    }
}
