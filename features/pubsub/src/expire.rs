//! Items whose time has come (`pubsub#item_expire`, for example XEP-0501's stories). They
//! are not shown any more from that moment; an alarm removes them for good.

use std::sync::Arc;
use std::time::Duration;

use skein_base::{Fault, Timestamp};
use skein_db::DbError;
use skein_kernel::Ctx;

use crate::{store, stories};

/// When what failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Removes what is over; says when the next item is.
pub(crate) async fn run(ctx: Arc<Ctx>) -> Option<Timestamp> {
    match remove_all(&ctx).await {
        Ok(next) => next,
        Err(error) => {
            let fault = Fault::from(error);
            tracing::error!(target: "pubsub", %fault, "items stay that are over; tried again");
            Some(ctx.now().plus(AGAIN))
        }
    }
}

async fn remove_all(ctx: &Arc<Ctx>) -> Result<Option<Timestamp>, DbError> {
    loop {
        let (now, at) = (ctx.now(), ctx.clone());
        let removed = ctx.db.write(move |tx| {
            let gone = store::drop_expired(tx, now)?;
            let mut files = Vec::new();
            for story in &gone.stories {
                files.extend(stories::files(&at, tx, story)?);
            }
            Ok((gone.items, files, store::next_expiry(tx)?))
        });
        let (items, files, next) = removed.await?;
        if items > 0 {
            tracing::debug!(target: "pubsub", items, "items expired");
        }
        stories::unname(ctx, files).await;
        if next.is_none_or(|next| next > now) {
            return Ok(next);
        }
    }
}
