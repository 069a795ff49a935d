//! Resumable uploads by tus 1.0 (<https://tus.io/protocols/resumable-upload>): the core,
//! and the extensions creation and termination. The address of the slot is the upload's.

use std::sync::Arc;

use skein_kernel::Ctx;
use skein_kernel::exchange::{Call, Outcome};
use skein_objects::{DraftName, Objects};

use super::headers::TUS;
use super::write::{self, Arrived};
use super::{End, end};
use crate::clean;
use crate::finish;
use crate::store::File;
use crate::uploads::Uploads;

/// The version must be ours.
fn check(call: &Call) -> Result<(), End> {
    if call.field("tus-resumable") == Some(TUS) {
        return Ok(());
    }
    Err(End::With(Outcome::new(412).with("tus-version", TUS)))
}

/// POST: the upload was created with its slot; its length must be the announced one.
pub(crate) fn create(file: &File, call: &Call) -> Result<Outcome, End> {
    check(call)?;
    match call.field("upload-length").and_then(|length| length.parse::<u64>().ok()) {
        Some(length) if length == file.size => {}
        Some(length) if length > file.size => return Err(end(413)),
        _ => return Err(end(400)),
    }
    if call.field("content-length").is_some_and(|length| length != "0") {
        return Err(end(400));
    }
    // What a relative reference means here is the address that was asked.
    let location = format!("{}{}", skein_kernel::contracts::FILES, call.rest);
    Ok(Outcome::new(201).with("location", location).with("upload-offset", "0"))
}

/// HEAD: how much has arrived.
pub(crate) async fn offset(ctx: &Arc<Ctx>, file: File, call: Call) -> Result<Outcome, End> {
    if call.has("tus-resumable") {
        check(&call)?;
    }
    let offset = match file.hash {
        Some(_) => file.size,
        None => ctx.state::<Objects>().draft_length(DraftName(file.id.0)).await?,
    };
    Ok(Outcome::new(200)
        .with("upload-offset", offset.to_string())
        .with("upload-length", file.size.to_string()))
}

/// PATCH: goes on where the upload ended. What arrives stays, however the request ends.
pub(crate) async fn patch(ctx: &Arc<Ctx>, file: File, mut call: Call) -> Result<Outcome, End> {
    check(&call)?;
    if call.field("content-type") != Some("application/offset+octet-stream") {
        return Err(end(415));
    }
    let offset = call.field("upload-offset").and_then(|offset| offset.parse::<u64>().ok());
    let offset = offset.ok_or(end(400))?;
    let size = file.size;
    if file.hash.is_some() {
        let status = if offset == size { 204 } else { 409 };
        return Ok(Outcome::new(status).with("upload-offset", size.to_string()));
    }
    let _working = ctx.state::<Uploads>().begin(file.id).ok_or(end(423))?;
    let objects = ctx.state::<Objects>();
    let mut draft = objects.draft(DraftName(file.id.0)).await?;
    if draft.length() != offset {
        return Err(end(409));
    }
    let length = call.field("content-length").and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > size - offset.min(size)) {
        return Err(end(413));
    }
    write::begun(ctx, &file).await?;
    let arrived = write::receive(&mut draft, &mut call, size).await?;
    let now = draft.length();
    match arrived {
        Arrived::Whole => {
            finish::finish(ctx, file, draft).await?;
        }
        Arrived::Off => {}
        Arrived::Slow => return Err(end(408)),
        Arrived::TooMuch => return Err(end(413)),
    }
    Ok(Outcome::new(204).with("upload-offset", now.to_string()))
}

/// DELETE: the owner removes the file, whether it is there or still arriving.
pub(crate) async fn terminate(ctx: &Arc<Ctx>, file: File, call: Call) -> Result<Outcome, End> {
    if call.has("tus-resumable") {
        check(&call)?;
    }
    clean::drop_files(ctx, vec![file.id]).await?;
    Ok(Outcome::new(204))
}
