//! Personal eventing (XEP-0163): what an account publishes about itself, such as keys,
//! avatars and bookmarks, and how far it has read (XEP-0490).
//!
//! Its way: `proto/` reads a request, `handle/` loads the node, `rules/` decides,
//! `store.rs` keeps it in one transaction, `notify.rs` tells the sessions that want to
//! know: the owner's own and, as the node's access allows, those of contacts.
//! `last.rs` gives a session that became able the last item of each node it wants.
//! `displayed.rs` publishes on the owner's behalf.
//!
//! Invariants: nobody but the owner changes a node; who may not read a node is not
//! notified of it either; strangers learn nothing, not even that there is an
//! account, except from nodes that the owner opened to everyone.

mod displayed;
mod handle;
mod last;
mod notify;
mod proto;
mod rules;
mod store;

use skein_kernel::{Addressee, Event, Feature, Spec, Stage, Subject};
use skein_xmpp::{IqType, ns};

/// Names of XEP-0060 section 10 for what is done here.
const FEATURES: [&str; 25] = [
    ns::PUBSUB,
    ns::DISPLAYED_ASSIST,
    "http://jabber.org/protocol/pubsub#access-open",
    "http://jabber.org/protocol/pubsub#access-presence",
    "http://jabber.org/protocol/pubsub#access-whitelist",
    "http://jabber.org/protocol/pubsub#auto-create",
    "http://jabber.org/protocol/pubsub#auto-subscribe",
    "http://jabber.org/protocol/pubsub#config-node",
    "http://jabber.org/protocol/pubsub#config-node-max",
    "http://jabber.org/protocol/pubsub#create-and-configure",
    "http://jabber.org/protocol/pubsub#create-nodes",
    "http://jabber.org/protocol/pubsub#delete-items",
    "http://jabber.org/protocol/pubsub#delete-nodes",
    "http://jabber.org/protocol/pubsub#filtered-notifications",
    "http://jabber.org/protocol/pubsub#item-ids",
    "http://jabber.org/protocol/pubsub#last-published",
    "http://jabber.org/protocol/pubsub#multi-items",
    "http://jabber.org/protocol/pubsub#persistent-items",
    "http://jabber.org/protocol/pubsub#presence-notifications",
    "http://jabber.org/protocol/pubsub#publish",
    "http://jabber.org/protocol/pubsub#publish-options",
    "http://jabber.org/protocol/pubsub#purge-nodes",
    "http://jabber.org/protocol/pubsub#retract-items",
    "http://jabber.org/protocol/pubsub#retrieve-default",
    "http://jabber.org/protocol/pubsub#retrieve-items",
];

/// The feature.
pub fn feature() -> Feature {
    let mut feature =
        Feature::new("pep", "keeps and announces what accounts publish about themselves")
            .specs(&[
                Spec { name: "XEP-0060", version: "1.31.0", title: "Publish-Subscribe" },
                Spec { name: "XEP-0163", version: "1.2.2", title: "Personal Eventing Protocol" },
                Spec {
                    name: "XEP-0223",
                    version: "1.1.1",
                    title: "Persistent Storage of Private Data via PubSub",
                },
                Spec {
                    name: "XEP-0490",
                    version: "1.0.1",
                    title: "Message Displayed Synchronization",
                },
            ])
            .tables(store::MIGRATIONS, store::STATEMENTS)
            .stage(Stage::Record(displayed::record))
            .identity(Subject::Account, "pubsub", "pep")
            .discovered(Subject::Account, &FEATURES)
            .on(|ctx, event| {
                Box::pin(async move {
                    match event {
                        Event::Capable(session) => last::give(&ctx, &session).await,
                        Event::Removed { account, .. } => {
                            notify::log(ctx.db.write(move |tx| store::forget(tx, account)).await);
                        }
                        _ => {}
                    }
                })
            });
    for addressee in [Addressee::Own, Addressee::Other] {
        feature = feature
            .iq((ns::PUBSUB, "pubsub"), IqType::Get, addressee, |request| {
                Box::pin(handle::get(request))
            })
            .iq((ns::PUBSUB, "pubsub"), IqType::Set, addressee, |request| {
                Box::pin(handle::set(request))
            })
            .iq((ns::PUBSUB_OWNER, "pubsub"), IqType::Get, addressee, |request| {
                Box::pin(handle::owner(request))
            })
            .iq((ns::PUBSUB_OWNER, "pubsub"), IqType::Set, addressee, |request| {
                Box::pin(handle::owner(request))
            });
    }
    feature
}
