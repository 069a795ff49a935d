//! Passkeys: the server's side of WebAuthn (Level 3), as far as signing in with them needs it.
//!
//! Floor 0: bytes in, a verdict out. [`Challenges`] are made and recognised without keeping
//! them; [`Statement`] is what an authenticator and the browser before it say, judged against
//! what was expected; [`PublicKey`] checks signatures. Keeping keys and counters, and that a
//! challenge is used once, are the caller's.
//!
//! Absent on purpose: attestation. Which make an authenticator is of says nothing that a
//! messenger's server should know, so no CBOR has to be read: browsers give the public key
//! as SubjectPublicKeyInfo and the authenticator's data in a layout that is fixed as far as
//! it matters (sections 5.2.1 and 6.1).
//!
//! Invariants: whatever is not as expected is refused; nothing is read beyond its bounds.

mod authenticator;
mod challenge;
mod client;
mod key;
#[cfg(test)]
mod tests;

pub use authenticator::CREDENTIAL_BYTES;
pub use challenge::{CHALLENGE_BYTES, Challenge, Challenges};
pub use key::{Algorithm, KEY_BYTES, PublicKey};

use authenticator::Data;
use client::Client;

/// Bytes of the client's data, and of the authenticator's: both have some hundreds.
pub const DATA_BYTES: usize = 4_096;
/// Bytes of a signature: RSA with 8,192 bits has 1,024.
pub const SIGNATURE_BYTES: usize = 1_024;

/// What is done: the `type` of the client's data (section 5.8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceremony {
    /// A passkey is made.
    Create,
    /// A passkey signs in.
    Get,
}

/// Why a statement is refused; for the log, never for who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It cannot be read.
    #[error("it is malformed")]
    Malformed,
    /// It was made for something else.
    #[error("it was made for another purpose")]
    Purpose,
    /// The page that asked is none of ours, or stood inside another.
    #[error("it was made on a page of another origin")]
    Origin,
    /// It was made for another domain.
    #[error("it was made for another domain")]
    Domain,
    /// Nobody was there.
    #[error("nobody was present")]
    Absent,
    /// The authenticator did not look who it was.
    #[error("who was present was not verified")]
    Unverified,
    /// A new passkey without its id, or with another one.
    #[error("it is about another passkey")]
    Credential,
}

/// What the browser and the authenticator say, read and found to be as expected; who signed
/// it is not known yet.
#[derive(Debug)]
pub struct Statement {
    /// The challenge that was answered. The caller looks whether it is one of ours.
    pub challenge: Vec<u8>,
    /// The domain that the passkey is bound to.
    pub domain: String,
    /// How often the authenticator has signed; 0 where it does not count.
    pub counter: u32,
    /// The id of the passkey that was made; none where one signs in.
    pub credential: Option<Vec<u8>>,
    signed: Vec<u8>,
}

impl Statement {
    /// Reads `clientDataJSON` and the authenticator's data; `origins` are those of our pages.
    ///
    /// # Errors
    /// Whatever is not as it has to be.
    pub fn read(
        ceremony: Ceremony,
        client_data: &[u8],
        authenticator_data: &[u8],
        origins: &[String],
    ) -> Result<Self, Wrong> {
        if client_data.len() > DATA_BYTES || authenticator_data.len() > DATA_BYTES {
            return Err(Wrong::Malformed);
        }
        let client = Client::read(client_data)?;
        client.check(ceremony)?;
        if !origins.contains(&client.origin) {
            return Err(Wrong::Origin);
        }
        let domain = domain_of(&client.origin).ok_or(Wrong::Origin)?;
        let data = Data::read(authenticator_data)?;
        data.check(domain)?;
        let credential = data.credential.map(<[u8]>::to_vec);
        if credential.is_some() != (ceremony == Ceremony::Create) {
            return Err(Wrong::Credential);
        }
        let mut signed = authenticator_data.to_vec();
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, client_data);
        signed.extend_from_slice(hash.as_ref());
        Ok(Self {
            domain: domain.to_owned(),
            challenge: client.challenge,
            counter: data.counter,
            credential,
            signed,
        })
    }

    /// Whether the holder of `key` has signed it (section 7.2, step 21).
    pub fn is_signed(&self, key: &PublicKey, signature: &[u8]) -> bool {
        signature.len() <= SIGNATURE_BYTES && key.verifies(&self.signed, signature)
    }
}

/// The domain that passkeys of a page are bound to: its own, without the port.
pub fn domain_of(origin: &str) -> Option<&str> {
    let (_, host) = origin.split_once("://")?;
    let domain = host.split_once(':').map_or(host, |(domain, _)| domain);
    // An address is no domain: browsers make no passkeys there.
    let is_domain = !domain.is_empty() && domain.parse::<std::net::Ipv4Addr>().is_err();
    (is_domain && !domain.starts_with('[')).then_some(domain)
}
