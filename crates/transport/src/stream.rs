//! A [`Socket`] for code that wants `AsyncRead` and `AsyncWrite`, such as hyper.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::buffer;
use crate::socket::{Read, Socket};

/// A socket that is read and written through tokio's traits. After an HTTP upgrade
/// [`into_parts`](Self::into_parts) gives the socket back for the lean way.
#[derive(Debug)]
pub struct Stream {
    socket: Socket,
    /// Plaintext the reader had no room for.
    surplus: Vec<u8>,
}

impl Stream {
    /// Wraps a socket; over TLS the handshake happens during the first read.
    pub const fn new(socket: Socket) -> Self {
        Self { socket, surplus: Vec::new() }
    }

    /// The socket, and what was read from it and not yet handed on.
    pub fn into_parts(self) -> (Socket, Vec<u8>) {
        (self.socket, self.surplus)
    }

    /// The socket, to ask about its peer.
    pub const fn socket(&self) -> &Socket {
        &self.socket
    }

    fn hand_on(&mut self, into: &mut ReadBuf<'_>) {
        let n = self.surplus.len().min(into.remaining());
        into.put_slice(&self.surplus[..n]);
        if n == self.surplus.len() {
            self.surplus = Vec::new();
        } else {
            self.surplus.drain(..n);
        }
    }

    /// Reads once; what `into` has no room for is kept.
    fn poll_some(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<Read>> {
        // A handshake answer that found no room must not wait for input.
        ready!(self.poll_send(cx))?;
        ready!(self.socket.tcp().poll_read_ready(cx))?;
        Poll::Ready(buffer::lend(|lent| {
            let read = self.socket.try_read(lent)?;
            let n = lent.plain.len().min(into.remaining());
            into.put_slice(&lent.plain[..n]);
            self.surplus.extend_from_slice(&lent.plain[n..]);
            Ok(read)
        }))
    }

    /// Sends what TLS holds back, and waits for room if need be.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.socket.try_flush()? {
            ready!(self.socket.tcp().poll_write_ready(cx))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.surplus.is_empty() {
            this.hand_on(into);
            return Poll::Ready(Ok(()));
        }
        while ready!(this.poll_some(cx, into))? == Read::Nothing {}
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.poll_send(cx))?;
            match self.socket.try_write(data) {
                Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                    let mut nowhere = ReadBuf::new(&mut []);
                    if ready!(self.poll_some(cx, &mut nowhere))? == Read::Closed {
                        return Poll::Ready(Err(error));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.socket.tcp().poll_write_ready(cx))?;
                }
                done => return Poll::Ready(done),
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_send(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.begin_close();
        ready!(self.poll_send(cx))?;
        Pin::new(self.socket.tcp_mut()).poll_shutdown(cx)
    }
}
