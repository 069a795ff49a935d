//! Why bytes are no message of this binding.

use skein_xml::XmlError;

/// What ends the stream. None of it leaves anything behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The bytes end inside of something, or go on behind the root element.
    #[error("a message that is cut or has a tail")]
    Length,
    /// A code, symbol or form that version 1 does not know, or one that may not stand there.
    #[error("an unknown or misplaced symbol")]
    Symbol,
    /// An address is shortened before the server has said whose stream this is.
    #[error("a shortened address without an own address")]
    NoAddress,
    /// A value refers to one that was not there.
    #[error("a reference to nothing")]
    Reference,
    /// A value that its type cannot have, or a literal name that is none.
    #[error("a malformed value")]
    Value,
    /// More bytes than the limits or the ratio allow.
    #[error("too long when decoded")]
    TooLong,
    /// What was decoded is refused as XML.
    #[error("{0}")]
    Xml(#[from] XmlError),
}

impl WireError {
    /// The stream error condition (RFC 6120 section 4.9.3).
    pub const fn condition(self) -> &'static str {
        match self {
            Self::TooLong => "policy-violation",
            Self::Xml(error) => error.condition(),
            _ => "bad-format",
        }
    }
}
