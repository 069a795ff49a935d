//! Heap per idle TLS connection: `cargo run --release -p skein-transport --example idle -- 1000`.
//!
//! Opens so many connections over loopback, sends one message each way, throws the
//! clients' TLS state away (their TCP ends stay open), and counts what is left.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use skein_transport::{Inherited, Listener, Read, Socket, buffer, tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

async fn talk(socket: &mut Socket) {
    loop {
        socket.readable().await.unwrap();
        if let Read::Data(_) = buffer::lend(|lent| socket.try_read(lent)).unwrap() {
            break;
        }
    }
    assert_eq!(socket.try_write(&[b'y'; 350]).unwrap(), 350);
    socket.flush().await.unwrap();
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let count: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1000);
    let folder = std::env::temp_dir().join(format!("skein-idle-{}", std::process::id()));
    let (chain, key) = tls::ensure(&folder, &["chat.example".to_owned()]).unwrap();
    let certificates = Arc::new(tls::Certificates::new("chat.example"));
    certificates.load(&chain, &key).unwrap();
    let configs = tls::Configs::new(&certificates).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&chain).unwrap()).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(client));
    let name = ServerName::try_from("chat.example").unwrap();
    let listener =
        Listener::bind(([127, 0, 0, 1], 0).into(), "idle", &Inherited::default()).unwrap();
    let address = listener.local().unwrap();

    let mut kept = Vec::with_capacity(2 * count);
    let mut clients = Vec::with_capacity(2 * count);
    let mut before = 0;
    for n in 0..2 * count {
        // The first half warms caches and pools up.
        if n == count {
            before = IN_USE.load(Ordering::Relaxed);
        }
        let tcp = TcpStream::connect(address).await.unwrap();
        let (accepted, peer) = listener.accept().await;
        let mut socket = Socket::tls(accepted, peer, Arc::clone(&configs.direct)).unwrap();
        let dialogue = async {
            let mut client = connector.connect(name.clone(), tcp).await.unwrap();
            client.write_all(&[b'x'; 350]).await.unwrap();
            let mut back = [0; 350];
            client.read_exact(&mut back).await.unwrap();
            client.into_inner().0.into_std().unwrap()
        };
        let (client, ()) = tokio::join!(dialogue, talk(&mut socket));
        clients.push(client);
        kept.push(socket);
    }
    let heap = IN_USE.load(Ordering::Relaxed) - before;
    println!("{} bytes of heap per idle TLS connection", heap / count);
    println!("{} bytes is the value itself", size_of::<Socket>());
}
