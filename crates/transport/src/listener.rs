//! Listening sockets, our own or systemd's, and accepting without ever giving up.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::time::Duration;

use parking_lot::Mutex;
use socket2::{Domain, Protocol, Socket as RawSocket, Type};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};

/// Connections the kernel completes ahead of us; after a restart all clients of a
/// server come back at once.
const BACKLOG: i32 = 4_096;
/// How long accepting rests when the process or the system is out of descriptors
/// or memory. The kernel queues meanwhile.
const EXHAUSTED: Duration = Duration::from_millis(200);

/// A listener could not be had.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: {source} (setting `{key}`)")]
pub struct BindError {
    /// The address asked for.
    pub address: SocketAddr,
    /// The configuration key that changes it.
    pub key: String,
    /// What the system said.
    pub source: io::Error,
}

/// Sockets that systemd opened for us (socket activation), not yet taken.
#[derive(Debug, Default)]
pub struct Inherited(Mutex<Vec<(String, StdListener)>>);

impl Inherited {
    /// Takes over the descriptors named by `LISTEN_FDS`. To be called once, before
    /// anything else opens descriptors; without `LISTEN_FDS` it finds nothing.
    ///
    /// # Errors
    /// The variables make no sense, or a descriptor is no listening socket.
    pub fn from_environment() -> io::Result<Self> {
        let mut sockets = Vec::new();
        for (fd, name) in sd_notify::listen_fds_with_names()? {
            // SAFETY: systemd's protocol hands this descriptor to this process, and
            // nothing else in it owns it; `LISTEN_PID` was checked.
            let owned = unsafe { OwnedFd::from_raw_fd(fd) };
            let listener = StdListener::from(owned);
            listener.local_addr()?;
            sockets.push((name, listener));
        }
        Ok(Self(Mutex::new(sockets)))
    }

    /// Names (`FileDescriptorName=`) of sockets nobody took, to be warned of.
    pub fn left(&self) -> Vec<String> {
        self.0.lock().iter().map(|(name, _)| name.clone()).collect()
    }

    fn take(&self, key: &str, address: SocketAddr) -> Option<StdListener> {
        let mut sockets = self.0.lock();
        let named = sockets.iter().position(|(name, _)| name == key);
        let bound = || sockets.iter().position(|(_, l)| l.local_addr().is_ok_and(|a| a == address));
        let at = named.or_else(bound)?;
        Some(sockets.swap_remove(at).1)
    }
}

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
}

impl Listener {
    /// Listens on `address`, which the configuration key `key` holds. A socket of
    /// systemd's with that name or address is used instead of a new one. An IPv6
    /// wildcard takes IPv4 connections too, on every system alike.
    ///
    /// # Errors
    /// The address is taken or not ours; says which and what to change.
    pub fn bind(address: SocketAddr, key: &str, inherited: &Inherited) -> Result<Self, BindError> {
        let listener = match inherited.take(key, address) {
            Some(listener) => Ok(listener),
            None => listen(address),
        };
        listener
            .and_then(|listener| {
                listener.set_nonblocking(true)?;
                TcpListener::from_std(listener)
            })
            .map(|tcp| Self { tcp })
            .map_err(|source| BindError { address, key: key.to_owned(), source })
    }

    /// The address listened on; the port is known here when 0 was asked for.
    ///
    /// # Errors
    /// The system does not say.
    pub fn local(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// The next connection. Failures of single connections are passed over; when
    /// descriptors or memory run out it rests and goes on.
    pub async fn accept(&self) -> (TcpStream, SocketAddr) {
        loop {
            match self.tcp.accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_exhaustion(&error) => {
                    tracing::warn!(%error, "cannot accept connections, resting");
                    tokio::time::sleep(EXHAUSTED).await;
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection went before it was accepted");
                    // Whatever it is, it must not spin.
                    tokio::task::yield_now().await;
                }
            }
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<StdListener> {
    let socket = RawSocket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// EMFILE, ENFILE, ENOBUFS, ENOMEM: the connection stays in the queue, so an
/// immediate second try would fail the same way.
fn is_exhaustion(error: &io::Error) -> bool {
    const PER_CONNECTION: [io::ErrorKind; 4] = [
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::ConnectionRefused,
        io::ErrorKind::Interrupted,
    ];
    !PER_CONNECTION.contains(&error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_in_use_is_reported_with_its_key() {
        let nothing = Inherited::default();
        let first = Listener::bind(([127, 0, 0, 1], 0).into(), "listen.c2s", &nothing).unwrap();
        let address = first.local().unwrap();
        let error = Listener::bind(address, "listen.c2s", &nothing).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&address.to_string()) && text.contains("listen.c2s"), "{text}");
    }

    #[tokio::test]
    async fn an_inherited_socket_is_taken_by_name_or_by_address_and_once() {
        let [by_name, by_address] = [(); 2].map(|()| StdListener::bind(("127.0.0.1", 0)).unwrap());
        let (name_at, address) = (by_name.local_addr().unwrap(), by_address.local_addr().unwrap());
        let inherited = Inherited(Mutex::new(vec![
            ("listen.c2s".into(), by_name),
            ("unknown".into(), by_address),
        ]));
        let any = ([127, 0, 0, 1], 0).into();
        let taken = Listener::bind(any, "listen.c2s", &inherited).unwrap();
        assert_eq!(taken.local().unwrap(), name_at);
        assert_eq!(inherited.left(), ["unknown"]);
        let taken = Listener::bind(address, "listen.https", &inherited).unwrap();
        assert_eq!(taken.local().unwrap(), address);
        assert!(inherited.left().is_empty());
    }

    #[test]
    fn running_out_of_descriptors_makes_accepting_rest() {
        for errno in [24, 23, 12] {
            assert!(is_exhaustion(&io::Error::from_raw_os_error(errno)));
        }
        assert!(!is_exhaustion(&io::ErrorKind::ConnectionAborted.into()));
    }
}
