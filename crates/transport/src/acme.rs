//! Certificates from an authority by ACME (RFC 8555), and their renewal.
//!
//! Both ways of proof that a server can give by itself are prepared for each name:
//! TLS-ALPN-01 (RFC 8737) at port 443 and HTTP-01 at port 80. The first is asked
//! for at first; each failure switches to the other, so that either port will do.

mod order;
mod schedule;
mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use instant_acme::{Account, AccountBuilder, ChallengeType};
use parking_lot::Mutex;
use skein_base::Clock;
use thiserror::Error;

use crate::tls::{CertificateError, Certificates};

/// The path under which the web server answers HTTP-01 challenges:
/// `/.well-known/acme-challenge/TOKEN`, over plain HTTP, as `text/plain`.
pub const CHALLENGE_PATH: &str = "/.well-known/acme-challenge/";
/// Longest sleep: the clock may be set while we sleep.
const LOOK_AGAIN: Duration = Duration::from_secs(6 * 3600);

/// What the operator configured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// URL of the authority's directory.
    pub directory: String,
    /// Mail addresses the authority may write to.
    pub contact: Vec<String>,
    /// Names to certify, all in one certificate.
    pub domains: Vec<String>,
    /// Where account key and certificate are kept: `acme` in the data folder.
    pub folder: PathBuf,
}

impl Settings {
    /// Where the certificate is kept: chain and key in one file, so that they can never
    /// be of two minds.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }
}

/// Why no certificate was had this time.
#[derive(Debug, Error)]
pub enum AcmeError {
    /// The authority cannot be reached or refused.
    #[error(transparent)]
    Authority(#[from] instant_acme::Error),
    /// The authority offers neither way of proof for a name.
    #[error("the authority offers neither TLS-ALPN-01 nor HTTP-01 for {0}")]
    NoChallenge(String),
    /// The authority did not find the proof.
    #[error("the authority refused: {0}")]
    Refused(String),
    /// A file cannot be read or written, or a certificate is unusable.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A key or request could not be made.
    #[error("cannot make a key: {0}")]
    Key(#[from] rcgen::Error),
    /// The kept account is damaged.
    #[error("{0} is damaged; remove it to register anew")]
    Account(PathBuf),
}

/// Answers to HTTP-01 challenges, shared with the web server.
#[derive(Debug, Default)]
pub struct Challenges(Mutex<HashMap<String, String>>);

impl Challenges {
    /// The text to answer with, if that token is being asked for.
    pub fn answer(&self, token: &str) -> Option<String> {
        self.0.lock().get(token).cloned()
    }
}

/// Keeps one certificate valid.
pub struct Acme {
    settings: Settings,
    certificates: Arc<Certificates>,
    challenges: Arc<Challenges>,
    clock: Arc<dyn Clock>,
}

impl Acme {
    /// Prepares; [`run`](Self::run) does the work. A certificate that was had before
    /// is served at once.
    pub fn new(
        settings: Settings,
        certificates: Arc<Certificates>,
        challenges: Arc<Challenges>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let acme = Self { settings, certificates, challenges, clock };
        let path = acme.settings.certificate();
        if path.exists()
            && let Err(error) = acme.certificates.load(&path, &path)
        {
            tracing::warn!(%error, "the kept certificate is unusable, asking for a new one");
        }
        acme
    }

    /// Gets a certificate when there is none, renews it after two thirds of its life
    /// and when the names change, and tries again after failures. Runs until dropped.
    pub async fn run(self) {
        let mut failures = 0;
        loop {
            let wait = schedule::wait(
                store::describe(&self.settings.certificate()).as_ref(),
                &self.settings.domains,
                self.clock.now(),
            );
            if !wait.is_zero() {
                tokio::time::sleep(wait.min(LOOK_AGAIN)).await;
                continue;
            }
            let outcome = match Account::builder() {
                Ok(builder) => self.obtain(builder, failures).await,
                Err(error) => Err(error.into()),
            };
            match outcome {
                Ok(()) => {
                    failures = 0;
                    tracing::info!(domains = ?self.settings.domains, "certificate obtained");
                }
                Err(error) => {
                    let wait = schedule::retry_after(failures);
                    failures += 1;
                    let error = whole(&error);
                    tracing::warn!(error, again_in = ?wait, "no certificate from the authority");
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// One attempt from the account to the certificate in use.
    async fn obtain(&self, builder: AccountBuilder, failures: u32) -> Result<(), AcmeError> {
        let account = store::account(&self.settings, builder).await?;
        let preferred = match failures % 2 {
            0 => [ChallengeType::TlsAlpn01, ChallengeType::Http01],
            _ => [ChallengeType::Http01, ChallengeType::TlsAlpn01],
        };
        let pem = order::place(self, &account, &preferred).await?;
        let path = self.settings.certificate();
        crate::tls::write_private(&path, pem.as_bytes())?;
        self.certificates.load(&path, &path)?;
        Ok(())
    }
}

/// The error with what lies below it: "client error (Connect)" alone helps nobody.
fn whole(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.map(ToString::to_string).fold(error.to_string(), |told, cause| {
        // Some errors tell their cause themselves.
        if told.ends_with(&cause) { told } else { format!("{told}: {cause}") }
    })
}
