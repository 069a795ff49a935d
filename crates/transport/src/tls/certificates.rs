//! The certificates in use, replaced while connections stay.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use aws_lc_rs::digest;
use parking_lot::RwLock;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use thiserror::Error;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::config::ALPN_ACME;
use super::witness::{Served, note_certificate};

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file cannot be read or is no PEM.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system or the parser said.
        source: rustls::pki_types::pem::Error,
    },
    /// The file holds no certificate.
    #[error("{0} holds no certificate")]
    Empty(PathBuf),
    /// Not a certificate, or not the key that belongs to it.
    #[error("{path}: {reason}")]
    Unusable {
        /// The certificate's file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// A file or folder could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

#[derive(Debug)]
struct Pair {
    chain: PathBuf,
    key: PathBuf,
    /// Of both files when they were read; a change means reading again.
    modified: [Option<SystemTime>; 2],
    served: Arc<Served>,
    names: Vec<String>,
}

/// All certificates, chosen by the name a client asks for. Of several that fit the
/// one loaded last is served, so an authority's comes before a self-signed one.
#[derive(Debug)]
pub struct Certificates {
    domain: String,
    pairs: RwLock<Vec<Pair>>,
    challenges: RwLock<HashMap<String, Arc<CertifiedKey>>>,
}

impl Certificates {
    /// None yet. Clients that name nothing known are served as if they had asked for
    /// `domain`.
    pub fn new(domain: &str) -> Self {
        Self { domain: domain.to_owned(), pairs: RwLock::default(), challenges: RwLock::default() }
    }

    /// Reads a certificate chain (leaf first) and its private key, both PEM, and
    /// serves it from now on, instead of an earlier one from the same file.
    ///
    /// # Errors
    /// See [`CertificateError`]; what was served before goes on being served.
    pub fn load(&self, chain: &Path, key: &Path) -> Result<(), CertificateError> {
        let pair = Pair::read(chain, key)?;
        let mut pairs = self.pairs.write();
        match pairs.iter_mut().find(|known| known.chain == pair.chain) {
            Some(known) => *known = pair,
            None => pairs.push(pair),
        }
        Ok(())
    }

    /// Reads again what changed on disk. Connections keep what they have; each
    /// failure leaves the old certificate in place.
    pub fn reload(&self) -> Vec<Result<PathBuf, CertificateError>> {
        let changed: Vec<_> = self
            .pairs
            .read()
            .iter()
            .filter(|pair| modified(&pair.chain, &pair.key) != pair.modified)
            .map(|pair| (pair.chain.clone(), pair.key.clone()))
            .collect();
        changed.into_iter().map(|(chain, key)| self.load(&chain, &key).map(|()| chain)).collect()
    }

    /// Calls [`reload`](Self::reload) every `every`, and logs what happened. Runs
    /// until it is dropped.
    pub async fn watch(self: Arc<Self>, every: std::time::Duration) {
        let mut tick = tokio::time::interval(every);
        loop {
            tick.tick().await;
            let certificates = Arc::clone(&self);
            let reloaded = tokio::task::spawn_blocking(move || certificates.reload()).await;
            for outcome in reloaded.unwrap_or_default() {
                match outcome {
                    Ok(path) => tracing::info!(path = %path.display(), "certificate reloaded"),
                    Err(error) => tracing::warn!(%error, "certificate not reloaded"),
                }
            }
        }
    }

    /// Answers a TLS-ALPN-01 challenge for `name` with this certificate.
    pub(crate) fn set_challenge(&self, name: &str, key: Arc<CertifiedKey>) {
        self.challenges.write().insert(name.to_ascii_lowercase(), key);
    }

    /// Forgets the challenge.
    pub(crate) fn clear_challenge(&self, name: &str) {
        self.challenges.write().remove(&name.to_ascii_lowercase());
    }

    pub(crate) fn choose(&self, name: Option<&str>) -> Option<Arc<Served>> {
        let pairs = self.pairs.read();
        let fitting = |name: &str| pairs.iter().rev().find(|pair| pair.covers(name));
        let pair = name.and_then(fitting).or_else(|| fitting(&self.domain)).or(pairs.last())?;
        Some(Arc::clone(&pair.served))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name();
        if hello.alpn().is_some_and(|mut offered| offered.any(|alpn| alpn == ALPN_ACME)) {
            return self.challenges.read().get(&name?.to_ascii_lowercase()).cloned();
        }
        let served = self.choose(name)?;
        note_certificate(&served, name);
        Some(Arc::clone(&served.key))
    }
}

impl Pair {
    fn read(chain: &Path, key: &Path) -> Result<Self, CertificateError> {
        // Before reading: a change in between shows at the next look.
        let modified = modified(chain, key);
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            |source| CertificateError::Read { path, source }
        };
        let certificates = CertificateDer::pem_file_iter(chain)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(unreadable(chain))?;
        let leaf = certificates.first().ok_or_else(|| CertificateError::Empty(chain.to_owned()))?;
        let unusable =
            |reason: String| CertificateError::Unusable { path: chain.to_owned(), reason };
        let (names, end_point) = describe(leaf).map_err(unusable)?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
        let private = any_supported_type(&private).map_err(|e| unusable(e.to_string()))?;
        let certified = CertifiedKey::new(certificates, private);
        certified.keys_match().map_err(|e| unusable(e.to_string()))?;
        let served = Arc::new(Served { key: Arc::new(certified), end_point });
        Ok(Self { chain: chain.to_owned(), key: key.to_owned(), modified, served, names })
    }

    fn covers(&self, name: &str) -> bool {
        self.names.iter().any(|known| match known.strip_prefix("*.") {
            Some(parent) => {
                name.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent))
            }
            None => known.eq_ignore_ascii_case(name),
        })
    }
}

fn modified(chain: &Path, key: &Path) -> [Option<SystemTime>; 2] {
    [chain, key].map(|path| path.metadata().and_then(|meta| meta.modified()).ok())
}

/// DNS names and `tls-server-end-point` of a certificate: hashed as its signature
/// is, but SHA-256 where that would be MD5, SHA-1 or nothing (RFC 5929 section 4.1).
pub(crate) fn describe(leaf: &CertificateDer<'_>) -> Result<(Vec<String>, Vec<u8>), String> {
    let (_, parsed) = X509Certificate::from_der(leaf).map_err(|e| e.to_string())?;
    let names = match parsed.subject_alternative_name() {
        Ok(Some(names)) => names.value.general_names.iter(),
        _ => [].iter(),
    };
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    let algorithm = match parsed.signature_algorithm.algorithm.to_id_string().as_str() {
        // RSA and ECDSA with SHA-384, then with SHA-512.
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => &digest::SHA384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => &digest::SHA512,
        _ => &digest::SHA256,
    };
    Ok((names.collect(), digest::digest(algorithm, leaf).as_ref().to_vec()))
}
