//! TLS configurations of the server's listeners.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::server::{NoServerSessionStorage, ServerConfig};
use rustls::version::{TLS12, TLS13};

use super::certificates::Certificates;
use super::witness::ExporterLog;

/// ALPN of direct TLS for clients (XEP-0368).
pub const ALPN_XMPP_CLIENT: &[u8] = b"xmpp-client";
/// ALPN of the compact binding over direct TLS.
pub const ALPN_WIRE: &[u8] = skein_stream::wire::ALPN;
/// ALPN of the challenge TLS-ALPN-01 (RFC 8737).
pub const ALPN_ACME: &[u8] = b"acme-tls/1";

/// One configuration for each kind of listener, all with the same certificates.
#[derive(Debug, Clone)]
pub struct Configs {
    /// STARTTLS, where clients offer no ALPN.
    pub starttls: Arc<ServerConfig>,
    /// Direct TLS for XMPP clients.
    pub direct: Arc<ServerConfig>,
    /// HTTPS: HTTP/2 and HTTP/1.1, and the ACME challenge.
    pub https: Arc<ServerConfig>,
}

impl Configs {
    /// TLS 1.2 and 1.3 with ECDHE and AEAD only, which is all rustls has.
    ///
    /// A returning client is recognised by a ticket that it keeps itself, so that
    /// nothing is stored per client. 0-RTT is off: early data can be replayed.
    ///
    /// # Errors
    /// The cryptographic library refused, which means that it is broken.
    pub fn new(certificates: &Arc<Certificates>) -> Result<Self, rustls::Error> {
        let ticketer = aws_lc_rs::Ticketer::new()?;
        let build = |alpn: &[&[u8]]| {
            let provider = Arc::new(aws_lc_rs::default_provider());
            let mut config = ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(&[&TLS13, &TLS12])?
                .with_no_client_auth()
                .with_cert_resolver(Arc::clone(certificates) as _);
            config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
            config.ticketer = Arc::clone(&ticketer);
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 1;
            config.max_early_data_size = 0;
            config.key_log = Arc::new(ExporterLog);
            Ok::<_, rustls::Error>(Arc::new(config))
        };
        Ok(Self {
            starttls: build(&[])?,
            // The first of ours that the client offers is taken: whoever knows the binding wants it.
            direct: build(&[ALPN_WIRE, ALPN_XMPP_CLIENT])?,
            https: build(&[b"h2", b"http/1.1", ALPN_ACME])?,
        })
    }
}
