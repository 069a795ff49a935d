//! Output on its way into a socket.

use std::io;

use crate::socket::Socket;

/// Output that the socket has not taken yet.
#[derive(Debug, Default)]
pub(super) struct Unsent {
    pub(super) bytes: Vec<u8>,
    pub(super) from: usize,
}

impl Unsent {
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Writes as much as the socket takes now.
    pub(super) fn write(&mut self, socket: &mut Socket) -> io::Result<()> {
        while self.from < self.bytes.len() {
            match socket.try_write(&self.bytes[self.from..]) {
                Ok(written) => self.from += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        *self = Self::default();
        Ok(())
    }

    /// Writes the rest, as long as the peer takes it. Says whether all of it went out:
    /// behind a part of a stanza nothing else may be said.
    pub(super) async fn flush(&mut self, socket: &mut Socket) -> bool {
        let rest = write_all(socket, &self.bytes[self.from..]);
        matches!(tokio::time::timeout(skein_base::limits::FAREWELL, rest).await, Ok(Ok(())))
    }
}

/// Writes all of `data`, waiting where the peer is slow.
pub(super) async fn write_all(socket: &mut Socket, mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        match socket.try_write(data) {
            Ok(written) => data = &data[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => socket.writable().await?,
            Err(error) => return Err(error),
        }
    }
    socket.flush().await
}
