//! The client's data: what the browser says of the page that asked (section 5.8.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::{Ceremony, Wrong};

/// What is left of it.
#[derive(Debug)]
pub(crate) struct Client {
    kind: String,
    pub(crate) challenge: Vec<u8>,
    pub(crate) origin: String,
    is_framed: bool,
}

/// As it comes; members that nobody knows yet are ignored, as the specification asks.
#[derive(Deserialize)]
struct Json {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin")]
    top_origin: Option<String>,
}

impl Client {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Wrong> {
        let json: Json = serde_json::from_slice(bytes).map_err(|_| Wrong::Malformed)?;
        let challenge = URL_SAFE_NO_PAD.decode(json.challenge).map_err(|_| Wrong::Malformed)?;
        Ok(Self {
            kind: json.r#type,
            challenge,
            origin: json.origin,
            is_framed: json.cross_origin || json.top_origin.is_some(),
        })
    }

    /// Our pages stand in no other.
    pub(crate) fn check(&self, ceremony: Ceremony) -> Result<(), Wrong> {
        let expected = match ceremony {
            Ceremony::Create => "webauthn.create",
            Ceremony::Get => "webauthn.get",
        };
        if self.kind != expected {
            return Err(Wrong::Purpose);
        }
        if self.is_framed { Err(Wrong::Origin) } else { Ok(()) }
    }
}
