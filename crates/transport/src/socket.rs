//! One connection: plain or TLS, driven by readiness, without a buffer while idle.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ServerConfig;
use socket2::SockRef;
use thiserror::Error;
use tokio::io::{AsyncWriteExt as _, Interest};
use tokio::net::TcpStream;

use crate::buffer::{self, CHUNK, ReadBuffer};
use crate::tls::Connection;

/// Bytes of a peer that are read and dropped after our last words.
const LAST_INPUT: usize = 2 * skein_base::limits::STANZA_BYTES;

/// What [`Socket::try_read`] came back with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// Plaintext was appended: so many bytes.
    Data(usize),
    /// Nothing to hand on; wait for [`Socket::readable`]. TLS handshakes pass here.
    Nothing,
    /// The peer will send no more.
    Closed,
}

/// Why a connection cannot go over to TLS. Either way it has to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StartTlsError {
    /// Bytes followed `<starttls/>` without waiting for `<proceed/>`: somebody may
    /// be injecting plaintext into what would count as encrypted.
    #[error("plaintext after <starttls/>")]
    Injected,
    /// TLS is on already.
    #[error("TLS is on already")]
    AlreadyOn,
    /// The TLS configuration does not work.
    #[error("TLS configuration is unusable")]
    Configuration,
}

/// A connection from a client, over TCP or TLS.
///
/// Reads and writes never block and are cancel-safe: wait with
/// [`readable`](Self::readable) or [`writable`](Self::writable), then try. While
/// nothing happens, a plain socket owns no memory of its own and a TLS socket only
/// the keys.
#[derive(Debug)]
pub struct Socket {
    tcp: TcpStream,
    tls: Option<Box<Connection>>,
    peer: SocketAddr,
}

impl Socket {
    /// Wraps an accepted connection. Sends are not delayed for more data to come
    /// (the caller batches), and on Linux a peer that takes nothing of what was sent
    /// counts as gone after [`skein_base::limits::PEER_SILENT`].
    pub fn plain(tcp: TcpStream, peer: SocketAddr) -> Self {
        // A connection without these options works, only less well. No TCP keep-alive:
        // it would wake phones; the session asks after minutes of silence instead.
        let _ = tcp.set_nodelay(true);
        let socket = Self { tcp, tls: None, peer };
        socket.give_up_after(skein_base::limits::PEER_SILENT);
        socket
    }

    /// A peer that takes nothing of what was sent counts as gone after `silent`. Only on Linux.
    pub fn give_up_after(&self, silent: std::time::Duration) {
        #[cfg(target_os = "linux")]
        let _ = socket2::SockRef::from(&self.tcp).set_tcp_user_timeout(Some(silent));
        #[cfg(not(target_os = "linux"))]
        let _ = silent;
    }

    /// Wraps an accepted connection that speaks TLS from its first byte. The
    /// handshake happens inside [`try_read`](Self::try_read).
    ///
    /// # Errors
    /// The configuration does not work.
    pub fn tls(
        tcp: TcpStream,
        peer: SocketAddr,
        config: Arc<ServerConfig>,
    ) -> Result<Self, StartTlsError> {
        let mut socket = Self::plain(tcp, peer);
        socket.start_tls(config, &[])?;
        Ok(socket)
    }

    /// Goes over to TLS after `<proceed/>` was written. `unread` is the plaintext that
    /// came behind `<starttls/>`: nothing but white space, which some clients put behind
    /// every element and which is not read on (RFC 6120 section 5.3.3).
    ///
    /// # Errors
    /// See [`StartTlsError`]; the connection has to be closed.
    pub fn start_tls(
        &mut self,
        config: Arc<ServerConfig>,
        unread: &[u8],
    ) -> Result<(), StartTlsError> {
        if !unread.iter().all(u8::is_ascii_whitespace) {
            return Err(StartTlsError::Injected);
        }
        if self.tls.is_some() {
            return Err(StartTlsError::AlreadyOn);
        }
        let connection = Connection::new(config).map_err(|_| StartTlsError::Configuration)?;
        self.tls = Some(Box::new(connection));
        Ok(())
    }

