//! Circles: families, companies, schools as sets of people. What is only for a circle asks
//! the slot `InCircles` of the kernel's contract. The protocol stands in docs/rooms.md.
//!
//! `handle.rs` answers requests, `store.rs` has the tables, `proto.rs` what stands on the wire.
//!
//! Invariants: the slot follows the store; a circle that one is not in is answered as one
//! that does not exist.

mod handle;
mod proto;
mod store;

use std::sync::Arc;

use skein_base::Fault;
use skein_kernel::contracts::InCircles;
use skein_kernel::{Addressee, Event, Feature, Subject};
use skein_session::user::Slot;
use skein_xmpp::{IqType, ns};

/// The feature. It needs `Accounts` among the services of the platform.
pub fn feature() -> Feature {
    use Addressee::Server;
    use IqType::{Get, Set};
    Feature::new("circles", "keeps sets of people: families, companies, schools")
        .tables(store::MIGRATIONS, store::STATEMENTS)
        .state(Arc::new(handle::Turn::default()))
        .slot(|tx, account| {
            let circles = InCircles { ids: store::of(tx, account)? };
            Ok((!circles.ids.is_empty()).then(|| Arc::new(circles) as Slot))
        })
        .iq((ns::CIRCLES, "circles"), Get, Server, |request| Box::pin(handle::list(request)))
        .iq((ns::CIRCLES, "circle"), Get, Server, |request| Box::pin(handle::show(request)))
        .iq((ns::CIRCLES, "create"), Set, Server, |request| Box::pin(handle::create(request)))
        .iq((ns::CIRCLES, "change"), Set, Server, |request| Box::pin(handle::change(request)))
        .iq((ns::CIRCLES, "remove"), Set, Server, |request| Box::pin(handle::remove(request)))
        .iq((ns::CIRCLES, "add"), Set, Server, |request| Box::pin(handle::add(request)))
        .iq((ns::CIRCLES, "drop"), Set, Server, |request| Box::pin(handle::drop_out(request)))
        .discovered(Subject::Server, &[ns::CIRCLES])
        .on_rare(|ctx, event| {
            Box::pin(async move {
                if let Event::Removed { account, .. } = event
                    && let Err(error) = ctx.db.write(move |tx| store::forget(tx, account)).await
                {
                    let fault = Fault::from(error);
                    tracing::error!(target: "circles", %fault, "a removed account stays in circles");
                }
            })
        })
}
