//! Sockets as the session driver uses them: listeners with admission, plain and
//! TLS connections that own no buffer while idle, certificates.
//!
//! The shape of use: [`Listener::accept`], [`Gate::enter`], [`Socket`], then wait
//! with [`Socket::readable`] and read into a lent buffer ([`buffer::lend`]).

pub mod acme;
pub mod buffer;
pub mod connection;
mod gate;
mod listener;
mod socket;
mod stream;
pub mod tls;

pub use gate::{Gate, Limits, Pass, Refused};
pub use listener::{BindError, Inherited, Listener};
pub use socket::{Read, Socket, StartTlsError};
pub use stream::Stream;
