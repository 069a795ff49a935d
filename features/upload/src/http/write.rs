//! PUT: the whole file at once; and what PATCH has in common with it.

use std::sync::Arc;
use std::time::Duration;

use skein_base::limits;
use skein_kernel::Ctx;
use skein_kernel::exchange::{Broken, Call, Content, Outcome};
use skein_objects::{Draft, DraftName, Objects};
use tokio::time::Instant;

use super::{End, end};
use crate::about;
use crate::finish;
use crate::store::{self, File};
use crate::uploads::Uploads;

/// Time that every upload has, however small.
const LEAST: Duration = Duration::from_secs(60);

/// How the content of a request ended.
pub(crate) enum Arrived {
    /// All of it is in the draft.
    Whole,
    /// It broke off; what came is in the draft.
    Off,
    /// It came too slowly; what came is in the draft.
    Slow,
    /// There was more than there may be.
    TooMuch,
}

/// Takes the whole file.
pub(crate) async fn put(ctx: &Arc<Ctx>, file: File, mut call: Call) -> Result<Outcome, End> {
    if file.hash.is_some() {
        return Err(end(409));
    }
    let length = call.field("content-length").and_then(|length| length.parse::<u64>().ok());
    match length {
        None => return Err(end(411)),
        Some(length) if length > file.size => return Err(end(413)),
        Some(length) if length < file.size => return Err(end(400)),
        Some(_) => {}
    }
    if !same_kind(&file.kind, call.field("content-type").unwrap_or_default()) {
        return Err(end(415));
    }
    let uploads = ctx.state::<Uploads>();
    let _working = uploads.begin(file.id).ok_or(end(409))?;
    let (objects, name) = (ctx.state::<Objects>().clone(), DraftName(file.id.0));
    begun(ctx, &file).await?;
    objects.discard(name).await?;
    let mut draft = objects.draft(name).await?;
    let arrived = receive(&mut draft, &mut call, file.size).await;
    let outcome = match arrived {
        Ok(Arrived::Whole) => finish::finish(ctx, file.clone(), draft).await,
        Ok(Arrived::Slow) => Err(end(408)),
        Ok(Arrived::Off) => Err(end(400)),
        Ok(Arrived::TooMuch) => Err(end(413)),
        Err(failed) => Err(failed),
    };
    match outcome {
        Ok((file, content)) => {
            let mut outcome = Outcome::new(201).with("content-type", "application/json");
            if let Some(hash) = file.hash {
                outcome = outcome.with("etag", format!("\"{hash}\""));
            }
            outcome.content = Content::Whole(about::write(&ctx.config, &file, &content).into());
            Ok(outcome)
        }
        Err(failed) => {
            // Nothing of it stays; the client may try again while the slot is good.
            objects.discard(name).await?;
            let until = file.created.plus(ctx.config.limits.upload_begin).min(file.latest);
            ctx.db.write(move |tx| store::extend(tx, file.id, until)).await?;
            Err(failed)
        }
    }
}

/// The upload goes on: the slot does not run out meanwhile.
pub(crate) async fn begun(ctx: &Arc<Ctx>, file: &File) -> Result<(), End> {
    let id = file.id;
    let until = ctx.now().plus(ctx.config.limits.upload_resumable).min(file.latest);
    ctx.db.write(move |tx| store::extend(tx, id, until)).await?;
    Ok(())
}

/// Adds the content of a request to the draft, up to `size` bytes in all.
pub(crate) async fn receive(draft: &mut Draft, call: &mut Call, size: u64) -> Result<Arrived, End> {
    let left = size.saturating_sub(draft.length());
    let time = LEAST + Duration::from_secs(left / limits::UPLOAD_LEAST_SPEED);
    let deadline = Instant::now() + time;
    let arrived = loop {
        let piece = tokio::time::timeout_at(deadline, call.content.next()).await;
        match piece {
            Ok(Ok(Some(piece))) => {
                if draft.length() + piece.len() as u64 > size {
                    break Arrived::TooMuch;
                }
                draft.add(&piece).await?;
            }
            Ok(Ok(None)) if draft.length() == size => break Arrived::Whole,
            Ok(Ok(None) | Err(Broken::Off | Broken::Fault(_))) => break Arrived::Off,
            Ok(Err(Broken::Slow)) | Err(_) => break Arrived::Slow,
        }
    };
    draft.flush().await?;
    Ok(arrived)
}

/// XEP-0363 section 6: what was said before must be said again. What says nothing differs
/// from nothing.
fn same_kind(before: &str, now: &str) -> bool {
    let essence =
        |kind: &str| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (before, now) = (essence(before), essence(now));
    let says = |kind: &str| !kind.is_empty() && kind != "application/octet-stream";
    !says(&before) || !says(&now) || before == now
}
