//! Bookmarks of rooms in three dialects that are one, and private XML.
//!
//! The nodes `urn:xmpp:bookmarks:1` (XEP-0402, an item for each room) and `storage:bookmarks`
//! (XEP-0048, one list) hold the same rooms: whatever a client changes in one, the other
//! follows in the same transaction (`rules.rs`). Private XML (XEP-0049) shows and changes the
//! list; every other element of private XML is kept as it is (`store.rs`).
//!
//! Invariants: both nodes are the owner's alone; what a dialect cannot say is kept where it
//! was said: links in the list, extensions in the items.

mod handle;
mod proto;
mod rules;
mod store;

use skein_base::Fault;
use skein_kernel::{Addressee, Event, Feature, Spec, Subject};
use skein_xmpp::{IqType, ns};

const SPECS: &[Spec] = &[
    Spec { name: "XEP-0048", version: "1.3", title: "Bookmarks" },
    Spec { name: "XEP-0049", version: "1.2", title: "Private XML Storage" },
    Spec { name: "XEP-0402", version: "1.2.0", title: "PEP Native Bookmarks" },
    Spec { name: "XEP-0411", version: "0.2.1", title: "Bookmarks Conversion" },
];

/// The feature.
pub fn feature() -> Feature {
    let mut feature = Feature::new("bookmarks", "keeps bookmarks in all dialects, and private XML")
        .specs(SPECS)
        .tables(store::MIGRATIONS, store::STATEMENTS)
        .discovered(
            Subject::Account,
            &[
                "urn:xmpp:bookmarks:1#compat",
                "urn:xmpp:bookmarks:1#compat-pep",
                ns::BOOKMARKS_CONVERSION,
            ],
        )
        .discovered(Subject::Server, &[ns::PRIVATE])
        .follows(handle::follow)
        .on_rare(|ctx, event| {
            Box::pin(async move {
                if let Event::Removed { account, .. } = event
                    && let Err(error) = ctx.db.write(move |tx| store::forget(tx, account)).await
                {
                    let fault = Fault::from(error);
                    tracing::error!(target: "bookmarks", %fault, "private XML was not removed");
                }
            })
        });
    for addressee in [Addressee::Own, Addressee::Server] {
        feature = feature
            .iq((ns::PRIVATE, "query"), IqType::Get, addressee, |request| {
                Box::pin(handle::get(request))
            })
            .iq((ns::PRIVATE, "query"), IqType::Set, addressee, |request| {
                Box::pin(handle::set(request))
            });
    }
    feature
}
