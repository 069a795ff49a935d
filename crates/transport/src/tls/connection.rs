//! The TLS state of one connection, without a socket.

use std::io;
use std::sync::Arc;

use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, InsufficientSizeError,
};
use rustls::{Error, ProtocolVersion, ServerConfig};

use super::witness::{self, Served};

/// Ciphertext that may be held of a handshake that is not done. A ClientHello with
/// post-quantum key shares takes under 2 kB, session tickets a little more.
const HANDSHAKE_BYTES: usize = 32 * 1024;
/// Room one record takes beyond its plaintext: header, nonce, type and tag, and a
/// key update that may go before it.
const RECORD_OVERHEAD: usize = 128;

/// TLS on the server's side. rustls' unbuffered interface, because the buffered
/// one holds 4 KiB per idle connection.
#[derive(Debug)]
pub(crate) struct Connection {
    tls: Unbuffered,
    /// Ciphertext of a record or handshake message that has not all come.
    pub(crate) partial: Vec<u8>,
    /// Ciphertext for which the socket had no room.
    pub(crate) unsent: Vec<u8>,
    stage: Stage,
    exporter: Option<[u8; 32]>,
    served: Option<Arc<Served>>,
    server_name: Option<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Handshake,
    Established,
    /// The peer said close_notify, or the connection failed.
    Finished,
}

struct Unbuffered(UnbufferedServerConnection);

impl std::fmt::Debug for Unbuffered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[tls]")
    }
}

impl Connection {
    pub(crate) fn new(config: Arc<ServerConfig>) -> Result<Self, Error> {
        Ok(Self {
            tls: Unbuffered(UnbufferedServerConnection::new(config)?),
            partial: Vec::new(),
            unsent: Vec::new(),
            stage: Stage::Handshake,
            exporter: None,
            served: None,
            server_name: None,
        })
    }

    pub(crate) fn is_established(&self) -> bool {
        self.stage == Stage::Established
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.stage == Stage::Finished
    }

    /// Takes all of `cipher`, appends what it says to `plain`, keeps the rest of an
    /// incomplete record in `partial` and what has to be answered in `unsent`.
    pub(crate) fn receive(&mut self, cipher: &mut [u8], plain: &mut Vec<u8>) -> Result<(), Error> {
        let mut at = 0;
        let received = if self.stage == Stage::Handshake {
            let (received, seen) = witness::watch(|| self.advance(cipher, &mut at, plain));
            if let Some(served) = seen.served {
                self.served = Some(served);
                self.server_name = seen.server_name;
            }
            if let Some(exporter) = seen.exporter {
                self.exporter = Some(exporter);
            }
            received
        } else {
            self.advance(cipher, &mut at, plain)
        };
        let rest = cipher.get_mut(at..).unwrap_or_default();
        if received.is_err() {
            self.stage = Stage::Finished;
            self.encode_alert(rest);
            return received;
        }
        if self.stage == Stage::Handshake && rest.len() > HANDSHAKE_BYTES {
            self.stage = Stage::Finished;
            return Err(Error::General("handshake too long".into()));
        }
        if self.stage != Stage::Finished && !rest.is_empty() {
            self.partial = rest.to_vec();
        }
        Ok(())
    }

