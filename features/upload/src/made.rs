//! Files that the server makes for people: announced, brought and finished in one go.

use std::sync::Arc;

use skein_base::{AccountId, Fault, Timestamp};
use skein_kernel::contracts::{Files, Made};
use skein_kernel::{Ctx, Future};
use skein_objects::{DraftName, Objects};

use crate::http::End;
use crate::store::{self, File};
use crate::uploads::Uploads;
use crate::{address, finish, slot};

/// Fulfils the contract.
pub(crate) struct Maker;

impl Files for Maker {
    fn keep(
        &self,
        ctx: Arc<Ctx>,
        account: AccountId,
        made: Made,
    ) -> Future<'static, Result<Option<String>, Fault>> {
        Box::pin(async move {
            match keep(&ctx, account, made).await {
                Ok(address) => Ok(address),
                // It was removed while it arrived: its account is gone.
                Err(End::With(_)) => Ok(None),
                Err(End::Object(error)) => {
                    Err(Fault::because("keeping a file that was made", error))
                }
                Err(End::Db(error)) => Err(error.into()),
            }
        })
    }
}

async fn keep(ctx: &Arc<Ctx>, account: AccountId, made: Made) -> Result<Option<String>, End> {
    let file = File {
        name: made.name.to_owned(),
        kind: made.kind.to_owned(),
        size: made.content.len() as u64,
        ..slot::new(ctx, account)
    };
    if slot::announce(ctx, &file).await?.is_err() {
        return Ok(None);
    }
    let Some(_working) = ctx.state::<Uploads>().begin(file.id) else { return Ok(None) };
    let id = file.id;
    let brought = bring(ctx, file, &made).await;
    if brought.is_err() {
        ctx.state::<Objects>().discard(DraftName(id.0)).await?;
        // It is swept away like any that was announced and did not come.
        ctx.db.write(move |tx| store::extend(tx, id, Timestamp(0))).await?;
        ctx.state::<Uploads>().bell.ring(Timestamp(0));
    }
    brought.map(|file| Some(address::get(&ctx.config, &file)))
}

async fn bring(ctx: &Arc<Ctx>, file: File, made: &Made) -> Result<File, End> {
    let mut draft = ctx.state::<Objects>().draft(DraftName(file.id.0)).await?;
    draft.add(&made.content).await?;
    draft.flush().await?;
    let (file, _) = finish::finish(ctx, file, draft).await?;
    Ok(file)
}
