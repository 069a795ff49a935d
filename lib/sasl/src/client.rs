//! The clients' sides, for federation, the load generator and tests.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use skein_base::Secret;
use subtle::ConstantTimeEq;

use crate::error::SaslError;
use crate::hash::{Hash, normalize};
use crate::mechanism::{ChannelBinding, Mechanism};
use crate::offer::{Bindings, protection};
use crate::scram::field;
use crate::token::{binding_data, hashed};

/// Rounds that a client works for: fewer and whoever poses as the server guesses the
/// password fast (RFC 7677 section 4), more and it keeps the client busy.
const ROUNDS: std::ops::RangeInclusive<u32> = 4096..=1_000_000;

/// What a SCRAM client begins with.
#[derive(Debug)]
pub struct ClientFirst<'a> {
    /// Which variant.
    pub mechanism: Mechanism,
    /// The binding for a `-PLUS` mechanism.
    pub binding: Option<ChannelBinding>,
    /// Whether the client could bind but the server does not offer it.
    pub could_bind: bool,
    /// Who.
    pub username: &'a str,
    /// As whom, if that is to be said.
    pub authzid: Option<&'a str>,
    /// Fresh and printable.
    pub nonce: &'a str,
}

/// The client's side of SCRAM.
pub struct ScramClient {
    hash: Hash,
    gs2_header: String,
    binding: Option<ChannelBinding>,
    first_bare: String,
    nonce: String,
    /// What the attribute `h` must be if the server sends it.
    protection: Option<String>,
    signature: Vec<u8>,
}

// Names and signatures do not print.
impl fmt::Debug for ScramClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramClient")
            .field("hash", &self.hash)
            .field("binding", &self.binding)
            .finish_non_exhaustive()
    }
}

impl ScramClient {
    /// Makes the first message.
    ///
    /// # Errors
    /// If the mechanism is no SCRAM or the name cannot be prepared.
    pub fn start(first: &ClientFirst<'_>) -> Result<(Self, Vec<u8>), SaslError> {
        let Mechanism::Scram(hash, plus) = first.mechanism else {
            return Err(SaslError::InvalidMechanism);
        };
        let flag = match (plus, first.binding, first.could_bind) {
            (true, Some(binding), _) => format!("p={}", binding.name()),
            (true, None, _) => return Err(SaslError::InvalidMechanism),
            (false, _, true) => "y".to_owned(),
            (false, _, false) => "n".to_owned(),
        };
        let escape = |text: &str| text.replace('=', "=3D").replace(',', "=2C");
        let authzid = first.authzid.filter(|authzid| !authzid.is_empty());
        let authzid = authzid.map_or_else(String::new, |authzid| format!("a={}", escape(authzid)));
        let username = normalize(first.username).map_err(|_| SaslError::NotAuthorized)?;
        let gs2_header = format!("{flag},{authzid},");
        let first_bare = format!("n={},r={}", escape(&username), first.nonce);
        let message = format!("{gs2_header}{first_bare}").into_bytes();
        let binding = first.binding.filter(|_| plus);
        let nonce = first.nonce.to_owned();
        let signature = Vec::new();
        Ok((
            Self { hash, gs2_header, binding, first_bare, nonce, protection: None, signature },
            message,
        ))
    }

    /// Tells what the server advertised, as it was read off the stream: the mechanisms of
    /// the profile in use, and the channel bindings if they were listed. A challenge that
    /// was made for other lists is then refused (XEP-0474).
    pub fn advertised(mut self, mechanisms: &[&str], bindings: &[&str]) -> Self {
        self.protection = Some(protection(self.hash, mechanisms.to_vec(), bindings.to_vec()));
        self
    }

    /// Answers the challenge.
    ///
    /// # Errors
    /// If the challenge is malformed, not for this exchange, asks for fewer than 4,096 or
    /// more than 1,000,000 rounds, or shows that somebody changed what was advertised.
    pub fn respond(
        &mut self,
        challenge: &[u8],
        password: &Secret<String>,
        bindings: &Bindings,
    ) -> Result<Vec<u8>, SaslError> {
        let text = std::str::from_utf8(challenge).map_err(|_| SaslError::MalformedRequest)?;
        let mut fields = text.split(',');
        let nonce = field(fields.next(), "r=")?;
        let salt = field(fields.next(), "s=")?;
        let iterations = field(fields.next(), "i=")?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(SaslError::NotAuthorized);
        }
        let salt = STANDARD.decode(salt).map_err(|_| SaslError::MalformedRequest)?;
        let iterations = iterations.parse().map_err(|_| SaslError::MalformedRequest)?;
        if !ROUNDS.contains(&iterations) {
            return Err(SaslError::NotAuthorized);
        }
        for extension in fields {
            match (extension.split_once('='), &self.protection) {
                (Some(("h", told)), Some(seen)) if told != seen => {
                    return Err(SaslError::NotAuthorized);
                }
                (None | Some(("m", _)), _) => return Err(SaslError::MalformedRequest),
                _ => {}
            }
        }
        let mut bound = self.gs2_header.clone().into_bytes();
        if let Some(binding) = self.binding {
            bound.extend_from_slice(bindings.data(binding).ok_or(SaslError::NotAuthorized)?);
        }
        let without_proof = format!("c={},r={nonce}", STANDARD.encode(bound));
        let message = format!("{},{text},{without_proof}", self.first_bare);
        let hash = self.hash;
        let password =
            Secret::new(normalize(password.expose()).map_err(|_| SaslError::NotAuthorized)?);
        let salted =
            Secret::new(hash.salted_password(password.expose().as_bytes(), &salt, iterations));
        let client_key = Secret::new(hash.hmac(salted.expose(), b"Client Key"));
        let mut proof = hash.hmac(&hash.digest(client_key.expose()), message.as_bytes());
        proof.iter_mut().zip(client_key.expose()).for_each(|(byte, key)| *byte ^= key);
        let server_key = Secret::new(hash.hmac(salted.expose(), b"Server Key"));
        self.signature = hash.hmac(server_key.expose(), message.as_bytes());
        Ok(format!("{without_proof},p={}", STANDARD.encode(proof)).into_bytes())
    }

    /// Whether the server's final message proves that it knows the account.
    pub fn verified(&self, last: &[u8]) -> bool {
        let expected = format!("v={}", STANDARD.encode(&self.signature));
        !self.signature.is_empty() && bool::from(expected.as_bytes().ct_eq(last))
    }
}

/// The message of PLAIN.
pub fn plain_message(authzid: Option<&str>, username: &str, password: &Secret<String>) -> Vec<u8> {
    format!("{}\0{username}\0{}", authzid.unwrap_or_default(), password.expose()).into_bytes()
}

/// The initiator's message of HT-SHA-256; `None` without the data to bind to.
pub fn token_message(
    binding: Option<ChannelBinding>,
    username: &str,
    token: &Secret<String>,
    bindings: &Bindings,
) -> Option<Vec<u8>> {
    let proof = hashed(token, b"Initiator", binding_data(binding, bindings)?);
    let mut message = username.as_bytes().to_vec();
    message.push(0);
    message.extend(proof);
    Some(message)
}

/// Whether the responder's message proves that the server knows the token.
pub fn token_verified(
    binding: Option<ChannelBinding>,
    token: &Secret<String>,
    bindings: &Bindings,
    answer: &[u8],
) -> bool {
    let Some(data) = binding_data(binding, bindings) else { return false };
    hashed(token, b"Responder", data).ct_eq(answer).into()
}
