//! Where a file is put and where it is: `/upload/ID.SECRET/NAME` and `/upload/ID/NAME`.

use skein_base::rng::to_hex;
use skein_config::Config;
use skein_kernel::contracts::{FILES, FileId};

use crate::store::File;

/// What the rest of a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    pub(crate) id: FileId,
    /// In hexadecimal; only whoever announced the file knows it.
    pub(crate) secret: Option<&'a str>,
    /// As it came: not decoded.
    pub(crate) name: &'a str,
}

/// Reads the path behind [`FILES`].
pub(crate) fn read(rest: &str) -> Option<Named<'_>> {
    let (id, name) = rest.split_once('/')?;
    let (id, secret) = match id.split_once('.') {
        None => (id, None),
        Some((id, secret)) => (id, Some(secret)),
    };
    Some(Named { id: FileId::read(id)?, secret, name })
}

/// Where the file is put.
pub(crate) fn put(config: &Config, file: &File) -> String {
    let (id, secret) = (file.id.text(), to_hex(&file.secret));
    format!("{}{FILES}{id}.{secret}/{}", base(config), escaped(&file.name))
}

/// Where the file is.
pub(crate) fn get(config: &Config, file: &File) -> String {
    format!("{}{FILES}{}/{}", base(config), file.id.text(), escaped(&file.name))
}

/// Scheme, host and port. Without a setting a public domain is reached over HTTPS, at port 443
/// unless a listener that is not on loopback says otherwise: what listens on loopback has a
/// reverse proxy before it. `localhost` is reached where the server listens.
fn base(config: &Config) -> String {
    if let Some(url) = &config.upload.url {
        return url.expose().trim_end_matches('/').to_owned();
    }
    let domain = config.domain();
    let is_local = domain == "localhost" || domain.ends_with(".localhost");
    let public = |address: &&std::net::SocketAddr| is_local || !address.ip().is_loopback();
    match config.listen.https.iter().find(public).map(std::net::SocketAddr::port) {
        None | Some(443) => format!("https://{domain}"),
        Some(port) => format!("https://{domain}:{port}"),
    }
}

/// What is not unreserved (RFC 3986 section 2.3) is escaped.
pub(crate) fn escaped(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push('%');
            out.push(DIGITS[usize::from(byte >> 4)] as char);
            out.push(DIGITS[usize::from(byte & 15)] as char);
        }
    }
    out
}
