//! The opening handshake (RFC 6455 section 4.2), without a web server in sight.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest, Sha1};
use thiserror::Error;

/// What a WebSocket carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subprotocol {
    /// XML in text messages (RFC 7395).
    Xmpp,
    /// The compact binding in binary messages (docs/wire.md).
    Wire,
}

impl Subprotocol {
    const ALL: [Self; 2] = [Self::Xmpp, Self::Wire];

    /// As it stands in `Sec-WebSocket-Protocol`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xmpp => "xmpp",
            Self::Wire => "skein-wire-1",
        }
    }
}

/// A handshake that is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// `Sec-WebSocket-Accept`.
    pub accept: String,
    /// The first of the client's subprotocols that we speak.
    pub subprotocol: Subprotocol,
}

const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What the handshake needs of an HTTP request. Missing headers are empty;
/// headers that came several times are joined with commas.
#[derive(Debug, Clone, Copy, Default)]
pub struct Upgrade<'a> {
    /// The request method.
    pub method: &'a str,
    /// `Connection`.
    pub connection: &'a str,
    /// `Upgrade`.
    pub upgrade: &'a str,
    /// `Sec-WebSocket-Version`.
    pub version: &'a str,
    /// `Sec-WebSocket-Key`.
    pub key: &'a str,
    /// `Sec-WebSocket-Protocol`.
    pub protocols: &'a str,
    /// `Origin`; `None` when there was none, as with clients that are no browsers.
    pub origin: Option<&'a str>,
}

/// Why a handshake is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Not a WebSocket handshake, or a malformed one.
    #[error("not a WebSocket handshake")]
    NotWebSocket,
    /// Another version than 13; the answer carries `Sec-WebSocket-Version: 13`.
    #[error("WebSocket version is not 13")]
    Version,
    /// The client speaks no subprotocol of ours.
    #[error("subprotocol xmpp not offered")]
    Subprotocol,
    /// A page from somewhere else opened the connection.
    #[error("origin not allowed")]
    Origin,
}

impl Refusal {
    /// The HTTP status to answer with.
    pub const fn status(self) -> u16 {
        match self {
            Self::NotWebSocket => 400,
            Self::Version => 426,
            Self::Subprotocol | Self::Origin => 403,
        }
    }
}

/// Web pages that may open a stream. A login never rests on cookies alone, so
/// this is the second lock and not the only one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Any page; for services that other web sites embed.
    Any,
    /// Only these origins, as browsers send them: `https://chat.example.org`,
    /// `http://localhost:8080`.
    Only(Vec<String>),
}

impl Origins {
    /// Whether a page of `origin` may connect. Compared whole, because a prefix
    /// or suffix would let look-alikes in. No `Origin` means no browser page.
    pub fn allow(&self, origin: Option<&str>) -> bool {
        match (self, origin) {
            (Self::Any, _) | (_, None) => true,
            (Self::Only(list), Some(origin)) => {
                list.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
            }
        }
    }
}

impl Upgrade<'_> {
    /// Checks the request. The answer is 101 with both values of [`Accepted`].
    ///
    /// # Errors
    /// The first rule that does not hold, with its HTTP status.
    pub fn accept(&self, origins: &Origins) -> Result<Accepted, Refusal> {
        let is_upgrade = self.method == "GET"
            && has_token(self.connection, "upgrade")
            && has_token(self.upgrade, "websocket");
        if !is_upgrade {
            return Err(Refusal::NotWebSocket);
        }
        if self.version.trim() != "13" {
            return Err(Refusal::Version);
        }
        let key = self.key.trim();
        if BASE64_STANDARD.decode(key).map_or(true, |nonce| nonce.len() != 16) {
            return Err(Refusal::NotWebSocket);
        }
        if !origins.allow(self.origin) {
            return Err(Refusal::Origin);
        }
        // Subprotocol names are case-sensitive (RFC 6455 section 11.3.4).
        let known = |name: &str| Subprotocol::ALL.into_iter().find(|own| own.name() == name.trim());
        let Some(subprotocol) = self.protocols.split(',').find_map(known) else {
            return Err(Refusal::Subprotocol);
        };
        let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
        Ok(Accepted { accept: BASE64_STANDARD.encode(digest), subprotocol })
    }
}

fn has_token(list: &str, token: &str) -> bool {
    list.split(',').any(|item| item.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Upgrade<'_> = Upgrade {
        method: "GET",
        connection: "keep-alive, Upgrade",
        upgrade: "websocket",
        version: "13",
        key: "dGhlIHNhbXBsZSBub25jZQ==",
        protocols: "chat, xmpp",
        origin: Some("https://chat.example.org"),
    };

    fn own() -> Origins {
        Origins::Only(vec!["https://chat.example.org".into()])
    }

    #[test]
    fn the_accept_value_of_the_rfc_comes_out() {
        let accepted = GOOD.accept(&own()).unwrap();
        assert_eq!(accepted.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(accepted.subprotocol, Subprotocol::Xmpp);
        assert!(Upgrade { origin: None, ..GOOD }.accept(&own()).is_ok());
    }

    #[test]
    fn w01_foreign_pages_are_refused_with_403() {
        for origin in [
            "https://evil.example",
            "null",
            "https://chat.example.org.evil.example",
            "https://evilchat.example.org",
            "http://chat.example.org",
            "https://chat.example.org:8443",
            "https://chat.example.org/",
            "",
        ] {
            let refused = Upgrade { origin: Some(origin), ..GOOD }.accept(&own());
            assert_eq!(refused, Err(Refusal::Origin), "{origin}");
        }
        assert_eq!(Refusal::Origin.status(), 403);
        assert!(Upgrade { origin: Some("null"), ..GOOD }.accept(&Origins::Any).is_ok());
    }

    #[test]
    fn w01_without_the_subprotocol_the_answer_is_403() {
        for protocols in ["", "chat", "XMPP", "xmpp-framing", "soap, mqtt", "skein-wire-2"] {
            let refused = Upgrade { protocols, ..GOOD }.accept(&own());
            assert_eq!(refused.map_err(Refusal::status), Err(403), "{protocols}");
        }
    }

    #[test]
    fn the_clients_order_chooses_the_subprotocol() {
        for (protocols, chosen) in [
            ("skein-wire-1, xmpp", Subprotocol::Wire),
            ("xmpp, skein-wire-1", Subprotocol::Xmpp),
            ("skein-wire-9,skein-wire-1", Subprotocol::Wire),
        ] {
            let accepted = Upgrade { protocols, ..GOOD }.accept(&own());
            assert_eq!(accepted.map(|accepted| accepted.subprotocol), Ok(chosen), "{protocols}");
        }
    }

    #[test]
    fn what_is_no_handshake_is_refused() {
        for (bad, status) in [
            (Upgrade { method: "POST", ..GOOD }, 400),
            (Upgrade { connection: "close", ..GOOD }, 400),
            (Upgrade { upgrade: "h2c", ..GOOD }, 400),
            (Upgrade { version: "8", ..GOOD }, 426),
            (Upgrade { key: "", ..GOOD }, 400),
            (Upgrade { key: "c2hvcnQ=", ..GOOD }, 400),
            (Upgrade { key: "!", ..GOOD }, 400),
        ] {
            assert_eq!(bad.accept(&own()).map_err(Refusal::status), Err(status));
        }
    }
}
