//! A server's certificates, a client that trusts them, and an echo.

#![allow(dead_code)] // each test file uses a part

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use skein_transport::{Inherited, Listener, Read, Socket, buffer, tls};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Certificates in a folder of their own, and a client's trust in them.
pub(crate) struct World {
    pub(crate) configs: tls::Configs,
    pub(crate) certificates: Arc<tls::Certificates>,
    pub(crate) folder: std::path::PathBuf,
    roots: RootCertStore,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn world() -> World {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("skein-tls-{}-{n}", std::process::id()));
    let (chain, key) = tls::ensure(&folder.join("tls"), &["chat.example".to_owned()]).unwrap();
    let certificates = Arc::new(tls::Certificates::new("chat.example"));
    certificates.load(&chain, &key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&chain).unwrap()).unwrap();
    World { configs: tls::Configs::new(&certificates).unwrap(), certificates, folder, roots }
}

impl World {
    pub(crate) fn connector(&self, versions: &[&'static SupportedProtocolVersion]) -> TlsConnector {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![tls::ALPN_XMPP_CLIENT.to_vec()];
        TlsConnector::from(Arc::new(config))
    }

    pub(crate) async fn connect(
        &self,
        to: SocketAddr,
        connector: &TlsConnector,
    ) -> TlsStream<TcpStream> {
        let tcp = TcpStream::connect(to).await.unwrap();
        connector.connect(name(), tcp).await.unwrap()
    }
}

pub(crate) fn name() -> ServerName<'static> {
    ServerName::try_from("chat.example").unwrap()
}

pub(crate) fn listener() -> (Listener, SocketAddr) {
    let listener =
        Listener::bind(([127, 0, 0, 1], 0).into(), "test", &Inherited::default()).unwrap();
    let address = listener.local().unwrap();
    (listener, address)
}

/// Writes all of `data` as the session driver would.
pub(crate) async fn write_all(socket: &mut Socket, mut data: &[u8]) -> io::Result<()> {
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
pub(crate) async fn echo(mut socket: Socket) -> io::Result<Socket> {
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

pub(crate) fn echo_server(
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
pub(crate) async fn round_trip(
    stream: impl AsyncRead + AsyncWrite,
    data: &[u8],
    size: usize,
) -> Vec<u8> {
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

pub(crate) fn noise(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 31 % 251) as u8).collect()
}
