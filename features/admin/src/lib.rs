//! Service administration (XEP-0133): ad-hoc commands for administrators.
//!
//! Its way: `table.rs` lists the commands with their forms; `run.rs` asks for the form, checks
//! it, does what `people.rs`, `waiting.rs`, `numbers.rs`, `notices.rs` and `service.rs` say, and writes down
//! who did it (`store.rs`). Whether somebody is an administrator is asked before, by whoever
//! runs ad-hoc commands.
//!
//! Invariants: a command that is refused changes nothing; what was done stands in the audit;
//! no command gives a password away, for there is none to give.

mod notices;
mod numbers;
mod people;
mod run;
mod service;
mod store;
mod table;
mod waiting;

use std::sync::Arc;

use skein_base::Fault;
use skein_kernel::{Alarm, Command, Ctx, Event, Feature, Spec};

/// The feature. It needs `Accounts` among the services of the platform.
pub fn feature() -> Feature {
    let mut feature = Feature::new("admin", "lets administrators run the service from any client")
        .specs(&[Spec { name: "XEP-0133", version: "1.3.1", title: "Service Administration" }])
        .tables(store::MIGRATIONS, store::STATEMENTS)
        .state(Arc::new(notices::Board::default()))
        .on(|ctx, event| {
            Box::pin(async move {
                if let Err(fault) = hear(&ctx, event).await {
                    tracing::error!(target: "admin", %fault, "a notice was not told");
                }
            })
        })
        .alarm(Alarm {
            name: "admin.waiting",
            bell: |ctx| &ctx.state::<notices::Board>().waiting.bell,
            run: |ctx| Box::pin(waiting::tell(ctx)),
        });
    for entry in table::ENTRIES {
        feature = feature.command(Command {
            node: entry.node,
            name: entry.name,
            for_administrators: true,
            run: |request| Box::pin(run::run(request)),
        });
    }
    feature
}

async fn hear(ctx: &Arc<Ctx>, event: Event) -> Result<(), Fault> {
    match event {
        Event::Available(session) => {
            notices::greet(ctx, &session).await?;
            waiting::greet(ctx, &session).await?;
        }
        Event::AccountAsked => waiting::asked(ctx),
        Event::Removed { account, .. } => {
            ctx.db.write(move |tx| store::forget(tx, account)).await?;
        }
        _ => {}
    }
    Ok(())
}
