//! Previews of links: what a page says it is, for whoever is about to send its address.
//!
//! The sender's client asks, the server looks at the page, and the client puts the answer
//! into its message in the form of XEP-0511. The picture is made small and kept here, so
//! readers ask nobody but their server, and the page learns of neither.
//!
//! Its way: `look.rs` fetches behind the guard of `skein-fetch`, `page.rs` reads what came,
//! `kept.rs` remembers it for a while, `proto.rs` writes it.
//!
//! Invariants: why there is no preview is not told: a closed port, an inner address and a
//! page without a title look alike; nothing of a page but its words and a picture that was
//! made anew gets through.

mod kept;
mod look;
mod page;
mod proto;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use parking_lot::Mutex;
use skein_base::{AccountId, limits};
use skein_fetch::{Fetcher, Place, System};
use skein_kernel::contracts::Made;
use skein_kernel::{Addressee, Feature, Pace, Paces, Refusal, Request, Spec, Subject};
use skein_xmpp::{Condition, ErrorType, IqType, Stanza, StanzaError};
use tokio::sync::Semaphore;

use kept::{Kept, Preview};

/// The feature.
pub fn feature() -> Feature {
    Feature::new("previews", "says what pages are that people link to")
        .specs(&[Spec { name: "XEP-0511", version: "0.1.1", title: "Link Metadata" }])
        .discovered(Subject::Server, &[proto::PREVIEW])
        .iq((proto::PREVIEW, "preview"), IqType::Get, Addressee::Server, |request| {
            Box::pin(answer(request))
        })
        .state(Arc::new(Previews {
            fetcher: Fetcher::new(Arc::new(System)),
            paces: Paces::default(),
            kept: Mutex::default(),
            turns: Semaphore::new(limits::PREVIEWS),
            pictures: Semaphore::new(1),
            looking: Mutex::default(),
        }))
}

/// The feature's state.
struct Previews {
    fetcher: Fetcher,
    paces: Paces,
    kept: Mutex<Kept>,
    turns: Semaphore,
    /// Turns to decode a picture, which may take 250 MB.
    pictures: Semaphore,
    /// How many previews are being made for each account.
    looking: Mutex<HashMap<AccountId, u8>>,
}

/// A preview is being made for an account until this is dropped.
struct Looking<'a>(&'a Previews, AccountId);

impl Previews {
    fn begin(&self, account: AccountId) -> Option<Looking<'_>> {
        let mut looking = self.looking.lock();
        let count = looking.entry(account).or_default();
        if *count >= limits::PREVIEWS_OF_ONE {
            return None;
        }
        *count += 1;
        Some(Looking(self, account))
    }
}

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.0.looking.lock().entry(self.1) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// Answers later: the page may be slow, and what its asker sends meanwhile is not.
async fn answer(request: Request) -> Result<Stanza, Refusal> {
    let ctx = &request.ctx;
    if !ctx.config.previews.enabled {
        return Err(Condition::ServiceUnavailable.into());
    }
    let url = request.payload()?.attr("url").ok_or(Condition::BadRequest)?;
    let place = Place::read(&url).ok_or_else(|| {
        StanzaError::new(Condition::BadRequest).text("this is no http or https address")
    })?;
    let pace = Pace::of(ctx.config.limits.previews);
    let state = ctx.state::<Previews>();
    if ctx.config.limits.rate && !state.paces.admit(request.session.account(), pace, ctx.now()) {
        return Err(busy("too many previews at once; wait some seconds").into());
    }
    let url = url.into_owned();
    tokio::spawn(async move {
        if let Some(answer) = tell(&request, &url, place).await {
            request.session.send(&answer);
        }
    });
    Err(Refusal::Answered)
}

async fn tell(request: &Request, url: &str, place: Place) -> Option<Stanza> {
    match preview(request, place).await {
        Ok((preview, picture)) => Some(request.result(|writer| {
            proto::write(writer, url, &preview, picture.as_deref());
        })),
        Err(refusal) => request.stanza.error(&refusal.into_answer()?),
    }
}

fn busy(why: &'static str) -> StanzaError {
    StanzaError::new(Condition::ResourceConstraint).class(ErrorType::Wait).text(why)
}

/// The preview, and where its picture is for this asker.
async fn preview(
    request: &Request,
    place: Place,
) -> Result<(Arc<Preview>, Option<String>), Refusal> {
    let (ctx, account) = (&request.ctx, request.session.account());
    let state = ctx.state::<Previews>();
    let known = state.kept.lock().get(&place, ctx.now());
    let preview = match known {
        Some(known) => known,
        None => {
            let _looking = state
                .begin(account)
                .ok_or_else(|| busy("previews of yours are being made; wait some seconds"))?;
            let _turn = state
                .turns
                .try_acquire()
                .map_err(|_| busy("many previews are being made; wait some seconds"))?;
            let seen = look::look(state, ctx, place.clone()).await.map(Arc::new);
            state.kept.lock().put(place, seen.clone(), ctx.now());
            seen
        }
    };
    let preview = preview.ok_or_else(nothing)?;
    // A file for each asker: it goes with the message that names it.
    let picture = match (&preview.picture, &ctx.contracts.files) {
        (Some(picture), Some(files)) => {
            let made = Made {
                name: if picture.kind == "image/png" { "preview.png" } else { "preview.jpg" },
                kind: picture.kind,
                content: picture.content.clone(),
            };
            files.keep(ctx.clone(), account, made).await?
        }
        _ => None,
    };
    if preview.page.title.is_none() && picture.is_none() {
        // An address alone tells nobody anything.
        return Err(nothing().into());
    }
    Ok((preview, picture))
}

fn nothing() -> StanzaError {
    StanzaError::new(Condition::ItemNotFound).text("there is no preview of this address")
}
