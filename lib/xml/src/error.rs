//! Why bytes are refused.

/// Every refusal ends the stream: after one, where the next element begins is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum XmlError {
    /// A document type declaration, comment, processing instruction or an
    /// entity beyond the five (RFC 6120 section 11.1).
    #[error("a construct that XMPP forbids")]
    Restricted,
    /// Not XML, or not XML with namespaces.
    #[error("not well-formed")]
    NotWellFormed,
    /// A prefix that nobody declared.
    #[error("undeclared namespace prefix")]
    BadNamespacePrefix,
    /// A namespace name with characters that no URI has. Parsers disagree about them.
    #[error("namespace name is not a URI")]
    InvalidNamespace,
    /// Bytes that are not UTF-8, or a character that XML does not know.
    #[error("bad encoding or forbidden character")]
    Encoding,
    /// The XML declaration names another encoding than UTF-8.
    #[error("encoding is not UTF-8")]
    UnsupportedEncoding,
    /// A stream header where an element was due.
    #[error("a second stream header")]
    SecondHeader,
    /// More bytes than [`Limits::bytes`](crate::Limits), or a name or character
    /// reference of absurd length.
    #[error("too long")]
    TooLong,
    /// Nested deeper than [`Limits::depth`](crate::Limits).
    #[error("nested too deep")]
    TooDeep,
    /// More elements than [`Limits::elements`](crate::Limits).
    #[error("too many elements")]
    TooManyElements,
    /// More attributes on one element than [`Limits::attributes`](crate::Limits),
    /// or too many live prefixes.
    #[error("too many attributes or prefixes")]
    TooManyAttributes,
    /// A value longer than [`Limits::attribute_bytes`](crate::Limits).
    #[error("attribute value too long")]
    AttributeTooLong,
}

impl XmlError {
    /// The stream error condition (RFC 6120 section 4.9.3).
    pub const fn condition(self) -> &'static str {
        match self {
            Self::Restricted => "restricted-xml",
            Self::NotWellFormed | Self::Encoding => "not-well-formed",
            Self::BadNamespacePrefix => "bad-namespace-prefix",
            Self::InvalidNamespace => "invalid-namespace",
            Self::UnsupportedEncoding => "unsupported-encoding",
            Self::SecondHeader => "invalid-xml",
            Self::TooLong
            | Self::TooDeep
            | Self::TooManyElements
            | Self::TooManyAttributes
            | Self::AttributeTooLong => "policy-violation",
        }
    }
}
