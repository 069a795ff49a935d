//! Each account's log: archive (XEP-0313), offline messages (XEP-0160), inbox, search.
//!
//! A message that is worth keeping is written once and named by an entry in the log
//! of each side. Everything else is a view of the log: the archive shows it, an
//! absent client is owed a part of it, unread counts compare it with how far its
//! owner has read, a retraction changes it.
//!
//! Its way of a message: `handle.rs` decides at the stages Record, Keep and Absent who
//! keeps it; `log.rs` appends in the writer's transaction; `offline.rs` gives what is
//! owed to a client that becomes available; `query/` answers clients that read
//! the log themselves, and `readers.rs` remembers them.
//!
//! Invariants: an id that any client has seen is in the log after any crash;
//! sequence numbers have no gaps while nothing is removed and are never used twice;
//! order is by sequence number, never by clock.

mod append;
mod conversations;
mod expiry;
mod handle;
mod ids;
mod inbox;
mod jobs;
mod leaving;
mod log;
mod names;
mod offline;
mod owing;
mod preferences;
mod query;
mod readers;
mod rules;
mod search;
mod shared;
mod store;
#[cfg(test)]
mod tests;
mod tombstone;

use std::sync::Arc;

use skein_base::Secret;
use skein_config::Limits;
use skein_kernel::{Feature, Spec, Stage, Subject};
use skein_session::user::Slot;
use skein_xmpp::ns;

use log::Archive;

/// The feature. `secret` is the server's.
pub fn feature(secret: &Secret<[u8; 32]>, limits: &Limits) -> Feature {
    let archive = Arc::new(Archive::new(secret, limits));
    let contract = archive.clone();
    let feature = Feature::new("archive", "keeps and serves each account's messages")
        .specs(&[
            Spec {
                name: "XEP-0160",
                version: "1.0.1",
                title: "Best Practices for Handling Offline Messages",
            },
            Spec { name: "XEP-0203", version: "2.0", title: "Delayed Delivery" },
            Spec { name: "XEP-0297", version: "1.0", title: "Stanza Forwarding" },
            Spec { name: "XEP-0313", version: "1.1.3", title: "Message Archive Management" },
            Spec { name: "XEP-0334", version: "0.4.0", title: "Message Processing Hints" },
            Spec { name: "XEP-0424", version: "0.4.2", title: "Message Retraction" },
            Spec { name: "XEP-0431", version: "0.3.0", title: "Full Text Search in MAM" },
            Spec {
                name: "XEP-0441",
                version: "0.2.0",
                title: "Message Archive Management Preferences",
            },
        ])
        .tables(store::MIGRATIONS, store::STATEMENTS)
        .tables(&[], shared::STATEMENTS)
        .tables(&[], owing::STATEMENTS)
        .tables(&[], leaving::STATEMENTS)
        .state(archive)
        .provides(|provides| provides.log = Some(contract))
        .slot(|tx, account| {
            let preferences = store::preferences(tx, account)?;
            Ok(preferences.map(|preferences| Arc::new(preferences) as Slot))
        })
        .stage(Stage::Record(handle::record))
        .stage(Stage::Keep(handle::keep))
        .stage(Stage::Absent(handle::absent))
        .on(|ctx, event| Box::pin(offline::hear(ctx, event)))
        .discovered(Subject::Server, &[ns::OFFLINE]);
    let feature = inbox::register(preferences::register(query::register(feature)));
    let feature = conversations::register(expiry::register(feature));
    jobs::register(names::register(readers::register(feature)))
}
