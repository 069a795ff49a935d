//! Where the negotiation cannot go on alone.

use skein_base::Secret;
use skein_sasl::Mechanism;
use skein_xmpp::{Jid, Stanza, StreamError};

use super::{Bind, Login};

/// What the driver must do before the negotiation goes on.
#[derive(Debug)]
pub enum Demand {
    /// Send what is due, then start TLS and call [`super::Negotiation::encrypted`].
    StartTls,
    /// Look up the keys of `jid` and call [`super::Negotiation::keys`]. Unknown accounts get
    /// keys too, made up and stable.
    Keys {
        /// Whose.
        jid: Jid,
        /// For which mechanism.
        mechanism: Mechanism,
    },
    /// Check a password and call [`super::Negotiation::checked`].
    Password {
        /// Whose.
        jid: Jid,
        /// The password.
        password: Secret<String>,
    },
    /// Look up the tokens of a client and call [`super::Negotiation::tokens`] (XEP-0484).
    Tokens {
        /// Whose.
        jid: Jid,
        /// The client's id.
        client: String,
        /// For which mechanism.
        mechanism: Mechanism,
    },
    /// A request before login: answer by [`super::Negotiation::answered`].
    BeforeLogin(Stanza),
    /// Somebody failed to log in: count it.
    Failed {
        /// As whom, if the attempt got that far.
        jid: Option<Jid>,
        /// It was one attempt too many: the stream must end with this error.
        end: Option<StreamError>,
    },
    /// Resume a session: call [`super::Negotiation::resumed`] or [`super::Negotiation::not_resumed`].
    Resume {
        /// Whose.
        jid: Jid,
        /// The session's secret id.
        previd: String,
        /// How many of our stanzas the client handled.
        h: u32,
    },
    /// Bind a resource: call [`super::Negotiation::bound`] or [`super::Negotiation::not_bound`].
    Bind(Box<Bind>),
    /// The client is logged in and has asked for no more yet: note it, issue the token it
    /// asked for, then call [`super::Negotiation::welcomed`].
    Welcome(Box<Login>),
    /// Nothing: the client speaks next.
    Nothing,
    /// The client closed the stream.
    Closed,
}
