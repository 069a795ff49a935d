//! Items whose time has come (`pubsub#item_expire`, for example XEP-0501's stories). They
//! are not shown any more from that moment; here they go for good.

use std::sync::Arc;

use skein_kernel::Ctx;

use crate::{notify, store};

/// Removes them.
pub(crate) async fn run(ctx: Arc<Ctx>) {
    loop {
        let now = ctx.now();
        match ctx.db.write(move |tx| store::drop_expired(tx, now)).await {
            Ok(gone) if gone.is_empty() => return,
            Ok(gone) => {
                let items: usize = gone.values().sum();
                tracing::debug!(target: "pubsub", items, nodes = gone.len(), "items expired");
            }
            Err(error) => return notify::log(Err(error)),
        }
    }
}
