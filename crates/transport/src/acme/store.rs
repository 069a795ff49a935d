//! What is kept in the data folder: the account and the certificate.

use std::path::Path;

use instant_acme::{Account, AccountBuilder, AccountCredentials, NewAccount};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use skein_base::Timestamp;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::schedule::Kept;
use super::{AcmeError, Settings};
use crate::tls;

/// `account.json`. An account is of one authority only.
#[derive(Serialize, Deserialize)]
struct KeptAccount {
    directory: String,
    credentials: AccountCredentials,
}

/// The account kept for this authority, or a new one, which is kept from now on.
pub(super) async fn account(
    settings: &Settings,
    builder: AccountBuilder,
) -> Result<Account, AcmeError> {
    let path = settings.folder.join("account.json");
    if let Ok(bytes) = std::fs::read(&path) {
        let kept: KeptAccount =
            serde_json::from_slice(&bytes).map_err(|_| AcmeError::Account(path.clone()))?;
        if kept.directory == settings.directory {
            return Ok(builder.from_credentials(kept.credentials).await?);
        }
    }
    let contact: Vec<_> = settings.contact.iter().map(|mail| format!("mailto:{mail}")).collect();
    let contact: Vec<_> = contact.iter().map(String::as_str).collect();
    let new = NewAccount {
        contact: &contact,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let (account, credentials) = builder.create(&new, settings.directory.clone(), None).await?;
    let kept = KeptAccount { directory: settings.directory.clone(), credentials };
    let bytes = serde_json::to_vec(&kept).map_err(|_| AcmeError::Account(path.clone()))?;
    tls::write_private(&path, &bytes)?;
    Ok(account)
}

/// Names and life of the kept certificate; `None` if there is none to be used.
pub(super) fn describe(path: &Path) -> Option<Kept> {
    let leaf = CertificateDer::from_pem_file(path).ok()?;
    let (names, _) = tls::describe(&leaf).ok()?;
    let (_, parsed) = X509Certificate::from_der(&leaf).ok()?;
    let validity = parsed.validity();
    Some(Kept {
        names,
        not_before: Timestamp::from_secs(validity.not_before.timestamp()),
        not_after: Timestamp::from_secs(validity.not_after.timestamp()),
    })
}
