//! Mechanisms and channel bindings by name.

use crate::hash::Hash;

/// What ties a login to its TLS connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChannelBinding {
    /// Keying material exported from TLS 1.3 (RFC 9266).
    Exporter,
    /// A hash of the server's certificate (RFC 5929 section 4).
    ServerEndPoint,
}

impl ChannelBinding {
    /// As registered.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exporter => "tls-exporter",
            Self::ServerEndPoint => "tls-server-end-point",
        }
    }

    /// The binding of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Exporter, Self::ServerEndPoint].into_iter().find(|binding| binding.name() == name)
    }
}

/// A SASL mechanism that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// SCRAM over a hash, with or without channel binding.
    Scram(Hash, bool),
    /// The password itself.
    Plain,
    /// HT-SHA-256 with the given channel binding (draft-schmaus-kitten-sasl-ht).
    Token(Option<ChannelBinding>),
}

impl Mechanism {
    /// All of them, the best first.
    pub const ALL: [Self; 10] = [
        Self::Scram(Hash::Sha512, true),
        Self::Scram(Hash::Sha256, true),
        Self::Scram(Hash::Sha1, true),
        Self::Scram(Hash::Sha512, false),
        Self::Scram(Hash::Sha256, false),
        Self::Scram(Hash::Sha1, false),
        Self::Plain,
        Self::Token(Some(ChannelBinding::Exporter)),
        Self::Token(Some(ChannelBinding::ServerEndPoint)),
        Self::Token(None),
    ];

    /// As registered.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scram(Hash::Sha1, false) => "SCRAM-SHA-1",
            Self::Scram(Hash::Sha1, true) => "SCRAM-SHA-1-PLUS",
            Self::Scram(Hash::Sha256, false) => "SCRAM-SHA-256",
            Self::Scram(Hash::Sha256, true) => "SCRAM-SHA-256-PLUS",
            Self::Scram(Hash::Sha512, false) => "SCRAM-SHA-512",
            Self::Scram(Hash::Sha512, true) => "SCRAM-SHA-512-PLUS",
            Self::Plain => "PLAIN",
            Self::Token(None) => "HT-SHA-256-NONE",
            Self::Token(Some(ChannelBinding::Exporter)) => "HT-SHA-256-EXPR",
            Self::Token(Some(ChannelBinding::ServerEndPoint)) => "HT-SHA-256-ENDP",
        }
    }

    /// The mechanism of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name() == name)
    }

    /// Whether it takes a token of FAST instead of a password.
    pub const fn is_token(self) -> bool {
        matches!(self, Self::Token(_))
    }
}
