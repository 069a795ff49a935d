//! Answers requests for vCards.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use skein_db::Tx;
use skein_kernel::contracts::{Audience, Change, Changes, Item, Published};
use skein_kernel::{Addressee, Ctx, Refusal, Request};
use skein_xml::{Document, Element, Limits, Writer};
use skein_xmpp::{Condition, Stanza, StanzaError, ns};

use crate::avatar::{self, Info};
use crate::store;
use crate::vcard::{write_new, write_old};

/// The one item of the nodes of XEP-0292.
const CURRENT: &str = "current";

fn published(ctx: &Ctx) -> Result<Arc<dyn Published>, Refusal> {
    ctx.contracts.published.clone().ok_or_else(|| Condition::ServiceUnavailable.into())
}

/// The newest item of a node of the account asked about, or that of an id, as the asker may
/// see it.
async fn read(request: &Request, node: &str, id: Option<String>) -> Result<Option<Item>, Refusal> {
    let (ctx, asker) = (request.ctx.clone(), request.session.clone());
    published(&ctx)?.read(ctx, asker, request.subject(), node.to_owned(), id).await
}

/// What the asker may not see is not there.
fn or_none<T>(found: Result<Option<T>, Refusal>) -> Result<Option<T>, Refusal> {
    match found {
        Err(Refusal::Reject(_)) => Ok(None),
        found => found,
    }
}

/// Gives a vCard 4 (XEP-0292).
pub(crate) async fn get(request: Request) -> Result<Stanza, Refusal> {
    let item = read(&request, ns::VCARD4_NODE, None).await?.ok_or(Condition::ItemNotFound)?;
    let document = Document::parse(&item.payload, &Limits::kept());
    let document = document.map_err(|_| Refusal::from(Condition::ItemNotFound))?;
    Ok(request.result(|writer| writer.element(document.root())))
}

/// The avatar as far as the asker may see it: its kind and data.
async fn photo(request: &Request) -> Result<Option<(String, Vec<u8>)>, Refusal> {
    let Some(metadata) = or_none(read(request, ns::AVATAR_METADATA, None).await)? else {
        return Ok(None);
    };
    for Info { id, kind } in avatar::read_metadata(&metadata.payload).unwrap_or_default() {
        let data = or_none(read(request, ns::AVATAR_DATA, Some(id)).await)?;
        if let Some(image) = data.and_then(|data| avatar::read_data(&data.payload)) {
            let kind = avatar::kind_of(&image, &kind).to_owned();
            return Ok(Some((kind, image)));
        }
    }
    Ok(None)
}

/// Gives a vCard of the old kind (XEP-0054), made from what is published.
pub(crate) async fn get_old(request: Request) -> Result<Stanza, Refusal> {
    let card = read(&request, ns::VCARD4_NODE, None).await;
    let (card, refused) = match card {
        Err(Refusal::Reject(error)) => (None, Some(error)),
        card => (card?, None),
    };
    let photo = photo(&request).await?;
    if card.is_none() && photo.is_none() && request.addressee != Addressee::Own {
        return Err(refused.unwrap_or_else(|| Condition::ItemNotFound.into()).into());
    }
    let old = match &card {
        Some(_) => written(&request).await?,
        None => None,
    };
    let parse = |text: &str| Document::parse(text, &Limits::kept()).ok();
    let (old, new) = (old.as_deref().and_then(parse), card.and_then(|card| parse(&card.payload)));
    Ok(request.result(|writer| {
        writer.start("vCard", ns::VCARD);
        match (&old, &new) {
            (Some(old), _) => old.root().children().for_each(|child| writer.element(child)),
            (None, Some(new)) => write_old(writer, new.root()),
            (None, None) => {}
        }
        if let Some((kind, image)) = &photo {
            writer.start("PHOTO", ns::VCARD);
            writer.leaf("TYPE", ns::VCARD, kind);
            writer.leaf("BINVAL", ns::VCARD, &STANDARD.encode(image));
            writer.end();
        }
        writer.end();
    }))
}

/// The vCard as an old client wrote it, if none was published since. The asker may see the
/// one that is published.
async fn written(request: &Request) -> Result<Option<String>, Refusal> {
    let owner = match request.addressee {
        Addressee::Own => request.session.user.clone(),
        _ => match request.ctx.user(&request.subject()).await? {
            Some(owner) => owner,
            None => return Ok(None),
        },
    };
    let account = owner.account;
    Ok(request.ctx.db.read(move |tx| store::vcard(tx, account)).await?)
}

