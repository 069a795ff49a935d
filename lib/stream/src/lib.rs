//! Stream machines and their framings, without sockets and without a clock.
//!
//! The way of input: bytes, [`intake`] (TCP and WebSocket) or [`bosh`], then the
//! negotiation until a resource is bound, then [`live`]. The way of output: every element
//! goes through its connection's [`Framing`].

pub mod bosh;
pub mod framing;
pub mod intake;
pub mod live;
pub mod management;
pub mod negotiation;
pub mod websocket;

pub use framing::Framing;
