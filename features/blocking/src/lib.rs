//! Block lists (XEP-0191), with reports to the administrators (XEP-0377), and the part of
//! privacy lists (XEP-0016) that says the same.
//!
//! Its way: `handle.rs` changes the list in the store, then the slot `Blocks` of the
//! kernel's contract, then tells devices (`push.rs`) and contacts (`effects.rs`).
//! `rules.rs` judges what leaves and what arrives. Presence, service discovery and what
//! accounts publish ask the contract themselves.
//!
//! Invariants: who is blocked gets the answers of an account that does not exist; the slot
//! follows the store; two changes of one account never cross.

mod effects;
mod handle;
mod lists;
mod proto;
mod push;
mod reports;
mod rules;
mod store;

use std::sync::Arc;

use skein_base::Fault;
use skein_kernel::contracts::Blocks;
use skein_kernel::{Addressee, Event, Feature, Spec, Stage, Subject};
use skein_session::Turns;
use skein_session::user::Slot;
use skein_xmpp::{IqType, ns};

/// The feature.
pub fn feature() -> Feature {
    use Addressee::Own;
    use IqType::{Get, Set};
    Feature::new("blocking", "keeps away whom an account blocks")
        .specs(&[
            Spec { name: "XEP-0016", version: "1.7", title: "Privacy Lists" },
            Spec { name: "XEP-0191", version: "1.3", title: "Blocking Command" },
            Spec { name: "XEP-0377", version: "0.3", title: "Spam Reporting" },
        ])
        .tables(store::MIGRATIONS, store::STATEMENTS)
        .slot(|tx, account| {
            let blocks = Blocks { addresses: store::load(tx, account)? };
            Ok((!blocks.addresses.is_empty()).then(|| Arc::new(blocks) as Slot))
        })
        .state(Arc::new(Turns::default()))
        .stage(Stage::Guard(rules::guard))
        .stage(Stage::Admit(rules::admit))
        .iq((ns::BLOCKING, "blocklist"), Get, Own, |request| Box::pin(handle::list(request)))
        .iq((ns::BLOCKING, "block"), Set, Own, |request| Box::pin(handle::block(request)))
        .iq((ns::BLOCKING, "unblock"), Set, Own, |request| Box::pin(handle::unblock(request)))
        .iq((ns::PRIVACY, "query"), Get, Own, |request| Box::pin(lists::get(request)))
        .iq((ns::PRIVACY, "query"), Set, Own, |request| Box::pin(lists::set(request)))
        .discovered(Subject::Server, &[ns::BLOCKING, ns::REPORTING, ns::PRIVACY])
        .discovered(Subject::Account, &[ns::BLOCKING, ns::REPORTING])
        .on_rare(|ctx, event| {
            Box::pin(async move {
                if let Event::Removed { account, .. } = event
                    && let Err(error) = ctx.db.write(move |tx| store::forget(tx, account)).await
                {
                    let fault = Fault::from(error);
                    tracing::error!(target: "blocking", %fault, "a block list stays behind");
                }
            })
        })
}