fn changes(node: &str, audience: Audience, id: &str, payload: String) -> Changes {
    let item = Item { id: id.to_owned(), payload };
    Changes { node: node.to_owned(), audience, changes: vec![Change::Publish(item)] }
}

/// Publishes a vCard 4.
pub(crate) async fn set(request: Request) -> Result<Stanza, Refusal> {
    let mut writer = Writer::new();
    writer.element(request.payload()?);
    let (payload, owner) = (writer.finish_text(), request.session.user.clone());
    let account = owner.account;
    let make = move |_: &Ctx, tx: &mut Tx<'_>| {
        store::set_vcard(tx, account, None)?;
        let audience = Audience::Contacts;
        Ok(Ok(vec![changes(ns::VCARD4_NODE, audience, CURRENT, payload.clone())]))
    };
    published(&request.ctx)?.change(request.ctx.clone(), owner, Box::new(make)).await?;
    Ok(request.done())
}

/// An image that an old vCard holds: what was said of its kind, and its data.
fn photo_in(card: Element<'_>, most: usize) -> Result<Option<(String, Vec<u8>)>, StanzaError> {
    let refused = |why: &str| Err(StanzaError::new(Condition::NotAcceptable).text(why));
    let Some(photo) = card.child("PHOTO", ns::VCARD) else { return Ok(None) };
    let Some(data) = photo.child("BINVAL", ns::VCARD) else { return Ok(None) };
    let kind = photo.child("TYPE", ns::VCARD).map(|kind| kind.text().trim().to_owned());
    match avatar::decode(&data.text()) {
        None => refused("a photo is an image in base64"),
        Some(image) if image.len() > most => refused("the image is too large for an avatar"),
        Some(image) if image.is_empty() => Ok(None),
        Some(image) => Ok(Some((kind.unwrap_or_default(), image))),
    }
}

/// The card without its photo.
fn without_photo(card: Element<'_>) -> String {
    let mut writer = Writer::new();
    writer.start("vCard", ns::VCARD);
    for child in card.children().filter(|child| !child.is("PHOTO", ns::VCARD)) {
        writer.element(child);
    }
    writer.end();
    writer.finish_text()
}

/// Publishes what an old vCard says: a new vCard, and an avatar. Old vCards are for everyone
/// (XEP-0054 section 3.3), and so is what becomes of them where there is nothing yet.
pub(crate) async fn set_old(request: Request) -> Result<Stanza, Refusal> {
    let card = request.payload()?;
    let photo = photo_in(card, request.ctx.config.limits.avatar_bytes)?;
    let old = without_photo(card);
    let mut writer = Writer::new();
    write_new(&mut writer, card);
    let new = writer.finish_text();
    if old.len().max(new.len()) > request.ctx.config.limits.pubsub_item_bytes {
        let error = StanzaError::new(Condition::NotAcceptable).text("the vCard is too large");
        return Err(error.into());
    }
    let owner = request.session.user.clone();
    let account = owner.account;
    let make = move |_: &Ctx, tx: &mut Tx<'_>| {
        let everyone = Audience::Everyone;
        let mut all = vec![changes(ns::VCARD4_NODE, everyone, CURRENT, new.clone())];
        let before = store::photo(tx, account)?;
        let hash = photo.as_ref().map(|(_, image)| avatar::hash(image));
        if hash != before {
            if let (Some((said, image)), Some(hash)) = (&photo, &hash) {
                let kind = avatar::kind_of(image, said);
                all.push(changes(ns::AVATAR_DATA, everyone, hash, avatar::write_data(image)));
                let metadata = avatar::write_metadata(Some((image, kind)));
                all.push(changes(ns::AVATAR_METADATA, everyone, hash, metadata));
            } else {
                let metadata = avatar::write_metadata(None);
                all.push(changes(ns::AVATAR_METADATA, everyone, CURRENT, metadata));
            }
            store::set_photo(tx, account, hash.as_deref())?;
        }
        store::set_vcard(tx, account, Some(&old))?;
        Ok(Ok(all))
    };
    published(&request.ctx)?.change(request.ctx.clone(), owner, Box::new(make)).await?;
    Ok(request.done())
}
