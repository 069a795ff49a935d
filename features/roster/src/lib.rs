//! Contact lists (RFC 6121 section 2) with versions (XEP-0237).
//!
//! Its way: `handle.rs` answers `jabber:iq:roster`; `book.rs` fulfils the contract
//! by which the presence feature changes subscriptions; both write through
//! `store.rs`, refresh the owner's slot and push the entry to interested sessions.
//!
//! Invariants: a client cannot change a subscription through a roster set; the
//! slot follows the store, never the other way round; every change has a version
//! and every push carries it.

mod book;
mod handle;
mod proto;
mod push;
mod rules;
mod store;

use std::sync::Arc;

use skein_kernel::{Addressee, Event, Feature, Spec, Subject};
use skein_session::user::Slot;
use skein_xmpp::{IqType, ns};

/// The feature.
pub fn feature() -> Feature {
    Feature::new("roster", "keeps each account's contacts and their subscriptions")
        .specs(&[
            Spec { name: "RFC 6121", version: "", title: "Instant Messaging and Presence" },
            Spec { name: "XEP-0237", version: "1.3", title: "Roster Versioning" },
        ])
        .tables(store::MIGRATIONS, store::STATEMENTS)
        .slot(|tx, account| {
            let roster = store::load(tx, account)?;
            Ok((!roster.contacts.is_empty()).then(|| Arc::new(roster) as Slot))
        })
        .iq((ns::ROSTER, "query"), IqType::Get, Addressee::Own, |request| {
            Box::pin(handle::get(request))
        })
        .iq((ns::ROSTER, "query"), IqType::Set, Addressee::Own, |request| {
            Box::pin(handle::set(request))
        })
        .discovered(Subject::Server, &[ns::ROSTER])
        .provides(|provides| provides.roster = Some(Arc::new(book::Book)))
        .on_rare(|ctx, event| {
            Box::pin(async move {
                if let Event::Removed { account, .. } = event {
                    let _ = ctx.db.write(move |tx| store::forget(tx, account)).await;
                }
            })
        })
}
