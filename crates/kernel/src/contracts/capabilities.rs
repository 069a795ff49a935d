//! What the clients of sessions can do, as far as they told (XEP-0115).

use skein_base::Timestamp;
use skein_session::Session;
use skein_xmpp::ns;

/// The features of clients that make a difference to us.
pub const LOOKED_FOR: [&str; 3] = [ns::EPHEMERAL, ns::VIEW_ONCE, ns::WHISPER];

/// See the module.
pub trait Capabilities: Send + Sync {
    /// Whether the client wants to be notified of `node` (`+notify`, XEP-0060 section 9.2).
    fn wants(&self, session: &Session, node: &str) -> bool;

    /// Whether it wants to be notified of anything.
    fn wants_any(&self, session: &Session) -> bool;

    /// Whether nothing is known of it yet, but will be if it answers: it was asked, or is just
    /// about to be, and its time to answer is not over at `now`.
    fn is_asked(&self, session: &Session, now: Timestamp) -> bool;

    /// Whether it knows one of [`LOOKED_FOR`].
    fn knows(&self, session: &Session, feature: &str) -> bool;
}

/// Nothing is known of any client.
pub struct IgnoreCapabilities;

impl Capabilities for IgnoreCapabilities {
    fn wants(&self, _: &Session, _: &str) -> bool {
        false
    }

    fn wants_any(&self, _: &Session) -> bool {
        false
    }

    fn is_asked(&self, _: &Session, _: Timestamp) -> bool {
        false
    }

    fn knows(&self, _: &Session, _: &str) -> bool {
        false
    }
}
