//! TLS: the state of a connection, the configurations, the certificates.

mod certificates;
mod config;
mod connection;
mod self_signed;
mod witness;

pub(crate) use certificates::describe;
pub use certificates::{CertificateError, Certificates};
pub use config::{ALPN_ACME, ALPN_WIRE, ALPN_XMPP_CLIENT, Configs};
pub(crate) use connection::Connection;
pub use self_signed::ensure;
pub(crate) use self_signed::write_private;
