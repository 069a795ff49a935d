//! Sockets against a real TLS client.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use skein_transport::{Inherited, Listener, Read, Socket, StartTlsError, Stream, buffer, tls};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Certificates in a folder of their own, and a client's trust in them.
struct World {
    configs: tls::Configs,
    certificates: Arc<tls::Certificates>,
    folder: std::path::PathBuf,
    roots: RootCertStore,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn world() -> World {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("skein-tls-{}-{n}", std::process::id()));
    let (chain, key) = tls::ensure(&folder.join("tls"), "chat.example").unwrap();
    let certificates = Arc::new(tls::Certificates::default());
    certificates.load(&chain, &key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&chain).unwrap()).unwrap();
    World { configs: tls::Configs::new(&certificates).unwrap(), certificates, folder, roots }
}

impl World {
    fn connector(&self, versions: &[&'static SupportedProtocolVersion]) -> TlsConnector {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![tls::ALPN_XMPP_CLIENT.to_vec()];
        TlsConnector::from(Arc::new(config))
    }

    async fn connect(&self, to: SocketAddr, connector: &TlsConnector) -> TlsStream<TcpStream> {
        let tcp = TcpStream::connect(to).await.unwrap();
        connector.connect(name(), tcp).await.unwrap()
    }
}

fn name() -> ServerName<'static> {
    ServerName::try_from("chat.example").unwrap()
}

fn listener() -> (Listener, SocketAddr) {
    let listener =
        Listener::bind(([127, 0, 0, 1], 0).into(), "test", &Inherited::default()).unwrap();
    let address = listener.local().unwrap();
    (listener, address)
}

/// Writes all of `data` as the session driver would.
async fn write_all(socket: &mut Socket, mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        match socket.try_write(data) {
            Ok(n) => data = &data[n..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => socket.writable().await?,
            Err(error) => return Err(error),
        }
    }
    socket.flush().await
}

/// Reads until the peer closes, and sends everything back. Returns the socket.
async fn echo(mut socket: Socket) -> io::Result<Socket> {
    loop {
        socket.readable().await?;
        let (read, data) = buffer::lend(|lent| {
            let read = socket.try_read(lent);
            (read, lent.plain.clone())
        });
        match read? {
            Read::Data(n) => {
                assert_eq!(n, data.len());
                write_all(&mut socket, &data).await?;
            }
            Read::Nothing => assert!(data.is_empty()),
            Read::Closed => {
                socket.shutdown().await?;
                return Ok(socket);
            }
        }
    }
}

fn echo_server(
    config: Option<Arc<rustls::ServerConfig>>,
) -> (SocketAddr, JoinHandle<io::Result<Socket>>) {
    let (listener, address) = listener();
    let task = tokio::spawn(async move {
        let (tcp, peer) = listener.accept().await;
        let socket = match config {
            Some(config) => Socket::tls(tcp, peer, config).unwrap(),
            None => Socket::plain(tcp, peer),
        };
        echo(socket).await
    });
    (address, task)
}

/// Sends `data` in pieces of `size`, closes, and reads what comes back.
async fn round_trip(stream: impl AsyncRead + AsyncWrite, data: &[u8], size: usize) -> Vec<u8> {
    let (mut from, mut to) = tokio::io::split(stream);
    let mut back = vec![0; data.len()];
    let send = async {
        for piece in data.chunks(size) {
            to.write_all(piece).await.unwrap();
            to.flush().await.unwrap();
        }
    };
    let (_, got) = tokio::join!(send, from.read_exact(&mut back));
    got.unwrap();
    to.shutdown().await.unwrap();
    let mut rest = Vec::new();
    from.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty());
    back
}

fn noise(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 31 % 251) as u8).collect()
}

#[tokio::test]
async fn plain_bytes_come_back() {
    let (address, server) = echo_server(None);
    let data = noise(300_000);
    let stream = TcpStream::connect(address).await.unwrap();
    assert_eq!(round_trip(stream, &data, 70_000).await, data);
    let socket = server.await.unwrap().unwrap();
    assert!(!socket.is_tls() && socket.exporter().is_none());
}

