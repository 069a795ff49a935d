//! Stream machines and their framings, without sockets and without a clock.
//!
//! The way of input: bytes, [`intake`] (TCP and WebSocket) or [`bosh`], then the
//! negotiation until a resource is bound, then [`live`]. The way of output: every element
//! goes through its connection's [`Framing`].

pub mod bosh;
pub mod component;
pub mod framing;
pub mod intake;
pub mod live;
pub mod management;
pub mod negotiation;
pub mod websocket;
pub mod wire;

pub use framing::Framing;
pub use skein_wire::Address;

/// What the stream machines implement: name, version, title.
pub const SPECIFICATIONS: &[(&str, &str, &str)] = &[
    ("RFC 5802", "", "SCRAM"),
    ("RFC 6120", "", "XMPP: Core"),
    ("RFC 7395", "", "An XMPP Subprotocol for WebSocket"),
    ("RFC 7590", "", "Use of TLS in XMPP"),
    ("RFC 7622", "", "XMPP: Address Format"),
    ("RFC 7677", "", "SCRAM-SHA-256"),
    ("RFC 9266", "", "Channel Bindings for TLS 1.3"),
    ("XEP-0124", "1.11.2", "Bidirectional-streams Over Synchronous HTTP (BOSH)"),
    ("XEP-0156", "1.4.0", "Discovering Alternative XMPP Connection Methods"),
    ("XEP-0198", "1.6.3", "Stream Management"),
    ("XEP-0206", "1.4", "XMPP Over BOSH"),
    ("XEP-0352", "1.0.0", "Client State Indication"),
    ("XEP-0368", "1.1.0", "SRV records for XMPP over TLS"),
    ("XEP-0386", "1.1.0", "Bind 2"),
    ("XEP-0388", "1.0.4", "Extensible SASL Profile"),
    ("XEP-0440", "1.0.0", "SASL Channel-Binding Type Capability"),
    ("XEP-0474", "0.5.0", "SASL SCRAM Downgrade Protection"),
    ("XEP-0478", "0.2.0", "Stream Limits Advertisement"),
    ("XEP-0484", "0.2.0", "Fast Authentication Streamlining Tokens"),
];
