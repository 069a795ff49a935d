//! HT-SHA-256: a token proven by a hash (draft-schmaus-kitten-sasl-ht, XEP-0484).
//!
//! The server needs the token itself to check a hash over it, so tokens cannot be
//! hashed at rest; they are random, expire, and open one client's login alone.

use std::fmt;

use skein_base::Secret;
use subtle::ConstantTimeEq;

use crate::error::SaslError;
use crate::hash::{Hash, normalize};
use crate::mechanism::{ChannelBinding, Mechanism};
use crate::offer::Bindings;

/// Bytes of a name: the longest localpart; the draft asks for 255.
const NAME_BYTES: usize = 1023;

/// The initiator's message. There is no authorization identity in it.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRequest {
    binding: Option<ChannelBinding>,
    username: String,
    proof: Vec<u8>,
}

// A proof without channel binding can be replayed, so it does not print.
impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest").field("binding", &self.binding).finish_non_exhaustive()
    }
}

impl TokenRequest {
    /// Parses `authcid NUL HMAC(token, "Initiator" cb-data)`.
    ///
    /// # Errors
    /// `malformed-request`, `not-authorized` for a name that cannot be,
    /// `invalid-mechanism` if `mechanism` takes no token.
    pub fn parse(mechanism: Mechanism, message: &[u8]) -> Result<Self, SaslError> {
        let Mechanism::Token(binding) = mechanism else { return Err(SaslError::InvalidMechanism) };
        let at = message.iter().position(|byte| *byte == 0).ok_or(SaslError::MalformedRequest)?;
        let (username, proof) = (&message[..at], &message[at + 1..]);
        let username = std::str::from_utf8(username).map_err(|_| SaslError::MalformedRequest)?;
        if username.is_empty()
            || username.len() > NAME_BYTES
            || proof.len() != Hash::Sha256.output_len()
        {
            return Err(SaslError::MalformedRequest);
        }
        let username = normalize(username).map_err(|_| SaslError::NotAuthorized)?;
        Ok(Self { binding, username, proof: proof.to_vec() })
    }

    /// Who it is.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Checks the proof; gives the responder's message. That the token is for this
    /// mechanism, has not expired and that its `count` went up is the caller's to check.
    ///
    /// # Errors
    /// `not-authorized`: another token, or another connection.
    pub fn check(&self, token: &Secret<String>, bindings: &Bindings) -> Result<Vec<u8>, SaslError> {
        let data = binding_data(self.binding, bindings).ok_or(SaslError::NotAuthorized)?;
        let expected = hashed(token, b"Initiator", data);
        if !bool::from(expected.ct_eq(&self.proof)) {
            return Err(SaslError::NotAuthorized);
        }
        Ok(hashed(token, b"Responder", data))
    }
}

pub(crate) fn binding_data(binding: Option<ChannelBinding>, bindings: &Bindings) -> Option<&[u8]> {
    match binding {
        None => Some(&[]),
        Some(binding) => bindings.data(binding),
    }
}

pub(crate) fn hashed(token: &Secret<String>, side: &[u8], data: &[u8]) -> Vec<u8> {
    let mut text = side.to_vec();
    text.extend_from_slice(data);
    Hash::Sha256.hmac(token.expose().as_bytes(), &text)
}
