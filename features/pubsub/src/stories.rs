//! Stories (XEP-0501): the file of one that is over goes with it, if nothing else names it.

use std::sync::Arc;

use skein_db::{DbError, Tx};
use skein_kernel::contracts::{FileId, named_in};
use skein_kernel::{Ctx, Event};

/// The files that a story names and no message does. The story is removed in the same
/// transaction.
pub(crate) fn files(ctx: &Ctx, tx: &mut Tx<'_>, payload: &str) -> Result<Vec<FileId>, DbError> {
    let mut alone = named_in(payload);
    if let Some(aside) = ctx.contracts.log.aside() {
        let mut kept = Vec::with_capacity(alone.len());
        for file in alone {
            if !aside.names(tx, file)? {
                kept.push(file);
            }
        }
        alone = kept;
    }
    Ok(alone)
}

/// Tells whoever stores them.
pub(crate) async fn unname(ctx: &Arc<Ctx>, files: Vec<FileId>) {
    if !files.is_empty() {
        ctx.route().notify(Event::Unnamed(files.into())).await;
    }
}
