//! What is done every so often: logs of rooms that are no more go, rooms that nobody
//! configured end, and what nobody needs is let go of.

use std::sync::Arc;
use std::time::Duration;

use skein_base::{AccountId, Fault};
use skein_kernel::contracts::SharedLog;
use skein_kernel::{Ctx, Event, Feature, Job, Refusal};
use skein_xmpp::Jid;

use crate::handle::{destroy, hidden, lost, restored, spaces};
use crate::room::show::Destroyed;
use crate::room::table::Rooms;
use crate::store::{self, Kept};

const MINUTELY: Duration = Duration::from_secs(60);

/// Adds the jobs.
pub(crate) fn register(feature: Feature) -> Feature {
    feature
        .job(Job { name: "rooms.forgotten", every: MINUTELY, run: |ctx| Box::pin(forget(ctx)) })
        .job(Job { name: "rooms.unlocked", every: MINUTELY, run: |ctx| Box::pin(reap(ctx)) })
        .job(Job { name: "rooms.links", every: MINUTELY, run: |ctx| Box::pin(forget_links(ctx)) })
        .on(|ctx, event| {
            Box::pin(async move {
                match event {
                    Event::Removed { jid, .. } => removed(&ctx, jid).await,
                    Event::Circles(jid) => hidden::settle(&ctx, &jid).await,
                    Event::Space { service, node, who, joined, rooms } => {
                        let space = spaces::address(&service, &node);
                        spaces::changed(&ctx, &space, &who, joined, &rooms).await;
                    }
                    Event::Ended { session, owed } => lost::give_back(&ctx, &session, &owed).await,
                    Event::Restored(session) => restored::enter_again(&ctx, &session).await,
                    _ => {}
                }
            })
        })
}

async fn removed(ctx: &Arc<Ctx>, jid: Jid) {
    let gone = jid.clone();
    told(ctx.db.write(move |tx| store::forget_account(tx, &gone)).await);
    for room in ctx.state::<Rooms>().all() {
        let mut state = room.state();
        state.set_affiliation(&jid, Kept::default());
        state.hats.forget(&jid);
    }
}

/// Links that are good no more go, and invitations that nobody answered.
async fn forget_links(ctx: Arc<Ctx>) {
    let now = ctx.now();
    let write = move |tx: &mut skein_db::Tx<'_>| {
        store::forget_expired(tx, now)?;
        store::forget_unanswered(tx, now)
    };
    told(ctx.db.write(write).await);
}

fn told<T>(outcome: Result<T, skein_db::DbError>) {
    if let Err(error) = outcome {
        let fault = Fault::from(error);
        tracing::error!(target: "rooms", %fault, "what is no more stays behind");
    }
}

/// Removes the logs of rooms that are no more.
async fn forget(ctx: Arc<Ctx>) {
    let Ok(gone) = ctx.db.read(store::gone).await else { return };
    for id in gone {
        let Some(host) = ctx.hosts().next().map(|(host, _)| host.to_owned()) else { return };
        let Ok(jid) = skein_xmpp::Jid::parse(&host) else { return };
        let log = SharedLog { owner: AccountId(-id), jid };
        loop {
            let (at, log) = (ctx.clone(), log.clone());
            let step = move |tx: &mut skein_db::Tx<'_>| {
                let more = match at.contracts.log.shared() {
                    Some(logs) => logs.forget(tx, &log)?,
                    None => false,
                };
                if !more {
                    store::forgotten(tx, id)?;
                }
                Ok(more)
            };
            match ctx.db.write(step).await {
                Ok(true) => {}
                outcome => break told(outcome),
            }
        }
    }
}

/// R08: a room that was made and not configured ends after a while.
async fn reap(ctx: Arc<Ctx>) {
    let rooms = ctx.state::<Rooms>();
    for room in rooms.all() {
        if room.is_overdue(ctx.now()) {
            let _door = room.door.lock().await;
            if room.is_overdue(ctx.now()) {
                let ended = destroy::end(&ctx, &room, Destroyed::default()).await;
                if let Err(Refusal::Fault(fault)) = ended {
                    tracing::error!(target: "rooms", %fault, "a room without an owner's word stays");
                }
            }
        }
        rooms.release(room, ctx.now());
    }
}
