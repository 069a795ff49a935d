//! Publish-subscribe (XEP-0060): what accounts publish about themselves (XEP-0163), such as
//! keys, avatars and bookmarks, and a service of its own at `pubsub.` of each domain.
//!
//! Its way: a request reaches an account (`handle/`) or a service (`handle/host.rs`) and
//! becomes a `Call` (`place.rs`): where, who, and how they stand to each other. From there
//! both are the same: `proto/` reads, `rules/` decide, `store/` keeps in one transaction
//! with what other features say must follow (`edit.rs`), `notify.rs` tells those who want to
//! know, and `held.rs` keeps events for sessions of which that is not known yet. `last.rs` gives a session that became able the last item of each node it wants;
//! `displayed.rs` publishes on the owner's behalf; `expire.rs` removes what is over;
//! `contract.rs` is for other features.
//!
//! Invariants: who may not read a node is not notified of it either; strangers learn
//! nothing of an account, not even that it exists, except from nodes that it opened to
//! them; nobody is subscribed who did not ask; what is refused changed nothing.

mod contract;
mod displayed;
mod edit;
mod expire;
mod handle;
mod held;
mod last;
mod notify;
mod place;
mod proto;
mod rules;
mod store;
mod stories;

use std::sync::Arc;
use std::time::Duration;

use held::Held;
use skein_kernel::{Addressee, Alarm, Bell, Event, Feature, Host, Job, Spec, Stage, Subject};
use skein_xmpp::{IqType, ns};

macro_rules! pubsub {
    ($($name:literal)*) => { [$(concat!("http://jabber.org/protocol/pubsub#", $name)),*] };
}

/// Names of XEP-0060 section 10 for what is done at accounts and at services.
const FEATURES: [&str; 34] = pubsub! {
    "access-authorize" "access-open" "access-whitelist" "auto-create" "config-node"
    "config-node-max" "create-and-configure" "create-nodes" "delete-items" "delete-nodes"
    "item-ids" "last-published" "manage-subscriptions" "member-affiliation" "meta-data"
    "modify-affiliations" "multi-items" "outcast-affiliation" "persistent-items" "publish"
    "publish-only-affiliation" "publish-options" "publisher-affiliation" "purge-nodes"
    "retract-items" "retrieve-affiliations" "retrieve-default" "retrieve-default-sub"
    "retrieve-items" "retrieve-subscriptions" "rsm" "subscribe" "subscription-notifications"
    "subscription-options"
};
/// What only accounts have.
const OF_ACCOUNTS: [&str; 5] = pubsub! {
    "access-presence" "access-roster" "auto-subscribe" "filtered-notifications"
    "presence-notifications"
};
/// What only services have.
const OF_SERVICES: [&str; 1] = pubsub! { "instant-nodes" };

/// What a service says that it can do.
pub(crate) static SERVICE_FEATURES: std::sync::LazyLock<Vec<&'static str>> =
    std::sync::LazyLock::new(|| {
        let own =
            [ns::DISCO_INFO, ns::DISCO_ITEMS, ns::PUBSUB, ns::RSM, ns::PING, ns::PUBSUB_FILTER];
        FEATURES.into_iter().chain(OF_SERVICES).chain(own).collect()
    });

const SPECS: &[Spec] = &[
    Spec { name: "XEP-0080", version: "1.10.0", title: "User Location (as a node of PEP)" },
    Spec { name: "XEP-0107", version: "1.2.2", title: "User Mood (as a node of PEP)" },
    Spec { name: "XEP-0108", version: "1.3", title: "User Activity (as a node of PEP)" },
    Spec { name: "XEP-0118", version: "1.3.0", title: "User Tune (as a node of PEP)" },
    Spec { name: "XEP-0172", version: "1.1", title: "User Nickname (as a node of PEP)" },
    Spec { name: "XEP-0060", version: "1.31.0", title: "Publish-Subscribe" },
    Spec { name: "XEP-0163", version: "1.2.2", title: "Personal Eventing Protocol" },
    Spec {
        name: "XEP-0222",
        version: "1.1.1",
        title: "Persistent Storage of Public Data via PubSub",
    },
    Spec {
        name: "XEP-0223",
        version: "1.1.1",
        title: "Persistent Storage of Private Data via PubSub",
    },
    Spec { name: "XEP-0462", version: "0.1.1", title: "PubSub Type Filtering" },
    Spec { name: "XEP-0472", version: "0.2.1", title: "Pubsub Social Feed" },
    Spec { name: "XEP-0490", version: "1.0.1", title: "Message Displayed Synchronization" },
    Spec { name: "XEP-0501", version: "0.2.0", title: "Pubsub Stories" },
];

/// What waits: items for their end, events for a client's word.
#[derive(Default)]
pub(crate) struct Waiting {
    /// Rung for items that go by themselves.
    pub(crate) due: Bell,
    pub(crate) held: Arc<Held>,
}

/// The feature.
pub fn feature() -> Feature {
    let mut feature = Feature::new("pubsub", "keeps and announces what accounts publish")
        .specs(SPECS)
        .tables(store::MIGRATIONS, &[])
        .stage(Stage::Record(displayed::record))
        .identity(Subject::Account, "pubsub", "pep")
        .discovered(
            Subject::Account,
            &[ns::PUBSUB, ns::DISPLAYED_ASSIST, ns::SOCIAL_FEED, ns::STORIES],
        )
        .discovered(Subject::Account, &FEATURES)
        // Clients that are older than XEP-0163's present text look for it here.
        .discovered(Subject::Server, &[ns::PUBSUB])
        .discovered(Subject::Server, &FEATURES)
        .discovered(Subject::Account, &OF_ACCOUNTS)
        .provides(|provides| provides.published = Some(Arc::new(contract::Nodes)))
        .state(Arc::new(Waiting::default()))
        .alarm(Alarm {
            name: "pubsub.expiry",
            bell: |ctx| &ctx.state::<Waiting>().due,
            run: |ctx| Box::pin(expire::run(ctx)),
        })
        .job(Job {
            name: "forget what is held for clients that do not answer",
            every: Duration::from_secs(60),
            run: |ctx| {
                Box::pin(async move {
                    let held = &ctx.state::<Waiting>().held;
                    held.sweep(&*ctx.contracts.capabilities, ctx.now());
                })
            },
        })
        .host(Host {
            domains: |config| match config.pubsub.host.as_str() {
                "" => Vec::new(),
                label => {
                    config.domains.iter().map(|domain| [label, ".", domain].concat()).collect()
                }
            },
            title: Some("Publish-subscribe"),
            handler: |visit| Box::pin(handle::visit(visit)),
        })
        .on(|ctx, event| {
            Box::pin(async move {
                match event {
                    Event::Capable(session) => last::give(&ctx, &session).await,
                    Event::Ended { session, .. } => {
                        ctx.state::<Waiting>().held.forget(session.id);
                    }
                    Event::Removed { account, jid } => {
                        let forgotten = ctx.db.write(move |tx| store::forget(tx, account, &jid));
                        notify::log(forgotten.await);
                    }
                    _ => {}
                }
            })
        });
    for statements in store::STATEMENTS {
        feature = feature.tables(&[], statements);
    }
    for addressee in [Addressee::Own, Addressee::Other] {
        for namespace in [ns::PUBSUB, ns::PUBSUB_OWNER] {
            for kind in [IqType::Get, IqType::Set] {
                feature = feature.iq((namespace, "pubsub"), kind, addressee, |request| {
                    Box::pin(handle::request(request))
                });
            }
        }
    }
    feature
}
