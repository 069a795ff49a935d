//! Sockets against a real TLS client.

#![allow(clippy::unwrap_used)] // helpers of tests

mod world;

use std::io;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, version};
use skein_transport::{Read, Socket, StartTlsError, Stream, buffer, tls};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use world::{echo, echo_server, listener, name, noise, round_trip, world, write_all};

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
    let (chain, _) = tls::ensure(&folder, &["chat.example".to_owned()]).unwrap();
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
    tls::ensure(&folder, &["chat.example".to_owned()]).unwrap();
    assert_eq!(std::fs::read(folder.join("key.pem")).unwrap(), before);
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
