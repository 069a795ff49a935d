//! TLS to PostgreSQL, with rustls.
//!
//! `sslmode` means what it means to PostgreSQL's own programs: `prefer` and `require`
//! encrypt and do not ask who is at the other end; `verify-full` asks. Without a
//! password in clear on the wire (SCRAM) the former two keep out who listens, not who
//! stands in between.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use skein_base::Fault;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

type BoxedError = Box<dyn std::error::Error + Send + Sync>;

/// Whose certificates are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Anybody's: `prefer`, `require`.
    Anyone,
    /// Those that the machine trusts, for the name in the URL: `verify-full`.
    Machine,
    /// Those signed by one of this file (PEM), for the name in the URL: `verify-full` with
    /// `sslrootcert`.
    File(PathBuf),
}

/// Makes connections TLS ones. Clones share the settings.
#[derive(Clone)]
pub(crate) struct Connector(Arc<ClientConfig>);

impl Connector {
    /// # Errors
    /// The certificates to trust cannot be read.
    pub(crate) fn new(trust: &Trust) -> Result<Self, Fault> {
        const DOING: &str = "TLS to PostgreSQL";
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| Fault::because(DOING, error))?;
        let config = match trust {
            Trust::Anyone => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(BelieveAnyone(provider))),
            Trust::Machine | Trust::File(_) => builder.with_root_certificates(roots(trust)?),
        };
        Ok(Self(Arc::new(config.with_no_client_auth())))
    }
}

fn roots(trust: &Trust) -> Result<RootCertStore, Fault> {
    let certificates = match trust {
        Trust::Anyone => Vec::new(),
        Trust::Machine => rustls_native_certs::load_native_certs().certs,
        Trust::File(path) => CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| Fault::because("reading sslrootcert of the database URL", error))?,
    };
    let mut roots = RootCertStore::empty();
    // A machine's store holds some that nobody can use any more.
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(Fault::new(
            "there is no certificate by which PostgreSQL could be known; name a file of them as \
             sslrootcert in the database URL (key storage.url)",
        ));
    }
    Ok(roots)
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Connector {
    type Stream = Encrypted<S>;
    type TlsConnect = Handshake;
    type Error = BoxedError;

    /// Called for Unix sockets too, without a name; those are never encrypted.
    fn make_tls_connect(&mut self, name: &str) -> Result<Handshake, BoxedError> {
        Ok(Handshake { config: self.0.clone(), name: ServerName::try_from(name.to_owned()).ok() })
    }
}

/// One handshake to come.
pub(crate) struct Handshake {
    config: Arc<ClientConfig>,
    name: Option<ServerName<'static>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Handshake {
    type Stream = Encrypted<S>;
    type Error = BoxedError;
    type Future = Pin<Box<dyn Future<Output = Result<Encrypted<S>, BoxedError>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let name = self.name.ok_or("the host of the database URL is no name for TLS")?;
            let connector = tokio_rustls::TlsConnector::from(self.config);
            Ok(Encrypted(Box::new(connector.connect(name, stream).await?)))
        })
    }
}

/// An encrypted connection.
pub(crate) struct Encrypted<S>(Box<tokio_rustls::client::TlsStream<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// Looks at signatures, so that the handshake is one with whoever holds the key, and
/// not at who that is.
#[derive(Debug)]
struct BelieveAnyone(Arc<CryptoProvider>);

impl ServerCertVerifier for BelieveAnyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
