//! What goes: with its messages, by its time, with its account, because its owner says so.

use std::sync::Arc;
use std::time::Duration;

use skein_base::{AccountId, Fault, Timestamp};
use skein_db::Tx;
use skein_kernel::contracts::FileId;
use skein_kernel::{Alarm, Ctx, Event, Job};
use skein_objects::{DraftName, Objects};

use crate::http::End;
use crate::store;
use crate::uploads::Uploads;

/// When what failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// How often what has no time of its own is looked for.
const OFTEN: Duration = Duration::from_secs(60);
/// How often pieces of uploads are looked for that nobody waits for.
const SELDOM: Duration = Duration::from_secs(3600);

/// Removes files when their time is over.
pub(crate) const EXPIRY: Alarm = Alarm {
    name: "upload.expiry",
    bell: |ctx| &ctx.state::<Uploads>().bell,
    run: |ctx| {
        Box::pin(async move {
            match expire(&ctx).await {
                Ok(next) => next,
                Err(error) => {
                    told(Err(error));
                    Some(ctx.now().plus(AGAIN))
                }
            }
        })
    },
};

pub(crate) const JOBS: [Job; 2] = [
    Job {
        name: "upload.sweep",
        every: OFTEN,
        run: |ctx| Box::pin(async move { told(tidy(&ctx).await) }),
    },
    Job {
        name: "upload.pieces",
        every: SELDOM,
        run: |ctx| Box::pin(async move { told(pieces(&ctx).await) }),
    },
];

/// Hears events.
pub(crate) async fn hear(ctx: Arc<Ctx>, event: Event) {
    match event {
        Event::Removed { account, .. } => told(forget(&ctx, account).await),
        Event::Unnamed(files) => told(unnamed(&ctx, &files).await),
        _ => {}
    }
}

fn told(outcome: Result<(), End>) {
    let fault = match outcome {
        Ok(()) | Err(End::With(_)) => return,
        Err(End::Object(error)) => Fault::because("removing files", error),
        Err(End::Db(error)) => error.into(),
    };
    tracing::error!(target: "upload", %fault, "files stay that should have gone; tried again later");
}

/// Removes files: their addresses at once, then their contents if no other file has them.
pub(crate) async fn drop_files(ctx: &Arc<Ctx>, ids: Vec<FileId>) -> Result<(), End> {
    if ids.is_empty() {
        return Ok(());
    }
    let pieces = ctx.db.write(move |tx| {
        let mut pieces = Vec::new();
        for id in &ids {
            if store::drop_file(tx, *id)? {
                pieces.push(*id);
            }
        }
        Ok(pieces)
    });
    for id in pieces.await? {
        // One that still arrives ends by itself, when it finds its row gone.
        if !ctx.state::<Uploads>().is_under_way(id) {
            ctx.state::<Objects>().discard(DraftName(id.0)).await?;
        }
    }
    sweep(ctx).await
}

/// Removes the blobs that nobody has.
pub(crate) async fn sweep(ctx: &Arc<Ctx>) -> Result<(), End> {
    loop {
        let gone = ctx.db.read(store::gone).await?;
        if gone.is_empty() {
            return Ok(());
        }
        for hash in gone {
            // An upload of the same content waits, or has its row already.
            let _held = ctx.state::<Uploads>().hold(&[hash]).await;
            if !ctx.db.read(move |tx| store::is_used(tx, hash)).await? {
                ctx.state::<Objects>().remove(hash).await?;
            }
            ctx.db.write(move |tx| store::drop_gone(tx, hash)).await?;
        }
    }
}

/// No message names these files any more.
async fn unnamed(ctx: &Arc<Ctx>, files: &[FileId]) -> Result<(), End> {
    let asked = files.to_vec();
    let follow = ctx.db.read(move |tx| {
        let mut follow = Vec::new();
        for id in asked {
            let file = store::file(tx, id)?;
            if file.is_some_and(|file| file.purpose.follows_messages() && file.hash.is_some()) {
                follow.push(id);
            }
        }
        Ok(follow)
    });
    drop_files(ctx, follow.await?).await
}

async fn expire(ctx: &Arc<Ctx>) -> Result<Option<Timestamp>, End> {
    loop {
        let now = ctx.now();
        let look = move |tx: &mut Tx<'_>| Ok((store::due(tx, now)?, store::next_due(tx)?));
        let (due, next) = ctx.db.write(look).await?;
        if due.is_empty() {
            return Ok(next);
        }
        drop_files(ctx, due).await?;
    }
}

async fn tidy(ctx: &Arc<Ctx>) -> Result<(), End> {
    let now = ctx.now();
    ctx.db.write(move |tx| store::forget_days(tx, now)).await?;
    sweep(ctx).await
}

async fn forget(ctx: &Arc<Ctx>, account: AccountId) -> Result<(), End> {
    loop {
        let files = ctx.db.read(move |tx| store::of_account(tx, account)).await?;
        if files.is_empty() {
            break;
        }
        drop_files(ctx, files).await?;
    }
    ctx.db.write(move |tx| store::forget_days_of(tx, account)).await?;
    Ok(())
}

/// Pieces of uploads whose announcement is gone: the server stopped between the two.
async fn pieces(ctx: &Arc<Ctx>) -> Result<(), End> {
    let objects = ctx.state::<Objects>();
    for name in objects.drafts().await? {
        let id = FileId(name.0);
        let file = ctx.db.read(move |tx| store::file(tx, id)).await?;
        let is_expected = file.is_some_and(|file| file.hash.is_none());
        // A thumbnail is there for a moment only, under a name that its file's is made from.
        let of = FileId(name.0.map(|byte| !byte));
        let uploads = ctx.state::<Uploads>();
        if !is_expected && !uploads.is_under_way(id) && !uploads.is_under_way(of) {
            objects.discard(name).await?;
        }
    }
    Ok(())
}