#[tokio::test]
async fn direct_tls_works_in_both_versions_and_the_bindings_agree() {
    let world = world();
    for (version, tls13) in [(&version::TLS13, true), (&version::TLS12, false)] {
        let (address, server) = echo_server(Some(Arc::clone(&world.configs.direct)));
        let connector = world.connector(&[version]);
        let client = world.connect(address, &connector).await;
        let theirs = client
            .get_ref()
            .1
            .export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b""))
            .unwrap();
        assert_eq!(client.get_ref().1.alpn_protocol(), Some(tls::ALPN_XMPP_CLIENT));
        let bytes = client.get_ref().1.peer_certificates().unwrap()[0].clone();
        let leaf = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
        let data = noise(200_000);
        assert_eq!(round_trip(client, &data, 50_000).await, data);
        let socket = server.await.unwrap().unwrap();
        assert_eq!(socket.server_end_point().as_deref(), Some(leaf.as_ref()));
        assert_eq!(socket.alpn(), Some(tls::ALPN_XMPP_CLIENT));
        assert_eq!(socket.server_name(), Some("chat.example"));
        assert_eq!(socket.exporter(), tls13.then_some(theirs));
    }
}

#[tokio::test]
async fn clients_without_alpn_are_served_and_names_below_the_domain_too() {
    let world = world();
    let (address, server) = echo_server(Some(Arc::clone(&world.configs.starttls)));
    let connector = world.connector(&[&version::TLS13]);
    let tcp = TcpStream::connect(address).await.unwrap();
    let rooms = ServerName::try_from("rooms.chat.example").unwrap();
    let client = connector.connect(rooms, tcp).await.unwrap();
    assert_eq!(client.get_ref().1.alpn_protocol(), None);
    assert_eq!(round_trip(client, b"hello", 5).await, b"hello");
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn starttls_turns_a_plain_socket_into_a_tls_one() {
    let world = world();
    let (listener, address) = listener();
    let config = Arc::clone(&world.configs.starttls);
    let server = tokio::spawn(async move {
        let (tcp, peer) = listener.accept().await;
        let mut socket = Socket::plain(tcp, peer);
        socket.readable().await?;
        let asked = buffer::lend(|lent| socket.try_read(lent).map(|_| lent.plain.clone()))?;
        assert_eq!(asked, b"<starttls/>");
        write_all(&mut socket, b"<proceed/>").await?;
        socket.start_tls(Arc::clone(&config), b"").unwrap();
        assert_eq!(socket.start_tls(config, b""), Err(StartTlsError::AlreadyOn));
        assert!(socket.is_tls() && !socket.is_established());
        assert_eq!(
            socket.try_write(b"too early").map_err(|e| e.kind()),
            Err(io::ErrorKind::NotConnected)
        );
        echo(socket).await
    });
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(b"<starttls/>").await.unwrap();
    let mut proceed = [0; 10];
    tcp.read_exact(&mut proceed).await.unwrap();
    let client = world.connector(&[&version::TLS13]).connect(name(), tcp).await.unwrap();
    assert_eq!(round_trip(client, b"<stream>", 8).await, b"<stream>");
    assert!(server.await.unwrap().unwrap().is_tls());
}

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

#[tokio::test]
async fn a_slow_reader_gets_everything_and_the_socket_holds_one_record_at_most() {
    let world = world();
    let data = noise(8 * 1024 * 1024);
    for config in [None, Some(Arc::clone(&world.configs.direct))] {
        let (listener, address) = listener();
        let secure = config.is_some();
        let to_send = data.clone();
        let server = tokio::spawn(async move {
            let (tcp, peer) = listener.accept().await;
            let mut socket = match config {
                Some(config) => Socket::tls(tcp, peer, config).unwrap(),
                None => Socket::plain(tcp, peer),
            };
            loop {
                socket.readable().await?;
                if buffer::lend(|lent| socket.try_read(lent))? == Read::Data(1) {
                    break;
                }
            }
            let mut taken = 0;
            while let Ok(n) = socket.try_write(&to_send[taken..]) {
                taken += n;
            }
            assert!(taken < to_send.len(), "a reader that reads nothing must block");
            write_all(&mut socket, &to_send[taken..]).await?;
            socket.shutdown().await
        });
        let tcp = TcpStream::connect(address).await.unwrap();
        let mut back = Vec::new();
        if secure {
            let connector = world.connector(&[&version::TLS13]);
            let mut client = connector.connect(name(), tcp).await.unwrap();
            slowly(&mut client, &mut back).await;
        } else {
            let mut tcp = tcp;
            slowly(&mut tcp, &mut back).await;
        }
        assert!(back == data);
        server.await.unwrap().unwrap();
    }
}

async fn slowly(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), back: &mut Vec<u8>) {
    stream.write_all(b"x").await.unwrap();
    stream.flush().await.unwrap();
    let mut piece = vec![0; 100_000];
    loop {
        let n = stream.read(&mut piece).await.unwrap();
        if n == 0 {
            return;
        }
        back.extend_from_slice(&piece[..n]);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn returning_clients_resume_and_the_bindings_still_agree() {
    let world = world();
    let connector = world.connector(&[&version::TLS13]);
    for kind in [rustls::HandshakeKind::Full, rustls::HandshakeKind::Resumed] {
        let (address, server) = echo_server(Some(Arc::clone(&world.configs.direct)));
        let mut client = world.connect(address, &connector).await;
        client.write_all(b"x").await.unwrap();
        let mut back = [0];
        client.read_exact(&mut back).await.unwrap();
        assert_eq!(client.get_ref().1.handshake_kind(), Some(kind));
        let theirs = client
            .get_ref()
            .1
            .export_keying_material([0; 32], b"EXPORTER-Channel-Binding", None)
            .unwrap();
        client.shutdown().await.unwrap();
        let socket = server.await.unwrap().unwrap();
        assert_eq!(socket.exporter(), Some(theirs));
        assert!(socket.server_end_point().is_some());
    }
}

#[tokio::test]
async fn a_replaced_certificate_is_served_to_new_connections_and_the_old_ones_stay() {
    let world = world();
    let (old_address, old_server) = echo_server(Some(Arc::clone(&world.configs.direct)));
    let mut old = world.connect(old_address, &world.connector(&[&version::TLS13])).await;
    let folder = world.folder.join("tls");
    for file in ["cert.pem", "key.pem"] {
        std::fs::remove_file(folder.join(file)).unwrap();
    }
    assert!(world.certificates.reload().iter().all(Result::is_err), "the old one stays in use");
    let (chain, _) = tls::ensure(&folder, "chat.example").unwrap();
    assert!(world.certificates.reload().iter().all(Result::is_ok));
    assert!(world.certificates.reload().is_empty());
    let new_leaf = CertificateDer::from_pem_file(&chain).unwrap();

    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(new_leaf.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (address, _server) = echo_server(Some(Arc::clone(&world.configs.direct)));
    let new = world.connect(address, &TlsConnector::from(Arc::new(config))).await;
    assert_eq!(new.get_ref().1.peer_certificates().unwrap()[0], new_leaf);

    old.write_all(b"still here").await.unwrap();
    let mut back = [0; 10];
    old.read_exact(&mut back).await.unwrap();
    assert_eq!(&back, b"still here");
    old.shutdown().await.unwrap();
    old_server.await.unwrap().unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn the_first_key_is_readable_by_its_owner_only_and_stays() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = world();
    let folder = world.folder.join("tls");
    for (path, mode) in [(folder.join("key.pem"), 0o600), (folder.clone(), 0o700)] {
        let meta = std::fs::metadata(&path).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, mode);
    }
    let before = std::fs::read(folder.join("key.pem")).unwrap();
    tls::ensure(&folder, "chat.example").unwrap();
    assert_eq!(std::fs::read(folder.join("key.pem")).unwrap(), before);
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

#[tokio::test]
async fn the_stream_form_serves_what_wants_tokio_traits() {
    let world = world();
    for config in [None, Some(Arc::clone(&world.configs.https))] {
        let (listener, address) = listener();
        let secure = config.is_some();
        let server = tokio::spawn(async move {
            let (tcp, peer) = listener.accept().await;
            let socket = match config {
                Some(config) => Socket::tls(tcp, peer, config).unwrap(),
                None => Socket::plain(tcp, peer),
            };
            let (mut from, mut to) = tokio::io::split(Stream::new(socket));
            tokio::io::copy(&mut from, &mut to).await?;
            to.shutdown().await?;
            let stream = from.unsplit(to);
            assert_eq!(stream.socket().is_tls(), secure);
            assert!(stream.into_parts().1.is_empty());
            io::Result::Ok(())
        });
        let data = noise(1_000_000);
        let tcp = TcpStream::connect(address).await.unwrap();
        let back = if secure {
            let mut config = (*Arc::clone(world.connector(&[&version::TLS13]).config())).clone();
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            let client = TlsConnector::from(Arc::new(config)).connect(name(), tcp).await.unwrap();
            round_trip(client, &data, 40_000).await
        } else {
            round_trip(tcp, &data, 40_000).await
        };
        assert!(back == data);
        server.await.unwrap().unwrap();
    }
}
