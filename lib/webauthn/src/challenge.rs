//! Challenges that nobody has to keep: a nonce and an end, with a seal over both and over
//! what it is for. So who asks for thousands fills no memory.

use aws_lc_rs::hmac;
use skein_base::Timestamp;

const NONCE: usize = 16;
const END: usize = 8;
const SEAL: usize = 32;
/// Bytes of a challenge.
pub const CHALLENGE_BYTES: usize = NONCE + END + SEAL;

/// Makes them, and recognises its own.
pub struct Challenges(hmac::Key);

/// One that is good, as far as can be told without knowing which were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge {
    /// Tells it from all others.
    pub nonce: [u8; NONCE],
    /// Until when it is good.
    pub end: Timestamp,
}

impl Challenges {
    /// With a key that nobody else has and that lives as long as it is known which
    /// challenges were used.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// One that is good until `end` for `purpose`.
    pub fn make(
        &self,
        purpose: &[u8],
        nonce: [u8; NONCE],
        end: Timestamp,
    ) -> [u8; CHALLENGE_BYTES] {
        let mut challenge = [0; CHALLENGE_BYTES];
        challenge[..NONCE].copy_from_slice(&nonce);
        challenge[NONCE..NONCE + END].copy_from_slice(&end.0.to_be_bytes());
        let seal = hmac::sign(&self.0, &sealed(purpose, &challenge[..NONCE + END]));
        challenge[NONCE + END..].copy_from_slice(seal.as_ref());
        challenge
    }

    /// Whether it was made here for `purpose` and is not over.
    pub fn check(&self, purpose: &[u8], challenge: &[u8], now: Timestamp) -> Option<Challenge> {
        let challenge: &[u8; CHALLENGE_BYTES] = challenge.try_into().ok()?;
        let (body, seal) = challenge.split_at(NONCE + END);
        hmac::verify(&self.0, &sealed(purpose, body), seal).ok()?;
        let (nonce, end) = body.split_at(NONCE);
        let end = Timestamp(i64::from_be_bytes(end.try_into().ok()?));
        (end > now).then_some(Challenge { nonce: nonce.try_into().ok()?, end })
    }
}

/// The body has always the same length, so no purpose runs into it.
fn sealed(purpose: &[u8], body: &[u8]) -> Vec<u8> {
    [body, purpose].concat()
}
