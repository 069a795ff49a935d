//! The words of XMPP: addresses, stanzas, errors, namespaces, and the payloads
//! that two features or more use.
//!
//! Floor 0. A [`Stanza`] is a head (kind, type, addresses, id, language) beside
//! its immutable content; routing changes the head and never touches the content.

pub mod command;
pub mod delay;
pub mod disco;
pub mod ephemeral;
pub mod error;
pub mod form;
pub mod jid;
pub mod ns;
pub mod rsm;
pub mod stanza;

pub use error::{Condition, ErrorType, StanzaError, StreamError};
pub use jid::{Jid, JidError};
pub use stanza::{IqType, Kind, MessageType, PresenceType, Shared, Stanza};