    /// Waits until [`try_read`](Self::try_read) is worth a try. While ciphertext
    /// waits to be sent, room for it counts as well, since a read sends it first.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn readable(&self) -> io::Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        self.tcp.ready(if self.has_unsent() { both } else { Interest::READABLE }).await.map(drop)
    }

    /// As [`readable`](Self::readable), for a task that waits for other things as well: it
    /// needs no memory while it waits.
    ///
    /// # Errors
    /// The connection broke.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.has_unsent()
            && let Poll::Ready(ready) = self.tcp.poll_write_ready(cx)
        {
            return Poll::Ready(ready);
        }
        self.tcp.poll_read_ready(cx)
    }

    /// As [`writable`](Self::writable), in the same way.
    ///
    /// # Errors
    /// The connection broke.
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp.poll_write_ready(cx)
    }

    /// Waits until [`try_write`](Self::try_write) is worth a try.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn writable(&self) -> io::Result<()> {
        self.tcp.writable().await
    }

    /// Reads once and appends plaintext to `into.plain`.
    ///
    /// # Errors
    /// The connection broke, or the peer's TLS is wrong (`InvalidData`); an alert
    /// was sent if there was room for it.
    pub fn try_read(&mut self, into: &mut ReadBuffer) -> io::Result<Read> {
        self.try_flush()?;
        let Some(tls) = &mut self.tls else {
            return match receive(&self.tcp, &mut into.plain)? {
                None => Ok(Read::Nothing),
                Some(0) => Ok(Read::Closed),
                Some(n) => Ok(Read::Data(n)),
            };
        };
        if tls.is_finished() {
            return Ok(Read::Closed);
        }
        into.cipher.clear();
        into.cipher.append(&mut tls.partial);
        let before = into.plain.len();
        let read = receive(&self.tcp, &mut into.cipher);
        let received = match read {
            // What was taken out of `partial` goes back in either way.
            Ok(None) | Err(_) => {
                tls.partial.extend_from_slice(&into.cipher);
                return read.map(|_| Read::Nothing);
            }
            Ok(Some(0)) => return Ok(Read::Closed),
            Ok(Some(_)) => tls.receive(&mut into.cipher, &mut into.plain),
        };
        let finished = tls.is_finished();
        self.try_flush()?;
        received.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        match into.plain.len() - before {
            0 if finished => Ok(Read::Closed),
            0 => Ok(Read::Nothing),
            n => Ok(Read::Data(n)),
        }
    }

    /// Writes what there is room for and says how much of `data` was taken.
    ///
    /// Over TLS up to one record (16 KiB) is taken at a time and may still be on
    /// its way inside; [`readable`](Self::readable) with `try_read`, or
    /// [`flush`](Self::flush), sends it on.
    ///
    /// # Errors
    /// `WouldBlock` when there is no room; `NotConnected` before the TLS handshake is
    /// done, which only reading drives on; anything else means a broken connection.
    pub fn try_write(&mut self, data: &[u8]) -> io::Result<usize> {
        if !self.try_flush()? {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let Some(tls) = &mut self.tls else { return self.tcp.try_write(data) };
        let data = &data[..data.len().min(CHUNK)];
        if data.is_empty() {
            return Ok(0);
        }
        buffer::lend_sealed(|sealed| {
            tls.seal(data, sealed)?;
            let sent = nothing_if_blocked(self.tcp.try_write(sealed))?.unwrap_or(0);
            tls.unsent.extend_from_slice(&sealed[sent..]);
            Ok(data.len())
        })
    }

    /// Sends on what TLS still holds; whether nothing is left.
    ///
    /// # Errors
    /// The connection broke.
    pub fn try_flush(&mut self) -> io::Result<bool> {
        let Some(tls) = &mut self.tls else { return Ok(true) };
        while !tls.unsent.is_empty() {
            match nothing_if_blocked(self.tcp.try_write(&tls.unsent))? {
                None => return Ok(false),
                Some(0) => return Err(io::ErrorKind::WriteZero.into()),
                Some(n) if n == tls.unsent.len() => tls.unsent = Vec::new(),
                Some(n) => drop(tls.unsent.drain(..n)),
            }
        }
        Ok(true)
    }

    /// Whether TLS holds something that there was no room for.
    pub fn has_unsent(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| !tls.unsent.is_empty())
    }

    /// Waits until nothing is left inside.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn flush(&mut self) -> io::Result<()> {
        while !self.try_flush()? {
            self.writable().await?;
        }
        Ok(())
    }

    /// Ends the sending side: close_notify over TLS, then FIN. The caller sets a
    /// time limit; a peer that reads nothing would hold this for ever.
    ///
    /// # Errors
    /// The connection broke before.
    pub async fn shutdown(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            tls.close();
        }
        self.flush().await?;
        self.tcp.shutdown().await
    }

    /// Reads and drops what the peer sent before it could know of the end, until it ends its
    /// side: a socket that is closed with input unread is reset by TCP, and the peer might
    /// never read the last words. The caller sets a time limit.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn drain(&mut self) -> io::Result<()> {
        let mut dropped = 0;
        while dropped < LAST_INPUT {
            self.tcp.readable().await?;
            let read = buffer::lend(|into| receive(&self.tcp, &mut into.cipher))?;
            match read {
                Some(0) => break,
                Some(bytes) => dropped += bytes,
                None => {}
            }
        }
        Ok(())
    }

    /// Whether TLS is on, be the handshake done or not.
    pub const fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether the TLS handshake is done, so that the following are known.
    pub fn is_established(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_established())
    }

    /// The peer's address.
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The address the peer connected to.
    ///
    /// # Errors
    /// The connection broke.
    pub fn local(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Channel binding `tls-exporter` (RFC 9266). `None` without TLS 1.3.
    pub fn exporter(&self) -> Option<[u8; 32]> {
        self.tls.as_ref()?.exporter()
    }

    /// Channel binding `tls-server-end-point` (RFC 5929): the hash of the
    /// certificate that this connection was given.
    pub fn server_end_point(&self) -> Option<Vec<u8>> {
        self.tls.as_ref()?.server_end_point()
    }

    /// The protocol that ALPN settled on (RFC 7301).
    pub fn alpn(&self) -> Option<&[u8]> {
        self.tls.as_ref()?.alpn()
    }

    /// The name the client asked for (SNI), as it sent it.
    pub fn server_name(&self) -> Option<&str> {
        self.tls.as_ref()?.server_name()
    }

    pub(crate) const fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    pub(crate) fn begin_close(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.close();
        }
    }

    pub(crate) const fn tcp_mut(&mut self) -> &mut TcpStream {
        &mut self.tcp
    }
}

/// Reads once, behind what `into` holds; `None` if there is nothing.
///
/// A read that leaves room has emptied the socket, and the poller tells of what comes
/// later: saying so at once saves the read that would only find nothing, a fifth of the
/// system calls of a message.
fn receive(tcp: &TcpStream, into: &mut Vec<u8>) -> io::Result<Option<usize>> {
    into.reserve(CHUNK);
    let before = into.len();
    let mut read = None;
    let tried = tcp.try_io(Interest::READABLE, || {
        let room = into.spare_capacity_mut();
        let bytes = SockRef::from(tcp).recv(room)?;
        read = Some(bytes);
        if (1..room.len()).contains(&bytes) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(())
    });
    let Some(bytes) = read else { return nothing_if_blocked(tried.map(|()| 0)) };
    // SAFETY: the system call filled so many bytes of the room behind `before`. Clearing the
    // 16 KiB before each read, which needs no such word, costs more than the read itself.
    unsafe { into.set_len(before + bytes) };
    Ok(Some(bytes))
}

fn nothing_if_blocked(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Ok(n) => Ok(Some(n)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
