//! The server's side of SCRAM (RFC 5802 section 5).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use crate::error::SaslError;
use crate::hash::{Hash, ScramKeys, normalize};
use crate::mechanism::{ChannelBinding, Mechanism};
use crate::offer::{Bindings, Offer};

/// Bytes of one message: a name of 1,023 bytes with every character escaped fits.
const MESSAGE_BYTES: usize = 8192;
/// Bytes of a nonce that are taken from a client.
const NONCE_BYTES: usize = 512;

/// An exchange, from the client's first message on: [`start`](Self::start), look the keys
/// up, [`challenge`](Self::challenge), [`finish`](Self::finish) once.
pub struct ScramServer {
    hash: Hash,
    username: String,
    authzid: Option<String>,
    gs2_header: String,
    binding: Option<ChannelBinding>,
    client_first_bare: String,
    client_nonce: String,
    protection: String,
    challenge: Option<Challenge>,
}

struct Challenge {
    keys: ScramKeys,
    server_first: String,
    nonce: String,
}

// Names and keys do not print.
impl fmt::Debug for ScramServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramServer")
            .field("hash", &self.hash)
            .field("binding", &self.binding)
            .field("is_challenged", &self.challenge.is_some())
            .finish_non_exhaustive()
    }
}

impl ScramServer {
    /// Reads the client's first message.
    ///
    /// # Errors
    /// `malformed-request`; `invalid-mechanism` if `mechanism` is not SCRAM; `not-authorized` for a client that was kept from the channel
    /// binding that we offer, or wants one that we do not have (N06).
    pub fn start(mechanism: Mechanism, message: &[u8], offer: &Offer) -> Result<Self, SaslError> {
        let Mechanism::Scram(hash, plus) = mechanism else {
            return Err(SaslError::InvalidMechanism);
        };
        let text = text(message)?;
        let (flag, rest) = text.split_once(',').ok_or(SaslError::MalformedRequest)?;
        let (authzid, bare) = rest.split_once(',').ok_or(SaslError::MalformedRequest)?;
        let binding = binding(flag, plus, offer)?;
        let authzid = match authzid {
            "" => None,
            authzid => {
                Some(unescape(authzid.strip_prefix("a=").ok_or(SaslError::MalformedRequest)?)?)
            }
        };
        // An extension that must be understood (`m=`) stands where the name should.
        let mut fields = bare.split(',');
        let username = field(fields.next(), "n=")?;
        let nonce = field(fields.next(), "r=")?;
        extensions(fields)?;
        let printable = nonce.bytes().all(|byte| byte.is_ascii_graphic());
        if nonce.is_empty() || nonce.len() > NONCE_BYTES || !printable {
            return Err(SaslError::MalformedRequest);
        }
        let username = normalize(&unescape(username)?).map_err(|_| SaslError::NotAuthorized)?;
        Ok(Self {
            hash,
            username,
            authzid,
            gs2_header: text[..text.len() - bare.len()].to_owned(),
            binding,
            client_first_bare: bare.to_owned(),
            client_nonce: nonce.to_owned(),
            protection: offer.protection(hash),
            challenge: None,
        })
    }

    /// Who it is.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// As whom the client wants to act.
    pub fn authzid(&self) -> Option<&str> {
        self.authzid.as_deref()
    }

    /// Which keys are wanted.
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// Makes the server's first message. `nonce` is fresh for every exchange, printable
    /// ASCII without commas, of 128 random bits or more.
    pub fn challenge(&mut self, keys: ScramKeys, nonce: &str) -> Vec<u8> {
        let nonce = format!("{}{nonce}", self.client_nonce);
        let salt = STANDARD.encode(&keys.salt);
        let server_first =
            format!("r={nonce},s={salt},i={},h={}", keys.iterations, self.protection);
        let message = server_first.clone().into_bytes();
        self.challenge = Some(Challenge { keys, server_first, nonce });
        message
    }

