//! Keyed hashes: who somebody is without saying who.

use hmac::{KeyInit, Mac};
use skein_base::rng::to_hex;
use skein_base::{Rng, Secret};
use skein_xmpp::Jid;

type Hmac = hmac::Hmac<sha2::Sha256>;

/// The key of all rooms, derived from the server's secret.
pub(crate) fn key(secret: &Secret<[u8; 32]>) -> [u8; 32] {
    digest(secret.expose(), &[b"rooms"])
}

/// A hash in hexadecimal that nobody without the key can make or undo.
pub(crate) fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> String {
    to_hex(&digest(key, parts)[..16])
}

/// What addresses begin with that the server alone gives.
const RESERVED: char = '~';

/// Whether an address is one that the server alone gives: nobody makes a room by entering it.
pub(crate) fn is_reserved(room: &Jid) -> bool {
    room.local().is_some_and(|local| local.starts_with(RESERVED))
}

/// The local part of a new address that nobody can guess: 100 random bits.
pub(crate) fn reserved_local(rng: &dyn Rng) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut random = [0; 20];
    rng.fill(&mut random);
    let letters = random.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
    std::iter::once(RESERVED).chain(letters).collect()
}

/// The number of a room with such an address. It follows from the address, so that looking
/// one up that does not exist is like looking up one that does.
pub(crate) fn reserved_number(key: &[u8; 32], room: &Jid) -> i64 {
    let hash = digest(key, &[b"number", room.bare_str().as_bytes()]);
    let mut number = [0; 8];
    number.copy_from_slice(&hash[..8]);
    number_of(u64::from_be_bytes(number))
}

/// Positive, and small enough to be negated and stored.
pub(crate) const fn number_of(random: u64) -> i64 {
    (random >> 2) as i64 | 1
}

fn digest(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
