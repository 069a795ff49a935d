//! The clients' sides, for federation, the load generator and tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use skein_base::Secret;
use subtle::ConstantTimeEq;

use crate::error::SaslError;
use crate::hash::{Hash, normalize};
use crate::mechanism::{ChannelBinding, Mechanism};
use crate::offer::Bindings;
use crate::token::{binding_data, hashed};

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
#[derive(Debug)]
pub struct ScramClient {
    hash: Hash,
    gs2_header: String,
    binding: Option<ChannelBinding>,
    first_bare: String,
    nonce: String,
    signature: Vec<u8>,
}

impl ScramClient {
    /// Makes the first message.
    ///
    /// # Errors
    /// If the mechanism is no SCRAM or the name cannot be prepared.
    pub fn start(first: &ClientFirst<'_>) -> Result<(Self, Vec<u8>), SaslError> {
        let Mechanism::Scram(hash, plus) = first.mechanism else { return Err(SaslError::InvalidMechanism) };
        let flag = match (plus, first.binding, first.could_bind) {
            (true, Some(binding), _) => format!("p={}", binding.name()),
            (true, None, _) => return Err(SaslError::InvalidMechanism),
            (false, _, true) => "y".to_owned(),
            (false, _, false) => "n".to_owned(),
        };
        let escape = |text: &str| text.replace('=', "=3D").replace(',', "=2C");
        let authzid = first.authzid.map_or_else(String::new, |authzid| format!("a={}", escape(authzid)));
        let username = normalize(first.username).map_err(|_| SaslError::NotAuthorized)?;
        let gs2_header = format!("{flag},{authzid},");
        let first_bare = format!("n={},r={}", escape(&username), first.nonce);
        let message = format!("{gs2_header}{first_bare}").into_bytes();
        let binding = first.binding.filter(|_| plus);
        let nonce = first.nonce.to_owned();
        Ok((Self { hash, gs2_header, binding, first_bare, nonce, signature: Vec::new() }, message))
    }

    /// Answers the challenge.
    ///
    /// # Errors
    /// If the challenge is malformed or not for this exchange.
    pub fn respond(
        &mut self,
        challenge: &[u8],
        password: &Secret<String>,
        bindings: &Bindings,
    ) -> Result<Vec<u8>, SaslError> {
        let text = std::str::from_utf8(challenge).map_err(|_| SaslError::MalformedRequest)?;
        let mut fields = text.split(',');
        let mut field = |name| {
            fields.next().and_then(|field| field.strip_prefix(name)).ok_or(SaslError::MalformedRequest)
        };
        let (nonce, salt, iterations) = (field("r=")?, field("s=")?, field("i=")?);
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(SaslError::NotAuthorized);
        }
        let salt = STANDARD.decode(salt).map_err(|_| SaslError::MalformedRequest)?;
        let iterations = iterations.parse().map_err(|_| SaslError::MalformedRequest)?;
        let mut bound = self.gs2_header.clone().into_bytes();
        if let Some(binding) = self.binding {
            bound.extend_from_slice(bindings.data(binding).ok_or(SaslError::NotAuthorized)?);
        }
        let without_proof = format!("c={},r={nonce}", STANDARD.encode(bound));
        let message = format!("{},{text},{without_proof}", self.first_bare);
        let password = normalize(password.expose()).map_err(|_| SaslError::NotAuthorized)?;
        let salted = self.hash.salted_password(password.as_bytes(), &salt, iterations);
        let client_key = self.hash.hmac(&salted, b"Client Key");
        let mut proof = self.hash.hmac(&self.hash.digest(&client_key), message.as_bytes());
        proof.iter_mut().zip(&client_key).for_each(|(byte, key)| *byte ^= key);
        let server_key = self.hash.hmac(&salted, b"Server Key");
        self.signature = self.hash.hmac(&server_key, message.as_bytes());
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
