//! Decisions: pure functions on plain data.

mod access;
mod config;

pub(crate) use access::{Viewer, may_read, unreadable};
pub(crate) use config::{Access, Config, SendLast};

use skein_xmpp::{Condition, StanzaError, ns};

/// Nodes of one account.
pub(crate) const NODES: i64 = 256;
/// Items of one node; `max` in a request.
pub(crate) const ITEMS: u32 = 256;
/// Bytes of one item's payload: an avatar of 64 KiB in base64 fits, and a page of items
/// still goes through an outbox.
pub(crate) const ITEM_BYTES: usize = 128 * 1024;
/// Bytes of the name of a node or an item. XEP-0060 section 12.12 has 1023.
pub(crate) const NAME_BYTES: usize = 1023;
/// Bytes of payloads in one answer; the newest items are given.
pub(crate) const ANSWER_BYTES: usize = 512 * 1024;

/// A stanza error with a condition of XEP-0060 section 16.2 beside it.
pub(crate) const fn error(condition: Condition, specific: &'static str) -> StanzaError {
    StanzaError::new(condition).specific(specific, ns::PUBSUB_ERRORS)
}
