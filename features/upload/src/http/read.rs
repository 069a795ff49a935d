//! GET and HEAD: the file, its thumbnail, or what is known of it.

use std::sync::Arc;

use bytes::Bytes;
use skein_base::Fault;
use skein_kernel::exchange::{Broken, Call, Content, Outcome, Source};
use skein_kernel::{Ctx, Future};
use skein_objects::{Hash, ObjectError, Objects, Reading};

use super::range::{self, Asked};
use super::{End, end};
use crate::about;
use crate::address::escaped;
use crate::store::{self, File};

/// A year. The content at an address never changes; it is for whoever knows the address and
/// not for caches between.
const FOREVER: &str = "private, max-age=31536000, immutable";

/// What is served.
struct Served {
    hash: Hash,
    size: u64,
    kind: String,
    disposition: String,
}

/// Answers.
pub(crate) async fn read(ctx: &Arc<Ctx>, file: File, call: Call) -> Result<Outcome, End> {
    let hash = file.hash.ok_or(end(404))?;
    let served = match &*call.query {
        "about" => {
            let content = ctx.db.read(move |tx| store::content(tx, hash)).await?;
            let about = about::write(&ctx.config, &file, &content);
            let mut outcome = Outcome::new(200).with("content-type", "application/json");
            outcome.content = Content::Whole(about.into());
            return Ok(outcome);
        }
        "thumbnail" => {
            let content = ctx.db.read(move |tx| store::content(tx, hash)).await?;
            let preview = content.preview.ok_or(end(404))?;
            Served {
                hash: preview.thumbnail,
                size: preview.thumbnail_size,
                kind: preview.thumbnail_kind,
                disposition: "inline".to_owned(),
            }
        }
        _ => Served { hash, size: file.size, kind: kind(&file), disposition: disposition(&file) },
    };
    serve(ctx, served, call).await
}

async fn serve(ctx: &Arc<Ctx>, served: Served, call: Call) -> Result<Outcome, End> {
    let tag = format!("\"{}\"", served.hash);
    let head = |status: u16| {
        Outcome::new(status)
            .with("etag", &*tag)
            .with("cache-control", FOREVER)
            .with("accept-ranges", "bytes")
    };
    let names =
        |tags: &str| tags.split(',').any(|one| matches!(one.trim(), "*") || one.trim() == tag);
    if call.field("if-none-match").is_some_and(names) {
        return Ok(head(304));
    }
    // A part of another content would be joined to what the client has.
    let is_same = call.field("if-range").is_none_or(|given| given == tag);
    let asked = call.field("range").filter(|_| is_same);
    let (status, part) = match range::read(asked, served.size) {
        Asked::All => (200, 0..served.size),
        Asked::Part(part) => (206, part),
        Asked::Nothing => {
            return Ok(Outcome::new(416).with("content-range", format!("bytes */{}", served.size)));
        }
    };
    let mut outcome = head(status)
        .with("content-type", served.kind)
        .with("content-disposition", served.disposition);
    if status == 206 {
        let (first, last) = (part.start, part.end - 1);
        outcome = outcome.with("content-range", format!("bytes {first}-{last}/{}", served.size));
    }
    let length = part.end - part.start;
    let source: Box<dyn Source> = if &*call.method == "HEAD" {
        Box::new(Nothing)
    } else {
        let reading = ctx.state::<Objects>().read(served.hash, part).await?;
        // The row was there and the blob is not: it was removed this moment.
        Box::new(Flow(reading.ok_or(end(404))?))
    };
    outcome.content = Content::Flow(length, source);
    Ok(outcome)
}

fn kind(file: &File) -> String {
    match &*file.kind {
        "text/plain" => "text/plain; charset=utf-8".to_owned(),
        kind => kind.to_owned(),
    }
}

/// RFC 6266 and 8187: the name in UTF-8, wholly escaped.
fn disposition(file: &File) -> String {
    let how = if file.shown { "inline" } else { "attachment" };
    format!("{how}; filename*=UTF-8''{}", escaped(&file.name))
}

/// The content of an answer to HEAD is never read.
struct Nothing;

impl Source for Nothing {
    fn next(&mut self) -> Future<'_, Result<Option<Bytes>, Broken>> {
        Box::pin(async { Ok(None) })
    }
}

struct Flow(Reading);

impl Source for Flow {
    fn next(&mut self) -> Future<'_, Result<Option<Bytes>, Broken>> {
        Box::pin(async {
            self.0.next().await.map_err(|error| match error {
                ObjectError::Fault(fault) => Broken::Fault(fault),
                ObjectError::Full => Broken::Fault(Fault::new("no space to read")),
            })
        })
    }
}
