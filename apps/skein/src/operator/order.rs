//! What the command line asks of the server: one JSON object a line, answered by
//! lines of [`Reply`] of which the last is not a `line`.

use serde::{Deserialize, Serialize};

/// Bytes of one order: a thousand accounts with long passwords fit.
pub(crate) const ORDER_BYTES: usize = 4 << 20;

/// One thing to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub(crate) enum Order {
    /// Make an account; without a password one is made.
    AddUser {
        /// Its address.
        jid: String,
        /// Its password.
        password: Option<String>,
        /// Whether it is an administrator.
        admin: bool,
    },
    /// Make many accounts: address and password of each.
    AddUsers {
        /// At most [`BULK`](super::work::BULK).
        users: Vec<(String, String)>,
    },
    /// List the accounts.
    ListUsers,
    /// Remove an account.
    RemoveUser {
        /// Its address.
        jid: String,
    },
    /// Set a password; without one it is made.
    SetPassword {
        /// The account's address.
        jid: String,
        /// The new password.
        password: Option<String>,
    },
    /// Shut an account out.
    Suspend {
        /// Its address.
        jid: String,
    },
    /// Let an account in.
    Resume {
        /// Its address.
        jid: String,
    },
    /// Make an invitation.
    CreateInvite {
        /// Whether the account will be an administrator.
        admin: bool,
        /// Where the account will be; by default at the main domain.
        domain: Option<String>,
        /// How long it is good, in seconds; by default as configured.
        seconds: Option<u64>,
    },
    /// List the open invitations.
    ListInvites,
    /// Make an invitation void.
    RevokeInvite {
        /// Its token.
        token: String,
    },
}

/// One line of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply {
    /// To be printed.
    Line(String),
    /// It is done.
    Done,
    /// It is not done, and why.
    Failed(String),
}
