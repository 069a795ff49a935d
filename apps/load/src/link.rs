//! One connection: a non-blocking socket, perhaps TLS, and what waits to leave.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use socket2::{Domain, Socket, Type};

use crate::binding::{self, Binding};
use crate::compact::{self, Compact};
use crate::frame::{self, Piece};
use crate::target::{Target, Tls};

/// How far a connection is towards its binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// Bytes are sent as they are.
    Stream,
    /// A WebSocket is asked for; stanzas wait until the server has said yes.
    Upgrading,
    /// Each stanza is a message of a WebSocket.
    Messages,
    /// Each stanza is a message of the compact binding.
    Compact,
}

/// One connection to the server.
pub(crate) struct Link {
    pub(crate) socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    framing: Framing,
    compact: Option<Box<Compact>>,
    /// Stanzas, one behind the other.
    out: Vec<u8>,
    /// The same as the binding has them, where it has them otherwise.
    framed: Vec<u8>,
    sent: usize,
    blocked: bool,
}

impl Link {
    /// Begins to connect; the socket is writable once it is connected.
    pub(crate) fn connect(target: &Target) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(target.to), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        if let Some(from) = target.from {
            socket.bind(&SocketAddr::new(from, 0).into())?;
        }
        match socket.connect(&target.to.into()) {
            Err(error) if !in_progress(&error) => return Err(error),
            _ => {}
        }
        let mut link = Self::accepted(TcpStream::from_std(socket.into()));
        link.blocked = true;
        match target.binding {
            Binding::Tcp => {}
            Binding::WebSocket => {
                link.framing = Framing::Upgrading;
                link.framed = binding::upgrade(target.domain(), &target.path);
            }
            Binding::Compact => {
                link.framing = Framing::Compact;
                link.compact = Some(Box::new(Compact::new(target.domain())));
            }
        }
        Ok(link)
    }

    /// A connection that the other side began.
    pub(crate) fn accepted(socket: TcpStream) -> Self {
        Self {
            socket,
            tls: None,
            framing: Framing::Stream,
            compact: None,
            out: Vec::new(),
            framed: Vec::new(),
            sent: 0,
            blocked: false,
        }
    }

    /// Encrypts from here on.
    pub(crate) fn start_tls(&mut self, config: &Arc<ClientConfig>, domain: &str) -> io::Result<()> {
        let name = ServerName::try_from(domain.to_owned()).map_err(io::Error::other)?;
        let mut tls = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
        // What the socket does not take must wait somewhere, and a scenario bounds it.
        tls.set_buffer_limit(None);
        self.tls = Some(Box::new(tls));
        Ok(())
    }

    /// Where to append what shall leave with the next [`Link::flush`].
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Looks at the front of what came from the server.
    pub(crate) fn next(&mut self, input: &[u8]) -> Piece {
        match self.framing {
            Framing::Stream | Framing::Compact => frame::next(input),
            Framing::Upgrading => {
                let piece = binding::answer(input);
                if matches!(piece, Piece::Prelude(_)) {
                    self.framing = Framing::Messages;
                }
                piece
            }
            Framing::Messages => binding::next(input, &mut self.framed),
        }
    }

    /// Whether something waits to leave.
    pub(crate) fn is_dirty(&self) -> bool {
        !self.out.is_empty() || !self.framed.is_empty()
    }

    /// Takes bytes from the server; `Ok(0)` is the end, [`io::ErrorKind::WouldBlock`] no more for now.
    pub(crate) fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(mut compact) = self.compact.take() else { return self.receive_bytes(into) };
        let done = loop {
            let given = compact.give(into);
            if given > 0 {
                break Ok(given);
            }
            match self.receive_bytes(into) {
                Ok(0) => break Ok(0),
                Ok(count) => {
                    if let Err(error) = compact.take(&into[..count]) {
                        break Err(error);
                    }
                }
                Err(error) => break Err(error),
            }
        };
        self.compact = Some(compact);
        done
    }

    fn receive_bytes(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.read(into) };
        loop {
            match tls.reader().read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // Servers that close without close_notify have closed all the same.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                done => return done,
            }
            if tls.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            tls.process_new_packets().map_err(io::Error::other)?;
        }
    }

    /// Whether `received` bytes of a buffer of `room` leave nothing in the socket.
    pub(crate) fn is_drained_by(&self, received: usize, room: usize) -> bool {
        self.tls.is_none() && received < room
    }

    /// Whether the socket took less than it was given, or is not connected yet.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Sends what the socket takes; the rest leaves when it is writable again.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.blocked = false;
        match (&mut self.compact, self.framing) {
            (Some(compact), _) => {
                compact.seal(&self.out, &mut self.framed);
                self.out.clear();
            }
            (None, Framing::Messages) => {
                binding::seal(&self.out, &mut self.framed);
                self.out.clear();
            }
            _ => {}
        }
        let is_stream = self.framing == Framing::Stream;
        let leaving = if is_stream { &mut self.out } else { &mut self.framed };
        if let Some(tls) = &mut self.tls {
            if !leaving.is_empty() {
                tls.writer().write_all(leaving)?;
                leaving.clear();
            }
            while tls.wants_write() {
                match tls.write_tls(&mut self.socket) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        self.blocked = true;
                        break;
                    }
                    Err(error) => return Err(error),
                    Ok(_) => {}
                }
            }
            return Ok(());
        }
        while self.sent < leaving.len() {
            match self.socket.write(&leaving[self.sent..]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.blocked = true;
                    return Ok(());
                }
                Err(error) => return Err(error),
                Ok(count) => self.sent += count,
            }
        }
        leaving.clear();
        self.sent = 0;
        Ok(())
    }

    /// Gives back the buffer of a session that will be idle.
    pub(crate) fn shrink(&mut self) {
        for buffer in [&mut self.out, &mut self.framed] {
            if buffer.is_empty() {
                *buffer = Vec::new();
            }
        }
    }
}

fn in_progress(error: &io::Error) -> bool {
    /// `EINPROGRESS` of Linux, for which the standard library's kind is not stable.
    const EINPROGRESS: i32 = 115;
    error.raw_os_error() == Some(EINPROGRESS) || error.kind() == io::ErrorKind::WouldBlock
}

/// Full handshakes with X25519 for every server alike: a server that also
/// offers a post-quantum exchange would otherwise be charged for it.
pub(crate) fn tls_config(target: &Target) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut provider = aws_lc_rs::default_provider();
    provider.kx_groups = vec![aws_lc_rs::kx_group::X25519];
    let trusting = Arc::new(Trusting(provider.clone()));
    let builder = ClientConfig::builder_with_provider(Arc::new(provider));
    let mut config = builder
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(trusting)
        .with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    config.alpn_protocols = match (target.tls, target.binding) {
        (Tls::Direct, Binding::Tcp) => vec![b"xmpp-client".to_vec()],
        (Tls::Direct, Binding::Compact) => vec![compact::ALPN.to_vec()],
        (Tls::Direct, Binding::WebSocket) => vec![b"http/1.1".to_vec()],
        _ => Vec::new(),
    };
    Ok(Arc::new(config))
}

/// Accepts every certificate: servers under test have signed their own.
#[derive(Debug)]
struct Trusting(CryptoProvider);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