    fn advance(
        &mut self,
        cipher: &mut [u8],
        at: &mut usize,
        plain: &mut Vec<u8>,
    ) -> Result<(), Error> {
        loop {
            let status = self.tls.0.process_tls_records(&mut cipher[*at..]);
            let mut done = status.discard;
            let mut more = true;
            let state = status.state.inspect_err(|_| *at += done)?;
            match state {
                ConnectionState::ReadTraffic(mut traffic) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        done += record.discard;
                        plain.extend_from_slice(record.payload);
                    }
                }
                ConnectionState::EncodeTlsData(data) => encode(data, &mut self.unsent),
                ConnectionState::TransmitTlsData(data) => data.done(),
                ConnectionState::WriteTraffic(_) => {
                    if self.stage == Stage::Handshake {
                        self.stage = Stage::Established;
                    }
                    more = false;
                }
                ConnectionState::PeerClosed | ConnectionState::Closed => {
                    self.stage = Stage::Finished;
                    more = false;
                }
                ConnectionState::BlockedHandshake => more = false,
                // 0-RTT is off; whatever else may come to exist is not understood.
                _ => return Err(Error::General("unexpected TLS state".into())),
            }
            *at += done;
            if !more {
                return Ok(());
            }
        }
    }

    /// Appends `data`, encrypted, to `out`.
    pub(crate) fn seal(&mut self, data: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        if self.stage == Stage::Handshake {
            return Err(io::ErrorKind::NotConnected.into());
        }
        // Anything rustls wants to say first, such as a key update, goes first. It
        // looks at unfinished input again, hence `partial` and not an empty slice.
        for _ in 0..8 {
            let mut partial = std::mem::take(&mut self.partial);
            let status = self.tls.0.process_tls_records(&mut partial);
            let discard = status.discard;
            let state = status.state.map_err(|_| io::ErrorKind::BrokenPipe)?;
            let sealed = match state {
                ConnectionState::WriteTraffic(mut traffic) => {
                    let start = out.len();
                    out.resize(start + data.len() + RECORD_OVERHEAD, 0);
                    let n = traffic
                        .encrypt(data, &mut out[start..])
                        .map_err(|_| io::ErrorKind::BrokenPipe)?;
                    out.truncate(start + n);
                    true
                }
                ConnectionState::EncodeTlsData(data) => {
                    encode(data, out);
                    false
                }
                ConnectionState::TransmitTlsData(data) => {
                    data.done();
                    false
                }
                ConnectionState::PeerClosed => false,
                _ => return Err(io::ErrorKind::BrokenPipe.into()),
            };
            partial.drain(..discard.min(partial.len()));
            self.partial = partial;
            if sealed {
                return Ok(());
            }
        }
        Err(io::ErrorKind::BrokenPipe.into())
    }

    /// Queues close_notify, if the handshake got that far.
    pub(crate) fn close(&mut self) {
        let mut partial = std::mem::take(&mut self.partial);
        let state = self.tls.0.process_tls_records(&mut partial).state;
        if let Ok(ConnectionState::WriteTraffic(mut traffic)) = state {
            append(&mut self.unsent, |room| match traffic.queue_close_notify(room) {
                Ok(n) => Ok(n),
                Err(EncryptError::InsufficientSize(size)) => Err(size),
                Err(EncryptError::EncryptExhausted) => Ok(0),
            });
        }
        self.stage = Stage::Finished;
    }

    /// After an error rustls has an alert to send; nothing else is asked of it. The
    /// input goes along because rustls keeps positions in it.
    fn encode_alert(&mut self, rest: &mut [u8]) {
        if let Ok(ConnectionState::EncodeTlsData(data)) = self.tls.0.process_tls_records(rest).state
        {
            encode(data, &mut self.unsent);
        }
    }

    pub(crate) fn exporter(&self) -> Option<[u8; 32]> {
        let tls13 = self.tls.0.protocol_version() == Some(ProtocolVersion::TLSv1_3);
        if tls13 && self.stage != Stage::Handshake { self.exporter } else { None }
    }

    pub(crate) fn server_end_point(&self) -> Option<Vec<u8>> {
        self.served.as_ref().map(|served| served.end_point.clone())
    }

    pub(crate) fn alpn(&self) -> Option<&[u8]> {
        self.tls.0.alpn_protocol()
    }

    pub(crate) fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }
}

fn encode(mut data: EncodeTlsData<'_, ServerConnectionData>, out: &mut Vec<u8>) {
    append(out, |room| match data.encode(room) {
        Ok(n) => Ok(n),
        Err(EncodeError::InsufficientSize(size)) => Err(size),
        Err(EncodeError::AlreadyEncoded) => Ok(0),
    });
}

/// Appends what `encode` writes, growing `out` by exactly what it asks for.
fn append(
    out: &mut Vec<u8>,
    mut encode: impl FnMut(&mut [u8]) -> Result<usize, InsufficientSizeError>,
) {
    let start = out.len();
    let written = match encode(&mut []) {
        Ok(n) => n,
        Err(InsufficientSizeError { required_size }) => {
            out.resize(start + required_size, 0);
            encode(&mut out[start..]).unwrap_or(0)
        }
    };
    out.truncate(start + written);
}
