//! A certificate for the first run, so that TLS works before anybody set it up.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DnType, KeyPair};

use super::certificates::CertificateError;

/// Makes sure that `folder` (the data folder's `tls`) holds `cert.pem` and
/// `key.pem`, and returns their paths. Missing ones are made: self-signed, ECDSA
/// P-256, for the domains, names below them, `localhost` and the loopback addresses.
/// Clients will warn; that is what operators replace the files or turn on ACME for.
///
/// # Errors
/// The folder cannot be written.
pub fn ensure(folder: &Path, domains: &[String]) -> Result<(PathBuf, PathBuf), CertificateError> {
    let (chain, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    if chain.exists() && key.exists() {
        return Ok((chain, key));
    }
    let mut names = Vec::new();
    for domain in domains.iter().filter(|domain| *domain != "localhost") {
        names.extend([domain.clone(), format!("*.{domain}")]);
    }
    names.extend(["localhost", "127.0.0.1", "::1"].map(String::from));
    let common = names[0].clone();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, common);
    let pair = KeyPair::generate()?;
    let certificate = params.self_signed(&pair)?;
    write_private(&key, pair.serialize_pem().as_bytes())?;
    write_private(&chain, certificate.pem().as_bytes())?;
    Ok((chain, key))
}

/// Writes a file that only we may read, by way of a new file and a rename, so that
/// nobody ever sees half of it. The folder is made when it is missing.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), CertificateError> {
    let failed = |source| CertificateError::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&new, path).map_err(failed)
}
