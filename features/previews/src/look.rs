//! A look at a page and at its picture.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use skein_base::limits;
use skein_fetch::{Fetched, Most, Place, Wish};
use skein_kernel::Ctx;

use crate::Previews;
use crate::kept::{Picture, Preview};
use crate::page::{self, Page};

const PAGES: [&str; 2] = ["text/html", "application/xhtml+xml"];
const PICTURES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];
/// Bytes of a picture's beginning by which its kind is known.
const HEAD: usize = 4_096;

const PAGE: Wish = Wish {
    accept: "text/html, application/xhtml+xml, image/jpeg, image/png, image/webp, image/gif",
    most: |kind| {
        let page = Most { bytes: limits::PREVIEW_PAGE_BYTES, is_beginning_fine: true };
        if PAGES.contains(&kind) { Some(page) } else { picture(kind) }
    },
    time: limits::PREVIEW_TIME,
};

const PICTURE: Wish = Wish {
    accept: "image/jpeg, image/png, image/webp, image/gif",
    most: picture,
    time: limits::PREVIEW_TIME,
};

fn picture(kind: &str) -> Option<Most> {
    let most = Most { bytes: limits::PREVIEW_PICTURE_BYTES, is_beginning_fine: false };
    PICTURES.contains(&kind).then_some(most)
}

/// What is at a place, if it is a page with a title or a picture.
pub(crate) async fn look(state: &Previews, ctx: &Ctx, place: Place) -> Option<Preview> {
    let allowed = &ctx.config.previews.allow;
    let fetched = state.fetcher.get(place, allowed, PAGE).await.ok()?;
    if picture(&fetched.kind).is_some() {
        let url = fetched.place.to_string();
        let picture = Some(small(state, fetched).await?);
        return Some(Preview { page: Page::default(), url, picture });
    }
    let text = page::decoded(&fetched.content, fetched.charset.as_deref());
    let (page, links) = page::read(&text);
    let mut picture = None;
    if let Some(place) = links.picture.and_then(|picture| fetched.place.join(&picture))
        && let Ok(fetched) = state.fetcher.get(place, allowed, PICTURE).await
    {
        picture = small(state, fetched).await;
    }
    if page.title.is_none() && picture.is_none() {
        return None;
    }
    // A page may call itself as it likes, but not somebody else's.
    let own = links.own.and_then(|own| fetched.place.join(&own));
    let own = own.filter(|own| own.host() == fetched.place.host());
    let url = own.unwrap_or(fetched.place).to_string();
    Some(Preview { page, url, picture })
}

/// The picture made small and anew.
async fn small(state: &Previews, fetched: Fetched) -> Option<Picture> {
    let _turn = state.pictures.acquire().await.ok()?;
    let made = tokio::task::spawn_blocking(move || {
        // A decoder that stumbles costs its picture and nothing else.
        catch_unwind(AssertUnwindSafe(|| encoded(&fetched.content, &fetched.kind))).ok().flatten()
    });
    made.await.ok().flatten()
}

fn encoded(content: &Bytes, said: &str) -> Option<Picture> {
    let kind = skein_media::kind(&content[..content.len().min(HEAD)], said);
    let look = skein_media::look(&mut Cursor::new(content), &kind).ok()?;
    let preview = skein_media::preview(Cursor::new(content), &kind, look.orientation)?;
    Some(Picture { kind: preview.kind, content: preview.thumbnail.into() })
}
