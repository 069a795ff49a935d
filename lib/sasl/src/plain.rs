//! PLAIN (RFC 4616).

use skein_base::{Pii, Secret};

use crate::error::SaslError;
use crate::hash::normalize;

/// Bytes of a message: three parts of 1,023 bytes fit.
const MESSAGE_BYTES: usize = 4096;

/// What the client sent.
#[derive(Debug)]
pub struct PlainRequest {
    authzid: Option<Pii<String>>,
    username: Pii<String>,
    password: Secret<String>,
}

impl PlainRequest {
    /// Parses `[authzid] NUL authcid NUL passwd`.
    ///
    /// # Errors
    /// `malformed-request`, or `not-authorized` for names and passwords that cannot be.
    pub fn parse(message: &[u8]) -> Result<Self, SaslError> {
        if message.len() > MESSAGE_BYTES {
            return Err(SaslError::MalformedRequest);
        }
        let text = std::str::from_utf8(message).map_err(|_| SaslError::MalformedRequest)?;
        let mut parts = text.split('\0');
        let (Some(authzid), Some(username), Some(password), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SaslError::MalformedRequest);
        };
        if username.is_empty() || password.is_empty() {
            return Err(SaslError::MalformedRequest);
        }
        Ok(Self {
            authzid: (!authzid.is_empty()).then(|| Pii(authzid.to_owned())),
            username: Pii(normalize(username).map_err(|_| SaslError::NotAuthorized)?),
            password: Secret::new(password.to_owned()),
        })
    }

    /// As whom the client wants to act.
    pub fn authzid(&self) -> Option<&str> {
        self.authzid.as_ref().map(|authzid| authzid.0.as_str())
    }

    /// Who it is.
    pub fn username(&self) -> &str {
        &self.username.0
    }

    /// The password.
    pub fn into_password(self) -> Secret<String> {
        self.password
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n11_messages_that_are_not_three_parts_are_malformed() {
        for message in [
            &b""[..],
            b"a",
            b"a\0b",
            b"\0\0p",
            b"\0u\0",
            b"\0u\0p\0x",
            b"\0\xff\0p",
            &[b'x'; 1 << 20],
        ] {
            assert_eq!(PlainRequest::parse(message).err(), Some(SaslError::MalformedRequest));
        }
        let request = PlainRequest::parse(b"victim@h\0mallory\0secret").expect("well-formed");
        assert_eq!((request.authzid(), request.username()), (Some("victim@h"), "mallory"));
        assert!(!format!("{request:?}").contains("mallory"));
        assert_eq!(request.into_password().expose(), "secret");
        // A control character is well-formed but in no name.
        assert_eq!(PlainRequest::parse(b"\0u\x07\0p").err(), Some(SaslError::NotAuthorized));
    }
}