    /// Reads the client's final message; gives the server's. `bindings` are those of the
    /// connection that the message came over.
    ///
    /// # Errors
    /// `malformed-request`; `not-authorized` for a wrong password, nonce or connection,
    /// and nothing tells which.
    pub fn finish(&self, message: &[u8], bindings: &Bindings) -> Result<Vec<u8>, SaslError> {
        let challenge = self.challenge.as_ref().ok_or(SaslError::MalformedRequest)?;
        let text = text(message)?;
        let (without_proof, proof) = text.rsplit_once(",p=").ok_or(SaslError::MalformedRequest)?;
        let mut fields = without_proof.split(',');
        let bound = field(fields.next(), "c=")?;
        let nonce = field(fields.next(), "r=")?;
        extensions(fields)?;
        let bound = STANDARD.decode(bound).map_err(|_| SaslError::MalformedRequest)?;
        let proof = STANDARD.decode(proof).map_err(|_| SaslError::MalformedRequest)?;
        let mut expected = self.gs2_header.clone().into_bytes();
        if let Some(binding) = self.binding {
            expected.extend_from_slice(bindings.data(binding).ok_or(SaslError::NotAuthorized)?);
        }
        let same_channel = bool::from(expected.ct_eq(&bound));
        let same_nonce = bool::from(challenge.nonce.as_bytes().ct_eq(nonce.as_bytes()));
        let message =
            format!("{},{},{without_proof}", self.client_first_bare, challenge.server_first);
        let proven = self.proves(&challenge.keys, &message, &proof);
        if !(same_channel && same_nonce && proven) {
            return Err(SaslError::NotAuthorized);
        }
        let signature = self.hash.hmac(&challenge.keys.server_key, message.as_bytes());
        Ok(format!("v={}", STANDARD.encode(signature)).into_bytes())
    }

    fn proves(&self, keys: &ScramKeys, message: &str, proof: &[u8]) -> bool {
        let mut client_key = self.hash.hmac(&keys.stored_key, message.as_bytes());
        if proof.len() != client_key.len() {
            return false;
        }
        client_key.iter_mut().zip(proof).for_each(|(byte, proof)| *byte ^= proof);
        self.hash.digest(&client_key).ct_eq(&keys.stored_key).into()
    }
}

fn text(message: &[u8]) -> Result<&str, SaslError> {
    if message.len() > MESSAGE_BYTES || message.contains(&0) {
        return Err(SaslError::MalformedRequest);
    }
    std::str::from_utf8(message).map_err(|_| SaslError::MalformedRequest)
}

pub(crate) fn field<'a>(field: Option<&'a str>, name: &str) -> Result<&'a str, SaslError> {
    field.and_then(|field| field.strip_prefix(name)).ok_or(SaslError::MalformedRequest)
}

/// Extensions are a letter and a value each. None is known, so those that must be
/// understood (`m=`) are refused and the others skipped (RFC 5802 section 5.1).
fn extensions<'a>(mut fields: impl Iterator<Item = &'a str>) -> Result<(), SaslError> {
    let skipped = |field: &str| match field.as_bytes() {
        [name, b'=', _, ..] => name.is_ascii_alphabetic() && *name != b'm',
        _ => false,
    };
    if fields.all(skipped) { Ok(()) } else { Err(SaslError::MalformedRequest) }
}

/// The channel-binding flag (RFC 5802 section 7).
fn binding(flag: &str, plus: bool, offer: &Offer) -> Result<Option<ChannelBinding>, SaslError> {
    match (flag, plus) {
        ("n", false) => Ok(None),
        // The client can bind and thinks that we cannot: somebody removed our offer.
        ("y", false) if offer.has_plus() => Err(SaslError::NotAuthorized),
        ("y", false) => Ok(None),
        (_, true) => {
            let name = flag.strip_prefix("p=").ok_or(SaslError::MalformedRequest)?;
            let binding =
                ChannelBinding::parse(name).filter(|kind| offer.channel_bindings().contains(kind));
            binding.map(Some).ok_or(SaslError::NotAuthorized)
        }
        _ => Err(SaslError::MalformedRequest),
    }
}

/// `=2C` and `=3D` stand for comma and equals sign; nothing else may follow `=`.
fn unescape(name: &str) -> Result<String, SaslError> {
    let mut text = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('=') {
        text.push_str(before);
        (text, rest) = match after.split_at_checked(2) {
            Some(("2C", rest)) => (text + ",", rest),
            Some(("3D", rest)) => (text + "=", rest),
            _ => return Err(SaslError::MalformedRequest),
        };
    }
    text.push_str(rest);
    if text.is_empty() { Err(SaslError::MalformedRequest) } else { Ok(text) }
}
