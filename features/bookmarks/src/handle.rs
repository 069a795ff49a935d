//! Answers requests for private XML, and lets each dialect follow the other.

use std::sync::Arc;

use skein_base::AccountId;
use skein_db::{DbError, Tx};
use skein_kernel::contracts::{Audience, Change, Changes, Item, Published};
use skein_kernel::{Addressee, Ctx, Refusal, Request};
use skein_xml::{Document, Element, Limits, Writer};
use skein_xmpp::{Condition, Stanza, StanzaError, ns};

use crate::rules::{CURRENT, items_after, list_after};
use crate::store::{self, Key};

/// Bookmarks that are looked at: more than a node holds.
const ALL: u32 = 10_000;

fn private(node: &str, changes: Vec<Change>) -> Changes {
    Changes { node: node.to_owned(), audience: Audience::Owner, changes }
}

/// The payload of the list, if there is one.
fn list(
    published: &dyn Published,
    tx: &mut Tx<'_>,
    account: AccountId,
) -> Result<Option<String>, DbError> {
    let item = published.items(tx, account, ns::OLD_BOOKMARKS, 1)?.pop();
    Ok(item.map(|item| item.payload))
}

/// What the single bookmarks become when the list becomes `new`.
fn single(
    published: &dyn Published,
    tx: &mut Tx<'_>,
    account: AccountId,
    new: &str,
) -> Result<Option<Changes>, DbError> {
    let items = published.items(tx, account, ns::BOOKMARKS, ALL)?;
    let changes = items_after(&items, new);
    Ok((!changes.is_empty()).then(|| private(ns::BOOKMARKS, changes)))
}

/// Lets one node follow the other.
pub(crate) fn follow(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    account: AccountId,
    changes: &Changes,
) -> Result<Result<Vec<Changes>, StanzaError>, DbError> {
    let Some(published) = ctx.contracts.published.as_deref() else { return Ok(Ok(Vec::new())) };
    let follows = match changes.node.as_str() {
        ns::BOOKMARKS => {
            let list = list(published, tx, account)?;
            list_after(list.as_deref(), &changes.changes).map(|payload| {
                let item = Item { id: CURRENT.to_owned(), payload };
                private(ns::OLD_BOOKMARKS, vec![Change::Publish(item)])
            })
        }
        ns::OLD_BOOKMARKS => match changes.changes.last() {
            Some(Change::Publish(item)) => single(published, tx, account, &item.payload)?,
            // That the list is gone says nothing about the rooms: clients of the new dialect
            // remove the old one.
            _ => None,
        },
        _ => None,
    };
    Ok(Ok(follows.into_iter().collect()))
}

/// The one element that a request names.
fn named<'a>(request: &'a Request) -> Result<Element<'a>, Refusal> {
    let is_other = request.addressee == Addressee::Server
        && request.stanza.to.as_ref().is_some_and(|to| to.domain() != request.session.jid.domain());
    let query = request.payload()?;
    let mut children = query.children();
    match (children.next(), children.next()) {
        _ if is_other => Err(Condition::ServiceUnavailable.into()),
        (Some(child), None) if is_allowed(child.ns()) => Ok(child),
        (Some(_), None) => Err(Condition::NotAcceptable.into()),
        (None, _) => Err(Condition::BadRequest.into()),
        _ => Err(StanzaError::new(Condition::NotAcceptable).text("one element at a time").into()),
    }
}

/// Protocols do not store themselves (XEP-0049 section 2.3).
fn is_allowed(namespace: &str) -> bool {
    !namespace.is_empty() && !namespace.starts_with("jabber:") && namespace != ns::VCARD
}

fn key(element: Element<'_>) -> Key {
    (element.ns().to_owned(), element.name().to_owned())
}

fn is_list(key: &Key) -> bool {
    key.0 == ns::OLD_BOOKMARKS && key.1 == "storage"
}

/// Gives an element (section 2.2); an empty one if there is none.
pub(crate) async fn get(request: Request) -> Result<Stanza, Refusal> {
    let wanted = key(named(&request)?);
    let (account, of, ctx) = (request.session.account(), wanted.clone(), request.ctx.clone());
    let stored = request.ctx.db.read(move |tx| match ctx.contracts.published.as_deref() {
        Some(published) if is_list(&of) => list(published, tx, account),
        _ => store::get(tx, account, &of),
    });
    let stored = stored.await?.and_then(|text| Document::parse(&text, &Limits::kept()).ok());
    Ok(request.result(|writer| {
        writer.start("query", ns::PRIVATE);
        match &stored {
            Some(document) => writer.element(document.root()),
            None => {
                writer.start(&wanted.1, &wanted.0);
                writer.end();
            }
        }
        writer.end();
    }))
}

/// Stores an element (section 2.1).
pub(crate) async fn set(request: Request) -> Result<Stanza, Refusal> {
    let element = named(&request)?;
    let key = key(element);
    let mut writer = Writer::new();
    writer.element(element);
    let payload = writer.finish_text();
    match request.ctx.contracts.published.clone() {
        Some(published) if is_list(&key) => set_list(&request, &*published, payload).await?,
        _ => {
            let (account, most) =
                (request.session.account(), request.ctx.config.limits.private_xml_bytes);
            let stored = request.ctx.db.write(move |tx| {
                let used = usize::try_from(store::used(tx, account, &key)?).unwrap_or(usize::MAX);
                if used.saturating_add(payload.len()) > most {
                    return Ok(Err(full()));
                }
                store::put(tx, account, &key, &payload)?;
                Ok(Ok(()))
            });
            stored.await??;
        }
    }
    Ok(request.done())
}

fn full() -> StanzaError {
    StanzaError::new(Condition::ResourceConstraint)
        .text("no more private data can be kept; remove some first")
}

async fn set_list(
    request: &Request,
    published: &dyn Published,
    payload: String,
) -> Result<(), Refusal> {
    let owner = request.session.user.clone();
    let account = owner.account;
    let make = move |ctx: &Ctx, tx: &mut Tx<'_>| {
        let item = Item { id: CURRENT.to_owned(), payload: payload.clone() };
        let mut all = vec![private(ns::OLD_BOOKMARKS, vec![Change::Publish(item)])];
        if let Some(published) = ctx.contracts.published.as_deref() {
            all.extend(single(published, tx, account, &payload)?);
        }
        Ok(Ok(all))
    };
    published.change(Arc::clone(&request.ctx), owner, Box::new(make)).await
}
