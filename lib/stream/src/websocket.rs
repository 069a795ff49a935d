//! XMPP over WebSocket (RFC 6455 framing, RFC 7395 subprotocol `xmpp`).
//!
//! An idle connection owns one [`WebSocket`] of a few bytes and no buffer:
//! frames are decoded in the buffer that the transport lends, unmasked and
//! joined in place.

mod endpoint;
mod frame;
mod handshake;
#[cfg(test)]
mod tests;

pub use endpoint::{Step, WebSocket};
pub use frame::{Violation, close_code};
pub use handshake::{Accepted, Origins, Refusal, Subprotocol, Upgrade};

/// Frames one message may be split into. Browsers and proxies send one or two;
/// each further frame costs a move of what came before. The default; see
/// [`WebSocket::set_fragments`].
pub const FRAGMENTS: u8 = skein_base::limits::WEBSOCKET_FRAGMENTS;
/// Control frames that may come between the fragments of one message, which
/// bounds the work a peer causes by keeping a message open.
pub const CONTROLS_IN_MESSAGE: u8 = 32;
/// Payload of a control frame (RFC 6455 section 5.5).
pub const CONTROL_BYTES: usize = 125;
