//! Messages that can be viewed once.
//!
//! The content is set aside (kernel contract `Aside`) and an envelope goes its way, through
//! every log, copy and search. One device of each receiver gets the content by `<open/>`; in
//! that transaction the receiver's right to it goes, and with the last one the content.

mod open;
mod seal;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use skein_base::{Fault, Secret};
use skein_kernel::{Addressee, Ctx, Event, Feature, Job, Stage};
use skein_xmpp::{IqType, ns};

pub(crate) use seal::Sealer;

/// How long nobody has to open what was sent to them.
const UNOPENED: Duration = Duration::from_secs(14 * 24 * 3600);
/// How long the files of an opened message can be fetched: a long film on a slow line.
const FETCHED: Duration = Duration::from_secs(600);
/// How often notes on what was opened are removed when nobody can ask any more.
const HOURLY: Duration = Duration::from_secs(3600);

/// Adds the stage, the requests and the table.
pub(crate) fn register(feature: Feature, secret: &Secret<[u8; 32]>) -> Feature {
    let sealer = Arc::new(Sealer::new(secret));
    let contract = sealer.clone();
    feature
        .tables(store::MIGRATIONS, store::STATEMENTS)
        .state(sealer)
        .provides(|provides| provides.once = Some(contract))
        .stage(Stage::Record(seal::record))
        .iq((ns::VIEW_ONCE, "open"), IqType::Set, Addressee::Own, |request| {
            Box::pin(open::open(request))
        })
        .iq((ns::VIEW_ONCE, "done"), IqType::Set, Addressee::Own, |request| {
            Box::pin(open::done(request))
        })
        .job(Job { name: "ephemeral.opened", every: HOURLY, run: |ctx| Box::pin(forget(ctx)) })
        .on_rare(|ctx, event| {
            Box::pin(async move {
                if let Event::Removed { account, .. } = event {
                    told(ctx.db.write(move |tx| store::forget_account(tx, account)).await);
                }
            })
        })
}

async fn forget(ctx: Arc<Ctx>) {
    let now = ctx.now();
    told(ctx.db.write(move |tx| store::forget(tx, now)).await);
}

fn told(outcome: Result<(), skein_db::DbError>) {
    if let Err(error) = outcome {
        let fault = Fault::from(error);
        tracing::error!(target: "ephemeral", %fault, "notes on what was viewed stay");
    }
}
