//! All of a file has arrived: what is it, does it tell a place, what does it look like.

use std::fs::File as Disk;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use skein_kernel::Ctx;
use skein_kernel::contracts::FileId;
use skein_media::{Kind, Look, Preview};
use skein_objects::{Draft, DraftName, Kept, Objects};

use crate::clean;
use crate::http::{End, end};
use crate::rules;
use crate::store::{self, Content, File};
use crate::uploads::Uploads;

/// Bytes by which a kind is known.
const HEAD: usize = 4096;
/// The name of a thumbnail's draft differs from its file's in these bits.
const OTHER: u8 = 0xff;

/// What a look at a draft brought.
struct Found {
    kind: Kind,
    look: Look,
    preview: Option<Preview>,
}

/// Makes the draft the file's content. When this returns it is durable and readers find it.
pub(crate) async fn finish(
    ctx: &Arc<Ctx>,
    mut file: File,
    mut draft: Draft,
) -> Result<(File, Content), End> {
    let uploads = ctx.state::<Uploads>();
    let said = file.kind.clone();
    let found = {
        let _turn = uploads.picture().await;
        draft.inspect(move |disk| inspect(disk, &said)).await?
    };
    let mut content = Content { facts: found.look.facts, preview: None };
    let thumbnail = match &found.preview {
        None => None,
        Some(preview) => Some(thumbnail(ctx, file.id, preview).await?),
    };
    let hash = draft.hash().await?;
    if let (Some(preview), Some(thumbnail)) = (found.preview, &thumbnail) {
        (content.facts.width, content.facts.height) = (Some(preview.size.0), Some(preview.size.1));
        content.preview = Some(store::Preview {
            thumbhash: preview.thumbhash,
            blurhash: preview.blurhash,
            thumbnail: thumbnail.1.hash,
            thumbnail_size: thumbnail.1.size,
            thumbnail_kind: preview.kind.to_owned(),
        });
    }
    file.kind = found.kind.essence().to_owned();
    file.shown = found.kind.is_inline();
    file.until = rules::until(&ctx.config, file.purpose, file.latest, ctx.now());
    file.hash = Some(hash);
    uploads.bell.ring(file.until);
    let contents: Vec<_> =
        [Some(hash), thumbnail.as_ref().map(|(_, kept)| kept.hash)].into_iter().flatten().collect();
    let _held = uploads.hold(&contents).await;
    let objects = ctx.state::<Objects>();
    if let Some((draft, _)) = thumbnail {
        objects.keep(draft).await?;
    }
    objects.keep(draft).await?;
    let (done, known) = (file.clone(), content.clone());
    if !ctx.db.write(move |tx| store::finish(tx, &done, hash, &known)).await? {
        // It was removed, or its owner was, while it arrived.
        drop(_held);
        clean::sweep(ctx).await?;
        return Err(end(404));
    }
    Ok((file, content))
}

/// The thumbnail as a draft, and what it will be.
async fn thumbnail(ctx: &Arc<Ctx>, id: FileId, preview: &Preview) -> Result<(Draft, Kept), End> {
    let objects = ctx.state::<Objects>();
    let name = DraftName(id.0.map(|byte| byte ^ OTHER));
    objects.discard(name).await?;
    let mut draft = objects.draft(name).await?;
    draft.add(&preview.thumbnail).await?;
    let kept = Kept { hash: draft.hash().await?, size: draft.length() };
    Ok((draft, kept))
}

/// Looks at a file, and writes over what tells a place.
fn inspect(mut disk: &Disk, said: &str) -> io::Result<(Found, bool)> {
    let mut head = Vec::new();
    disk.take(HEAD as u64).read_to_end(&mut head)?;
    let kind = skein_media::kind(&head, said);
    let look = skein_media::look(&mut BufReader::new(disk), &kind)?;
    for patch in &look.patches {
        disk.write_all_at(&patch.bytes, patch.at)?;
    }
    disk.seek(SeekFrom::Start(0))?;
    // A decoder that stumbles over a picture costs its preview and nothing else.
    let made =
        AssertUnwindSafe(|| skein_media::preview(BufReader::new(disk), &kind, look.orientation));
    let preview = catch_unwind(made).unwrap_or_default();
    let changed = !look.patches.is_empty();
    Ok((Found { kind, look, preview }, changed))
}
