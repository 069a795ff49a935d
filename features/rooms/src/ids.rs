//! Keyed hashes: who somebody is without saying who.

use hmac::{KeyInit, Mac};
use skein_base::Secret;
use skein_base::rng::to_hex;

type Hmac = hmac::Hmac<sha2::Sha256>;

/// The key of all rooms, derived from the server's secret.
pub(crate) fn key(secret: &Secret<[u8; 32]>) -> [u8; 32] {
    digest(secret.expose(), &[b"rooms"])
}

/// A hash in hexadecimal that nobody without the key can make or undo.
pub(crate) fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> String {
    to_hex(&digest(key, parts)[..16])
}

fn digest(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
