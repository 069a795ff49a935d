//! Hashes, and the keys that are kept in place of a password.

use std::fmt;

use hmac::{KeyInit, Mac};
use sha2::Digest;
use skein_base::Secret;

/// Rounds of PBKDF2 for new keys: what Prosody uses; a client pays them once per full
/// login, and tokens spare it even that.
pub const ITERATIONS: u32 = 10_000;

/// A hash function of SCRAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-1, for clients that know no other.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// All of them; an account has keys for each.
    pub const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    /// As stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }

    /// Bytes of its output.
    pub(crate) const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    pub(crate) fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => sha1::Sha1::digest(data).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(data).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(data).to_vec(),
        }
    }

    pub(crate) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        fn with<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Vec<u8> {
            let mut mac =
                <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
            mac.update(data);
            mac.finalize().into_bytes().to_vec()
        }
        match self {
            Self::Sha1 => with::<hmac::Hmac<sha1::Sha1>>(key, data),
            Self::Sha256 => with::<hmac::Hmac<sha2::Sha256>>(key, data),
            Self::Sha512 => with::<hmac::Hmac<sha2::Sha512>>(key, data),
        }
    }

    pub(crate) fn salted_password(self, password: &[u8], salt: &[u8], iterations: u32) -> Vec<u8> {
        let mut salted = vec![0; self.output_len()];
        match self {
            Self::Sha1 => {
                pbkdf2::pbkdf2_hmac::<sha1::Sha1>(password, salt, iterations, &mut salted)
            }
            Self::Sha256 => {
                pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password, salt, iterations, &mut salted)
            }
            Self::Sha512 => {
                pbkdf2::pbkdf2_hmac::<sha2::Sha512>(password, salt, iterations, &mut salted)
            }
        }
        salted
    }
}

/// What a server keeps in place of a password (RFC 5802 section 3).
///
/// Prints as its hash and rounds alone: the server key lets whoever has it pose as the
/// server, and the stored key lets passwords be guessed offline.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramKeys {
    /// For which hash.
    pub hash: Hash,
    /// Random, per account and hash.
    pub salt: Vec<u8>,
    /// Rounds of PBKDF2.
    pub iterations: u32,
    /// Checks the client's proof.
    pub stored_key: Vec<u8>,
    /// Proves to the client that the server knows the account.
    pub server_key: Vec<u8>,
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramKeys")
            .field("hash", &self.hash)
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

/// A password with characters that SASLprep (RFC 4013) forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text has characters that passwords and names cannot have")]
pub struct PrepError;

/// Prepares a name or password by SASLprep (RFC 4013).
///
/// # Errors
/// If it is empty or holds a forbidden character.
pub fn normalize(text: &str) -> Result<String, PrepError> {
    let prepared = stringprep::saslprep(text).map_err(|_| PrepError)?;
    if prepared.is_empty() { Err(PrepError) } else { Ok(prepared.into_owned()) }
}

/// Derives the keys of a password. Costs `iterations` rounds: not on a thread that
/// serves others.
///
/// # Errors
/// If the password cannot be prepared.
pub fn derive(
    password: &Secret<String>,
    salt: &[u8],
    iterations: u32,
    hash: Hash,
) -> Result<ScramKeys, PrepError> {
    let password = Secret::new(normalize(password.expose())?);
    let salted = Secret::new(hash.salted_password(password.expose().as_bytes(), salt, iterations));
    let client_key = Secret::new(hash.hmac(salted.expose(), b"Client Key"));
    Ok(ScramKeys {
        hash,
        salt: salt.to_vec(),
        iterations,
        stored_key: hash.digest(client_key.expose()),
        server_key: hash.hmac(salted.expose(), b"Server Key"),
    })
}

/// Keys for an account that does not exist: always the same for a name, and nobody can
/// know a password for them (N10).
///
/// `username` must be prepared: a real account has one salt however its name is
/// written, so a made-up one must too. Where accounts have other rounds than
/// [`ITERATIONS`], the caller puts those in.
pub fn fake_keys(secret: &[u8], username: &str, hash: Hash) -> ScramKeys {
    let part = |purpose: &str| {
        let text = format!("{purpose}\u{0}{}\u{0}{username}", hash.name());
        hash.hmac(secret, text.as_bytes())
    };
    let mut salt = part("salt");
    salt.truncate(16);
    ScramKeys {
        hash,
        salt,
        iterations: ITERATIONS,
        stored_key: part("stored"),
        server_key: part("server"),
    }
}
