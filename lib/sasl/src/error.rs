//! Why a login fails.

/// The conditions of RFC 6120 section 6.5, and one of XEP-0484.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SaslError {
    /// The client gave up.
    #[error("aborted")]
    Aborted,
    /// The account may not log in.
    #[error("account-disabled")]
    AccountDisabled,
    /// The token or password is too old.
    #[error("credentials-expired")]
    CredentialsExpired,
    /// TLS first.
    #[error("encryption-required")]
    EncryptionRequired,
    /// Not base64.
    #[error("incorrect-encoding")]
    IncorrectEncoding,
    /// The client wants to act as somebody else.
    #[error("invalid-authzid")]
    InvalidAuthzid,
    /// Not one of those offered.
    #[error("invalid-mechanism")]
    InvalidMechanism,
    /// The message breaks the mechanism's grammar.
    #[error("malformed-request")]
    MalformedRequest,
    /// Wrong, whatever it was.
    #[error("not-authorized")]
    NotAuthorized,
    /// Our fault, or too many attempts: try again later.
    #[error("temporary-auth-failure")]
    TemporaryAuthFailure,
}

impl SaslError {
    /// The element's name.
    pub const fn condition(self) -> &'static str {
        match self {
            Self::Aborted => "aborted",
            Self::AccountDisabled => "account-disabled",
            Self::CredentialsExpired => "credentials-expired",
            Self::EncryptionRequired => "encryption-required",
            Self::IncorrectEncoding => "incorrect-encoding",
            Self::InvalidAuthzid => "invalid-authzid",
            Self::InvalidMechanism => "invalid-mechanism",
            Self::MalformedRequest => "malformed-request",
            Self::NotAuthorized => "not-authorized",
            Self::TemporaryAuthFailure => "temporary-auth-failure",
        }
    }
}
