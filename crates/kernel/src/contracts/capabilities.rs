//! What the clients of sessions can do, as far as they told (XEP-0115).

use skein_session::Session;

/// See the module.
pub trait Capabilities: Send + Sync {
    /// Whether the client wants to be notified of `node` (`+notify`, XEP-0060 section 9.2).
    fn wants(&self, session: &Session, node: &str) -> bool;

    /// Whether it wants to be notified of anything.
    fn wants_any(&self, session: &Session) -> bool;
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
}
