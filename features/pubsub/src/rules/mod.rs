//! Decisions: pure functions on plain data.

mod access;
mod config;
mod people;

pub(crate) use access::{Kin, Standing, may_publish, may_read, unreadable};
pub(crate) use config::{Access, Base, Config, Full, ItemReply, PublishModel, SendLast, Shown};
pub(crate) use people::{Affiliation, State};

use skein_kernel::Ctx;
use skein_xmpp::{Condition, StanzaError, ns};

/// Bytes of the name of a node or an item. XEP-0060 section 12.12 has 1023.
pub(crate) const NAME_BYTES: usize = 1023;
/// Bytes of payloads in one answer, so that it goes through an outbox; a page of the list
/// gives the rest.
pub(crate) const ANSWER_BYTES: usize = 512 * 1024;
/// Affiliations of one node: a whitelist of more people is a group of its own.
pub(crate) const AFFILIATIONS: i64 = 1_000;
/// Subscriptions of one node, each a message for every item.
pub(crate) const SUBSCRIBERS: i64 = 10_000;
/// Nodes in one answer of service discovery.
pub(crate) const LISTED: usize = 500;

/// Nodes whose content is the owner's alone (XEP-0048, XEP-0402, XEP-0490): whatever a
/// client asks for, they are never opened.
const PRIVATE_NODES: [&str; 3] = [ns::BOOKMARKS, ns::OLD_BOOKMARKS, ns::DISPLAYED];

/// Whether a personal node of that name is the owner's alone.
pub(crate) fn is_private(node: &str) -> bool {
    PRIVATE_NODES.contains(&node)
}

/// What the operator allows (`[limits]`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Nodes of one account, or made by one account at a service.
    pub(crate) nodes: i64,
    /// Items of one node; what `max` stands for.
    pub(crate) items: u32,
    /// Bytes of one item's payload.
    pub(crate) item_bytes: usize,
    /// Bytes of all payloads of an account, or of the nodes that it made at a service.
    pub(crate) bytes: i64,
    /// Subscriptions of one account at one place.
    pub(crate) subscriptions: i64,
}

impl Bounds {
    /// Those of the configuration.
    pub(crate) fn of(ctx: &Ctx) -> Self {
        let limits = &ctx.config.limits;
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        Self {
            nodes: number(limits.pubsub_nodes),
            items: u32::try_from(limits.pubsub_items).unwrap_or(u32::MAX),
            item_bytes: limits.pubsub_item_bytes,
            bytes: number(limits.pubsub_bytes),
            subscriptions: number(limits.pubsub_subscriptions),
        }
    }
}

/// A stanza error with a condition of XEP-0060 section 16.2 beside it.
pub(crate) const fn error(condition: Condition, specific: &'static str) -> StanzaError {
    StanzaError::new(condition).specific(specific, ns::PUBSUB_ERRORS)
}

macro_rules! names {
    ($of:ident { $($variant:ident $text:literal,)* }) => {
        impl $of {
            /// As written on the wire.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one of that name.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }

            /// All names.
            #[allow(dead_code, reason = "not all are offered in forms")]
            pub(crate) const NAMES: &[&str] = &[$($text,)*];
        }
    };
}
pub(crate) use names;
