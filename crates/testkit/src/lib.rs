//! What the tests of features stand on: the kernel and the router with a fresh database,
//! people with sessions that say and hear stanzas, and a clock that stands still until it
//! is set. No sockets, no TLS and no HTTP, so a feature's tests link fast.
//!
//! Floor 1, for tests only. A [`World`] is made of the features under test; what they need
//! of others and is not among them is stood in for by [`standin`].
//!
//! Everything that a stanza brings about has happened when [`Client::say`] returns, so
//! tests neither wait nor sleep.

mod client;
mod standin;
mod world;

pub use client::{Client, refusal};
pub use world::{BEGIN, World};
